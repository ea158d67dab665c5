import Datasets
import Foundation
import Images
import Testing

/// `akuru check`: the audit of data sets.
@Suite struct CheckTests {
  @Test(arguments: [nil, 1, 2, 3]) func goodDataHasNoProblems(ranks: Int?) throws {
    let workshop = try Workshop(train: 12, validation: 5)
    let result = try akuru(ranks: ranks, ["check", workshop.train, workshop.validation])
    #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    for part in [
      "\(workshop.train)\n", "\(workshop.validation)\n", "12 good and 0 bad", "5 good and 0 bad", "problems: 0",
    ] {
      #expect(result.stdout.contains(part), "lacks \(part): \(result.transcript)")
    }
    #expect(result.stdout.contains("U+0061") && result.stdout.contains("widths: "), "\(result.transcript)")
    #expect(result.stdout.contains("letters that \(workshop.train) lacks: none"), "\(result.transcript)")
  }

  /// A data set that cannot be read leaves the others their reports.
  @Test(arguments: [nil, 2]) func oneOfSeveralCannotBeRead(ranks: Int?) throws {
    let workshop = try Workshop(train: 12, validation: 5)
    let none = workshop.path("none")
    let arguments = ["check", workshop.train, none, workshop.validation]
    let result = try akuru(ranks: ranks, arguments)
    #expect(result.exitCode == 3 && result.stdout.contains("12 good and 0 bad"), "\(result.transcript)")
    #expect(result.stdout.contains("5 good and 0 bad"), "\(result.transcript)")
    #expect(result.stderr == "akuru: \(none): no such file or folder\n", "\(result.transcript)")
    let json = try akuru(ranks: ranks, arguments + ["--json"])
    let lines = json.stdout.split(separator: "\n")
    #expect(json.exitCode == 3 && lines.count == 3 && lines[1].contains("no such file or folder"), "\(json.transcript)")
    for (argument, status) in [(none, 3), ("", 2), ("\(workshop.train),", 2), ("\(workshop.train):2", 2)] {
      let alone = try akuru(ranks: ranks, ["check", argument])
      #expect(alone.exitCode == Int32(status) && alone.stdout == "", "\(alone.transcript)")
    }
  }

  /// Every data set is compared with the first, which is the one to train on.
  @Test func lettersThatTrainingLacks() throws {
    let workshop = try Workshop(train: 12, validation: 5)
    try GlyphData.write(["file_name,text", "0.png,axa", "1.png,\u{DCF}x"], to: "\(workshop.validation)/metadata.csv")
    let result = try akuru(["check", workshop.train, workshop.validation])
    let line =
      "letters that \(workshop.train) lacks: U+0078 x (2 times), U+0DCF \u{25CC}\u{DCF} (1 time); a model that is trained "
      + "there, without --alphabet, cannot write them"
    #expect(result.exitCode == 0 && result.stdout.contains(line), "\(result.transcript)")
  }

  /// A data set with one finding of each kind, but files without a partner.
  private func spoiled() throws -> Workshop {
    let workshop = try Workshop(train: 12, validation: 5)
    try workshop.cut("\(workshop.train)/0.png")
    try workshop.spoilMetadata(line: 2, "1.png,")
    try workshop.spoilMetadata(line: 3, "2.png," + String(repeating: "ab", count: 40))
    try PNG.write(GrayImage(width: 900, height: 28), to: "\(workshop.train)/3.png")
    try workshop.spoilMetadata(line: 5, "4.png,xa")
    try workshop.spoilMetadata(line: 6, "5.png,e\u{301}")
    try workshop.spoil("7.png", try workshop.bytes("\(workshop.train)/6.png"))
    try Data("abcde\u{D9A}é".utf8).write(to: URL(fileURLWithPath: workshop.path("letters.txt")))
    return workshop
  }

  private func arguments(_ workshop: Workshop) -> [String] {
    ["check", workshop.train, "--max-width", "400", "--alphabet", workshop.path("letters.txt")]
  }

  @Test(arguments: [nil, 2, 3]) func everyKindIsListed(ranks: Int?) throws {
    let workshop = try spoiled()
    let result = try akuru(ranks: ranks, arguments(workshop))
    #expect(result.exitCode == 3 && result.stderr == "", "\(result.transcript)")
    for part in [
      "records: 12, of which 7 good and 5 bad", "problems: 5", "warnings: 3",
      "unreadable images: 1\n      \(workshop.train)/0.png: truncated PNG",
      "empty labels: 1\n      \(workshop.train)/1.png: ",
      "labels that do not fit their image: 1\n      \(workshop.train)/2.png: the text needs 80 time steps",
      "images that are too wide: 1\n      \(workshop.train)/3.png: ",
      "images without writing: 1\n      \(workshop.train)/3.png: ",
      "labels with scalars outside the alphabet: 1\n      \(workshop.train)/4.png: not in the alphabet: U+0078",
      "labels in another normalization form: 1\n      \(workshop.train)/5.png: ",
      "duplicate files: 1\n      \(workshop.train)/7.png: has the same bytes as \(workshop.train)/6.png",
    ] {
      #expect(result.stdout.contains(part), "lacks \(part): \(result.transcript)")
    }
    #expect(try result.stdout == akuru(arguments(workshop)).stdout, "the same on any number of ranks")
  }

  @Test(arguments: [nil, 3]) func jsonIsOneObjectForEachDataSet(ranks: Int?) throws {
    struct Audit: Decodable {
      struct Finding: Decodable {
        let kind: String
        let path: String
        let isProblem: Bool
      }
      let dataSet: String
      let findings: [Finding]
      let widths: [Int]
      let unknownLetters: [String]?
    }
    let workshop = try spoiled()
    let result = try akuru(ranks: ranks, arguments(workshop) + [workshop.validation, "--json"])
    #expect(result.exitCode == 3, "\(result.transcript)")
    let audits = try result.stdout.split(separator: "\n").map {
      try JSONDecoder().decode(Audit.self, from: Data($0.utf8))
    }
    #expect(audits.map(\.dataSet) == [workshop.train, workshop.validation])
    #expect(audits.first?.unknownLetters == nil && audits.last?.unknownLetters != nil)
    #expect(
      audits.first?.findings.map(\.kind) == [
        "unreadableImage", "emptyLabel", "labelTooLong", "blankImage", "imageTooWide", "unknownScalars", "labelNotNFC",
        "duplicateFile",
      ])
    #expect(audits.first?.findings.map(\.isProblem) == [true, true, true, false, true, true, false, false])
    #expect(audits.first?.widths.count == 12 && audits.last?.widths.count == 5 && audits.last?.findings.isEmpty == true)
  }

  @Test(arguments: [nil, 2]) func filesWithoutAPartner(ranks: Int?) throws {
    let workshop = try Workshop(train: 3, validation: 1)
    try FileManager.default.removeItem(atPath: "\(workshop.train)/metadata.csv")
    for name in ["0", "1", "9"] { try workshop.spoil("\(name).gt.txt", "a\n") }
    let result = try akuru(ranks: ranks, ["check", workshop.train])
    #expect(result.exitCode == 3, "\(result.transcript)")
    for part in [
      "of which 2 good and 0 bad; besides, 2 files without a partner", "files without a partner: 2",
      "/2.png: there is no 2.gt.txt", "/9.gt.txt: there is no 9.png",
    ] {
      #expect(result.stdout.contains(part), "\(result.transcript)")
    }
  }

  @Test(arguments: [1, 2, 3]) func whatIsNoDataSet(ranks: Int) throws {
    let workshop = try Workshop(train: 3, validation: 1)
    let empty = workshop.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
    expectFailure(
      try akuru(ranks: ranks, ["check", workshop.train, empty]), 3, ["\(empty): not a data set", "an empty folder"])
    let model = try akuru(ranks: ranks, ["check", workshop.train, "--model", "sead"])
    expectFailure(model, 2, ["--model sead: no such model", "did you mean seed?"])
  }
}
