import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// `akuru predict` with pages: what is written, what is left alone, and what is named.
@Suite struct PredictPagesTests {
  /// A workshop with a run of some steps, and two pages of four lines.
  private func workshopWithPages() throws -> Workshop {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "30"])
    _ = try workshop.writePages(to: "pages", 2, of: 4)
    return workshop
  }

  private func predict(_ workshop: Workshop, _ arguments: [String]) throws -> ProcessResult {
    try run(
      product("akuru"), ["predict", "--checkpoint", workshop.path("run")] + arguments, directory: workshop.path(""))
  }

  @Test func pagesAreWrittenWithTheirTexts() throws {
    let workshop = try workshopWithPages()
    let printed = try predict(workshop, ["pages/b0/p.xml", "pages/b1"])
    let texts = printed.stdout.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    // The image of a page in a folder is no line.
    let names = ["pages/b0/p.xml", "pages/b1/p.xml"].flatMap { page in (0..<4).map { "\(page)#l\($0)" } }
    #expect(printed.exitCode == 0 && texts.map { $0[0] } == names && printed.stderr.isEmpty, "\(printed.transcript)")

    let before = try workshop.bytes(workshop.path("pages/b0/p.xml"))
    let result = try predict(workshop, ["pages/b0/p.xml", "--output", "out/deep"])
    #expect(result.exitCode == 0 && result.stdout == "out/deep/p.xml\t4 lines\n", "\(result.transcript)")
    let written = try String(contentsOfFile: workshop.path("out/deep/p.xml"), encoding: .utf8)
    let document = try PageDocument.read(Array(written.utf8), path: "p.xml")
    #expect(document.lines.map { $0.text ?? "" } == texts.prefix(4).map { $0[1] })
    #expect(written.contains("<TextEquiv conf=\"0") && written.contains("imageFilename=\"p.png\""))
    #expect(try workshop.bytes(workshop.path("pages/b0/p.xml")) == before)

    // Nothing that exists is replaced, also not by a second page of that name.
    expectFailure(
      try predict(workshop, ["pages/b0/p.xml", "--output", "out/deep"]), 4, ["out/deep/p.xml: exists already"])
    let both = try predict(workshop, ["pages/b0/p.xml", "pages/b1/p.xml", "--output", "out/deep", "--overwrite"])
    #expect(
      both.exitCode == 4 && both.stderr.contains("written already, for another page of that name"), "\(both.transcript)"
    )
  }

  /// Books of a library have pages of the same names.
  @Test(arguments: ["pages", "./pages/"]) func aFolderKeepsItsFolders(library: String) throws {
    let workshop = try workshopWithPages()
    let result = try predict(workshop, [library, "pages/b1/p.xml", "--output", "out"])
    let printed = ["b0/p.xml", "b1/p.xml", "p.xml"].map { "out/\($0)\t4 lines\n" }.joined()
    // The last one was named alone, but a folder that is named too holds it.
    if library == "pages" {
      #expect(result.exitCode == 4 && result.stderr.contains("out/b1/p.xml: written already"), "\(result.transcript)")
    } else {
      #expect(result.exitCode == 0 && result.stdout == printed, "\(result.transcript)")
    }
    for book in ["b0", "b1"] {
      #expect(FileManager.default.fileExists(atPath: workshop.path("out/\(book)/p.xml")))
    }
    let again = try predict(workshop, [library, "--output", "out"])
    #expect(again.exitCode == 4 && again.stderr.contains("out/b0/p.xml: exists already"), "\(again.transcript)")
  }

  /// A path that leads out of a folder that is named too is not written outside of the folder for pages.
  @Test func nothingIsWrittenOutside() throws {
    let workshop = try workshopWithPages()
    let result = try predict(workshop, ["pages/b0", "pages/b0/../b1/p.xml", "--output", "out/deep"])
    // Both have the name p.xml then.
    #expect(result.exitCode == 4 && result.stderr.contains("out/deep/p.xml: written already"), "\(result.transcript)")
    #expect(!FileManager.default.fileExists(atPath: workshop.path("out/b1")))
  }

  @Test(arguments: ["alto", "page", "hocr", "text", "jsonl"]) func otherForms(format: String) throws {
    let workshop = try workshopWithPages()
    let result = try predict(workshop, ["pages/b0/p.xml", "--format", format, "--output", "out"])
    let suffix = ["hocr": "hocr", "text": "txt", "jsonl": "jsonl"][format] ?? "xml"
    #expect(result.exitCode == 0 && result.stdout == "out/p.\(suffix)\t4 lines\n", "\(result.transcript)")
    let text = try String(contentsOfFile: workshop.path("out/p.\(suffix)"), encoding: .utf8)
    let starts = [
      "alto": "<alto xmlns=\"http://www.loc.gov/standards/alto/ns-v4#\"", "page": "<PcGts xmlns=",
      "hocr": "class=\"ocr_line\"",
      "text": "\n", "jsonl": "\"line\":\"l3\"",
    ]
    #expect(text.contains(starts[format]!), "\(text)")
    guard ["text", "jsonl"].contains(format) else { return }
    let printed = try predict(workshop, ["pages/b0/p.xml", "--format", format])
    #expect(printed.stdout == text && printed.exitCode == 0, "\(printed.transcript)")
    if format == "jsonl" { #expect(try predict(workshop, ["pages/b0/p.xml", "--json"]).stdout == text) }
  }

  @Test func whatCannotBeReadIsNamed() throws {
    let workshop = try workshopWithPages()
    let files = FileManager.default
    // A line in disorder, a page without its image, a page in another unit, no page at all.
    let xml = try String(contentsOfFile: workshop.path("pages/b0/p.xml"), encoding: .utf8)
    try GlyphData.write(
      [xml.replacingOccurrences(of: "<Coords points=\"25,70", with: "<Coords points=\"25,x")],
      to: workshop.path("pages/b0/q.xml"))
    try files.removeItem(atPath: workshop.path("pages/b1/p.png"))
    try GlyphData.write(["<mets/>"], to: workshop.path("pages/b1/mets.xml"))
    let result = try predict(
      workshop, ["pages/b0/q.xml", "pages/b1/p.xml", "pages/b1/mets.xml", "pages/b1/none.xml", "--output", "out"])
    #expect(result.exitCode == 3 && result.stdout == "out/q.xml\t3 lines\n", "\(result.transcript)")
    let errors = result.stderr.split(separator: "\n")
    let parts = ["q.xml#l1: Coords holds \"x\"", "p.png", "<mets>", "none.xml: no such file"]
    #expect(errors.count == 4, "\(result.transcript)")
    for (error, part) in zip(errors, parts) { #expect(error.contains(part), "\(result.transcript)") }
    // The line that was not read keeps its text.
    let written = try PageDocument.read(Array(workshop.bytes(workshop.path("out/q.xml"))), path: "q.xml")
    #expect(written.lines[1].text == (try PageDocument.read(Array(xml.utf8), path: "p.xml")).lines[1].text)
  }

  @Test func mistakes() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let predict = ["predict", "--checkpoint", workshop.path("run"), "page.xml"]
    expectFailure(try akuru(predict + ["--format", "alto"]), 2, ["--format alto writes files", "--output"])
    expectFailure(try akuru(predict + ["--format", "docx"]), 2, ["docx", "alto"])
    expectFailure(try akuru(predict + ["--format", "text", "--json"]), 2, ["leave out --format text"])
    expectFailure(try akuru(predict + ["--output", ""]), 2, ["give the name of a folder"])
    expectFailure(try akuru(predict + ["--overwrite"]), 2, ["--overwrite goes with --output or --write-text"])
  }

  /// A page and a blank image give no letters: the page's error says what to do.
  @Test func pagesAndBlankImagesHaveNoLetters() throws {
    let workshop = try workshopWithPages()
    var page = GrayImage(width: 700, height: 900, filledWith: 230)
    for row in 0..<25 {
      for column in 0..<40 {
        for i in 0..<9 { for j in 0..<11 where i < 3 || j > 7 { page[30 + 16 * column + i, 30 + 33 * row + j] = 20 } }
      }
    }
    try PNG.write(page, to: workshop.path("scan.png"))
    try PNG.write(GrayImage(width: 300, height: 50, filledWith: 240), to: workshop.path("blank.png"))
    let result = try predict(workshop, ["scan.png", "blank.png", "pages/b0/p.xml"])
    #expect(result.exitCode == 3 && result.stdout.hasPrefix("blank.png\t\npages/b0/p.xml#l0\t"), "\(result.transcript)")
    #expect(
      result.stderr.contains(
        "scan.png: a page, and a model reads lines; find them with kraken -x -i scan.png scan.xml segment -bl, and read them with "
          + "akuru predict --checkpoint CHECKPOINT scan.xml\n"), "\(result.transcript)")
    // A page that has its lines already is not segmented anew: kraken would write over its texts.
    try FileManager.default.copyItem(atPath: workshop.path("pages/b0/p.xml"), toPath: workshop.path("scan.xml"))
    expectFailure(
      try predict(workshop, ["scan.png"]), 3,
      ["which scan.xml has: akuru predict --checkpoint CHECKPOINT scan.xml --output DIR"])
    #expect(result.stderr.contains("blank.png: nothing is written on it, so its text is empty"), "\(result.transcript)")
    #expect(try predict(workshop, ["blank.png"]).exitCode == 0)
  }
}
