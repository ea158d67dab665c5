import Foundation
import Images
import Testing

/// `akuru check --suspects`, and what training says of suspect records.
@Suite struct SuspectsTests {
  private func spoiled() throws -> Workshop {
    let workshop = try Workshop(train: 8, validation: 3)
    try PNG.write(GrayImage(width: 90, height: 28), to: "\(workshop.train)/2.png")
    try PNG.write(GrayImage(width: 1, height: 1), to: "\(workshop.validation)/0.png")
    try workshop.spoilMetadata(line: 5, "4.png,a\u{FFFD}b")
    return workshop
  }

  @Test(arguments: [nil, 2, 3]) func tableOfAllDataSets(ranks: Int?) throws {
    let workshop = try spoiled()
    let table = workshop.path("look.tsv")
    let arguments = ["check", workshop.train, workshop.validation, "--suspects", table]
    let result = try akuru(ranks: ranks, arguments)
    #expect(result.exitCode == 3 && result.stderr == "", "\(result.transcript)")
    for part in [
      "findings: images without writing 1, labels with lost letters 1",
      "images without writing: 1\n      \(workshop.train)/2.png: nothing is written",
      "images that are too small to read: 1\n      \(workshop.validation)/0.png: ",
      "records that deserve a look: 2, in \(table)", "records that deserve a look: 1, in \(table)",
    ] {
      #expect(result.stdout.contains(part), "lacks \(part): \(result.transcript)")
    }
    let lines = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
    try #require(lines.count == 4)
    #expect(lines[0] == "image\tpage\tline\tbad\tkind\tdetail\ttext")
    #expect(lines[1].hasPrefix("\(workshop.train)/2.png\t\t\tno\tblankImage\tnothing is written"))
    #expect(lines[2].hasPrefix("\(workshop.train)/4.png\t\t\tno\treplacementCharacter\t"))
    #expect(lines[2].hasSuffix("\ta\u{FFFD}b"))
    #expect(lines[3].hasPrefix("\(workshop.validation)/0.png\t\t\tyes\timageTooSmall\t"))

    // A file is never replaced.
    expectFailure(try akuru(ranks: ranks, arguments), 2, ["\(table): exists already"])
    #expect(try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n") == lines)
  }

  @Test func numberInJSONAndWrongNames() throws {
    struct Report: Decodable { let suspects: Int? }
    let workshop = try spoiled()
    func report(_ more: [String]) throws -> Report {
      try JSONDecoder().decode(
        Report.self, from: Data(try akuru(["check", workshop.train, "--json"] + more).stdout.utf8))
    }
    #expect(try report(["--suspects", workshop.path("look.tsv")]).suspects == 2)
    #expect(try report([]).suspects == nil)
    expectFailure(
      try akuru(["check", workshop.train, "--suspects", "look.csv"]), 2,
      ["--suspects look.csv: give a name that ends in .tsv"])
    let nowhere = try akuru(["check", workshop.train, "--suspects", workshop.path("none/look.tsv")])
    #expect(nowhere.exitCode != 0 && nowhere.stderr.contains("none/look.tsv"), "\(nowhere.transcript)")
  }

  /// Important warnings are not drowned by others.
  @Test func trainingWarns() throws {
    let workshop = try Workshop(train: 16, validation: 3)
    for line in 1...14 { try workshop.spoilMetadata(line: line, "\(line - 1).png,e\u{301}a") }
    let last = "\(workshop.train)/15.png"
    var image = GrayImage(width: 90, height: 28, filledWith: 20)
    for y in 6..<22 { for x in stride(from: 6, to: 84, by: 9) { (image[x, y], image[x + 1, y]) = (235, 235) } }
    try PNG.write(image, to: last)
    let result = try akuru(
      [
        "train", "--train", workshop.train, "--validation", workshop.validation, "--run-dir", workshop.path("run"),
        "--max-steps", "1",
      ] + Recipes.seed)
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stderr.contains("15.png: the writing is lighter than the paper"), "\(result.transcript)")
    #expect(result.stderr.contains("5 more warnings; akuru check lists them"), "\(result.transcript)")
  }
}
