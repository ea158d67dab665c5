import Foundation
import TestSupport
import Testing

/// Commands replace no file that they did not write, drop no record without a word, and take no option that does nothing.
@Suite struct OutputTests {
  private func workshopWithRun() throws -> Workshop {
    let workshop = try Workshop(train: 10, validation: 4)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "1"])
    return workshop
  }

  private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test func nothingThatExistsIsReplaced() throws {
    let workshop = try workshopWithRun()
    let (image, run) = ("\(workshop.train)/0.png", workshop.path("run"))
    try GlyphData.write(["notes"], to: workshop.path("notes.png"))
    for output in [image, workshop.path("notes.png")] {
      let before = try contents(output)
      for command in [["augment-sheet", workshop.train], ["export", "-m", run, "--format", "onnx"], ["report", run]] {
        expectFailure(try akuru(command + ["--output", output]), 2, [output, "exists already and is not replaced"])
      }
      #expect(try contents(output) == before)
    }
    expectFailure(try akuru(["augment-sheet", workshop.train, "--output", workshop.path("x.txt")]), 2, [".png"])
    expectFailure(
      try akuru(["report", run, "--output", "\(run)/config.json"]), 2, ["config.json", "exists already"])
    // A report is replaced by a newer one.
    for _ in 0..<2 { #expect(try akuru(["report", run, "--output", workshop.path("r.html")]).exitCode == 0) }
    // The config.json of an export belongs to its file.
    let export = ["export", "-m", run, "--format", "safetensors", "--output"]
    #expect(try akuru(export + [workshop.path("out/a.safetensors")]).exitCode == 0)
    expectFailure(
      try akuru(export + [workshop.path("out/b.safetensors")]), 2, ["out/config.json", "not of an export of that name"])
  }

  @Test func aDeviceStaysOne() throws {
    let workshop = try workshopWithRun()
    let image = "\(workshop.train)/0.png"
    try FileManager.default.createSymbolicLink(atPath: workshop.path("x.png"), withDestinationPath: image)
    try #require(mkfifo(workshop.path("x.txt"), 0o600) == 0)
    let result = try akuru([
      "predict", "-m", workshop.path("run"), "--write-text", "--overwrite", workshop.path("x.png"),
    ])
    #expect(result.exitCode == 4 && result.stderr.contains("x.txt"), "\(result.transcript)")
    var status = stat()
    #expect(lstat(workshop.path("x.txt"), &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  /// The texts of x.png and x.jpg would have one name.
  @Test func twoTextsOfOneNameAreRefused() throws {
    let workshop = try workshopWithRun()
    for (i, name) in ["x.png", "x.PNG"].enumerated() {
      try FileManager.default.createDirectory(atPath: workshop.path("in"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(workshop.train)/\(i).png", toPath: workshop.path("in/\(name)"))
    }
    let result = try akuru([
      "predict", "-m", workshop.path("run"), "--write-text", "--overwrite", workshop.path("in"),
    ])
    #expect(
      result.exitCode == 4 && result.stderr.contains("x.txt: written already, for another image of that name"),
      "\(result.transcript)")
  }

  @Test func optionsWithNothingToDoSaySo() throws {
    let workshop = try workshopWithRun()
    let (pages, model) = (try workshop.writePages(to: "pages", 1, of: 2), workshop.path("run"))
    let images = try akuru(["predict", "-m", model, "\(workshop.train)/0.png", "-o", workshop.path("out")])
    #expect(images.exitCode == 4 && images.stderr.contains("no page is among the arguments"), "\(images.transcript)")
    let texts = try akuru(["predict", "-m", model, "\(pages)/b0/p.xml", "--write-text"])
    #expect(texts.exitCode == 4 && texts.stderr.contains("--write-text is for images"), "\(texts.transcript)")
  }

  @Test func linkedFoldersAreReadAndBadOnesNamed() throws {
    let workshop = try workshopWithRun()
    let files = FileManager.default
    try files.createDirectory(atPath: workshop.path("in"), withIntermediateDirectories: true)
    try files.copyItem(atPath: "\(workshop.train)/0.png", toPath: workshop.path("in/a.png"))
    try files.createSymbolicLink(atPath: workshop.path("in/book"), withDestinationPath: workshop.validation)
    try files.createSymbolicLink(atPath: workshop.path("in/circle"), withDestinationPath: workshop.path("in"))
    try files.createDirectory(
      atPath: workshop.path("in/" + (0..<70).map { "d\($0)" }.joined(separator: "/")), withIntermediateDirectories: true
    )
    let result = try akuru(["predict", "-m", workshop.path("run"), workshop.path("in")])
    #expect(result.stdout.split(separator: "\n").count == 5, "\(result.transcript)")
    #expect(result.exitCode == 4 && result.stderr.contains("Too many levels"), "\(result.transcript)")
  }

  // MARK: - Records

  /// A data set with two good records, one whose image is damaged and one whose text is in Latin-1.
  private func dataWithBadRecords(_ workshop: Workshop) throws -> String {
    let folder = workshop.path("bad")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (i, name) in ["a", "b", "c", "d"].enumerated() {
      try FileManager.default.copyItem(
        atPath: "\(workshop.validation)/\(i).png", toPath: "\(folder)/\(name).png")
      try GlyphData.write(["ab"], to: "\(folder)/\(name).gt.txt")
    }
    try contents("\(folder)/c.png").prefix(60).write(to: URL(fileURLWithPath: "\(folder)/c.png"))
    try Data([0xE4, 0x0A]).write(to: URL(fileURLWithPath: "\(folder)/d.gt.txt"))
    return folder
  }

  @Test(arguments: [nil, 2]) func comparisonsAreOfTheImagesThatBothHave(ranks: Int?) throws {
    let workshop = try workshopWithRun()
    let data = try dataWithBadRecords(workshop)
    let predictions = workshop.path("p.tsv")
    try GlyphData.write(["a", "b", "c", "d"].map { "\(data)/\($0).png\tab" }, to: predictions)
    let compare = ["evaluate", "--compare", predictions, workshop.path("run"), "--data", data]
    let result = try akuru(ranks: ranks, compare + ["--skip-bad"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(
      result.stdout.contains("CER 0.00 % (0.00-0.00)") && result.stdout.contains(", 2 images"), "\(result.stdout)")
    #expect(result.stderr.contains("1 image only one of the two could use"), "\(result.transcript)")
    #expect(result.stderr.contains("left out: \(data)/d.png: "), "\(result.transcript)")
    expectFailure(try akuru(ranks: ranks, compare), 3, ["\(data)/d"])

    let alone = ["evaluate", "-m", predictions, "--data", data]
    expectFailure(try akuru(ranks: ranks, alone), 3, ["\(data)/d", "--skip-bad"])
    let skipped = try akuru(ranks: ranks, alone + ["--skip-bad"])
    #expect(skipped.exitCode == 0 && skipped.stdout.contains("3 images"), "\(skipped.transcript)")
  }

  @Test func aSheetNamesWhatItCannotShow() throws {
    let workshop = try workshopWithRun()
    let data = try dataWithBadRecords(workshop)
    let result = try akuru(["sheet", data, "--output", workshop.path("sheet.png")])
    #expect(result.exitCode == 0 && result.stderr.contains("\(data)/d.png: "), "\(result.transcript)")
  }

  /// a.xml and a.XML have one folder of lines.
  @Test func pagesOfOneNameKeepTheirLines() throws {
    let workshop = try Workshop(train: 10, validation: 4)
    let pages = try workshop.writePages(to: "pages", 1, of: 3) + "/b0"
    try FileManager.default.copyItem(atPath: "\(pages)/p.xml", toPath: "\(pages)/p.XML")
    let result = try akuru(["lines", pages, "--output", workshop.path("lines")])
    #expect(result.exitCode == 0 && result.stdout.contains("6 lines of 2 pages"), "\(result.transcript)")
    let names = try FileManager.default.contentsOfDirectory(atPath: workshop.path("lines/p"))
    #expect(names.count { $0.hasSuffix(".png") } == 6, "\(names)")
  }

  @Test func whatIsPackedSaysWhatIsNot() throws {
    let workshop = try Workshop(train: 10, validation: 4)
    let page = try workshop.writePages(to: "pages", 1, of: 3) + "/b0/p.xml"
    let text = try String(contentsOfFile: page, encoding: .utf8)
    let empty = text.replacing(#/<TextEquiv><Unicode>[^<]*<\/Unicode><\/TextEquiv>/#, with: "", maxReplacements: 1)
    try Data(empty.utf8).write(to: URL(fileURLWithPath: page))
    let result = try akuru(["pack", workshop.path("pages"), "--output", workshop.path("shards")])
    #expect(
      result.exitCode == 0 && result.stderr.contains("left out: \(page)#l0: the line has no text"),
      "\(result.transcript)")
  }

  /// A file, and the only list of a folder.
  @Test(arguments: ["/table.tsv", ""]) func namedColumnsMakeATable(name: String) throws {
    let workshop = try Workshop(train: 4, validation: 2)
    try FileManager.default.removeItem(atPath: "\(workshop.train)/metadata.csv")
    try GlyphData.write(["foo\tbar", "0.png\tab", "1.png\tb"], to: "\(workshop.train)/table.tsv")
    let result = try akuru(["check", workshop.train + name, "--columns", "image=foo,text=bar"])
    #expect(result.exitCode == 0 && result.stdout.contains("records: 2"), "\(result.transcript)")
  }
}
