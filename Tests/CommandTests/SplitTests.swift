import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// `akuru split`, `akuru train --validation auto`, and what validation shares with training.
@Suite struct SplitTests {
  private struct Summary: Decodable {
    struct Part: Decodable {
      let file: String
      let records: Int
      let texts: Int
      let groups: Int
    }
    let by: String
    let train: Part
    let validation: Part
  }

  /// A data set with images in folders: those of the workshop's training set, as pairs.
  private func books(_ workshop: Workshop, _ books: Int, of size: Int) throws -> String {
    let (files, library) = (FileManager.default, workshop.path("library"))
    let rows = try String(contentsOfFile: "\(workshop.train)/metadata.csv", encoding: .utf8).split(separator: "\n")
    for i in 0..<books * size {
      let book = "\(library)/book \(i / size)"
      try files.createDirectory(atPath: book, withIntermediateDirectories: true)
      try files.copyItem(atPath: "\(workshop.train)/\(i).png", toPath: "\(book)/\(i).png")
      try GlyphData.write([String(rows[1 + i].split(separator: ",")[1])], to: "\(book)/\(i).gt.txt")
    }
    return library
  }

  private func summary(_ arguments: [String], ranks: Int? = nil) throws -> Summary {
    let result = try akuru(ranks: ranks, ["split"] + arguments + ["--json"])
    try #require(result.exitCode == 0, "\(result.transcript)")
    return try JSONDecoder().decode(Summary.self, from: Data(result.stdout.utf8))
  }

  @Test(arguments: [nil, 2]) func wholeBooksAreSetAside(ranks: Int?) throws {
    let workshop = try Workshop(train: 96, validation: 3)
    let library = try books(workshop, 12, of: 8)
    let automatic = try summary([library, "--output", workshop.path("auto"), "--share", "0.2"], ranks: ranks)
    let folder = try summary([library, "--by", "folder", "--output", workshop.path("new/folder"), "--share", "0.2"])
    #expect(automatic.by == "folder" && automatic.validation.groups == 2 && automatic.train.groups == 10)
    #expect(automatic.validation.records == 16 && folder.validation.records == 16)
    #expect(try workshop.bytes(automatic.validation.file) == workshop.bytes(folder.validation.file))
    let text = try akuru(["split", library, "--by", "text", "--share", "0.2"])
    #expect(text.exitCode == 0 && text.stdout.contains("\(library)/train.jsonl: "), "\(text.transcript)")

    // The lists are outside of the images' folder.
    let arguments = [
      "train", "--train", automatic.train.file, "--validation", automatic.validation.file, "--run-dir",
      workshop.path("run"), "--max-steps", "1", "--allow-outside",
    ]
    let training = try akuru(ranks: ranks, arguments + Recipes.seed)
    #expect(
      training.exitCode == 0 && training.stderr.contains("80 training and 16 validation"), "\(training.transcript)")
    #expect(!training.stderr.contains("validation folder"), "\(training.transcript)")

    let pages = try akuru(ranks: ranks, ["split", library, "--by", "page", "--output", workshop.path("page")])
    expectFailure(pages, 3, ["no image is a line of a page", "--by folder or text works"])
    let one = try akuru(["split", workshop.train, "--by", "folder"])
    expectFailure(one, 3, ["all 96 records are of one folder; --by text works"])
    let large = try akuru(["split", library, "--by", "folder", "--share", "0.05", "--output", workshop.path("page")])
    expectFailure(large, 3, ["the smallest folder that training can spare has 8 of 96", "raise --share to 0.09"])
    expectFailure(
      try akuru(["split", library, "--by", "book"]), 2, ["--by book: it is one of auto, page, folder, text"])
    #expect(!FileManager.default.fileExists(atPath: workshop.path("page")), "nothing is left of what failed")
  }

  @Test func badRecordsAreInNoList() throws {
    let workshop = try Workshop(train: 40, validation: 3)
    try workshop.spoilMetadata(line: 5, "4.png")
    let result = try akuru(["split", workshop.train, "--share", "0.2", "--output", workshop.path("lists")])
    #expect(result.exitCode == 0 && result.stderr.contains("warning: left out: "), "\(result.transcript)")
    #expect(result.stderr.contains("read it with --allow-outside"), "\(result.transcript)")
    let names = ["train", "validation"].map { workshop.path("lists/\($0).jsonl") }
    let lines = try names.flatMap { try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n") }
    #expect(lines.count == 39 && !lines.contains { $0.contains("/4.png") })
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that is read-only"))
  func dataThatCannotBeWritten() throws {
    let disk = try MemoryFileSystem(kilobytes: 1024)
    let workshop = try Workshop(train: 40, validation: 3)
    let data = "\(disk.path)/data"
    try FileManager.default.copyItem(atPath: workshop.train, toPath: data)
    try #require(disk.makeReadOnly())
    expectFailure(try akuru(["split", data]), 4, ["cannot create \(data)/train.jsonl", "elsewhere with --output DIR"])
    expectFailure(try akuru(["check", data, "--fix", "\(data)/clean.jsonl"]), 4, ["cannot create \(data)/clean.jsonl"])
    expectFailure(try akuru(["split", data, "--output", "\(data)/new"]), 4, ["cannot create the folder \(data)/new"])
    #expect(try summary([data, "--output", workshop.path("lists")]).by == "text")
    #expect(try akuru(["check", data, "--fix", workshop.path("clean.jsonl")]).exitCode == 0)
  }

  // MARK: --validation auto

  private func training(_ data: String, _ run: String, _ more: [String]) -> [String] {
    ["train", "--train", data, "--validation", "auto", "--run-dir", run] + Recipes.seed + more
  }

  /// The bits on 1, 2 and 3 ranks, of a run that was resumed, and of one on shards are the same.
  @Test func trainingSetsAsideItself() throws {
    let workshop = try Workshop(train: 96, validation: 3)
    let library = try books(workshop, 12, of: 8)
    for ranks in 1...3 {
      let result = try akuru(ranks: ranks, training(library, workshop.path("run\(ranks)"), ["--max-steps", "12"]))
      try #require(result.exitCode == 0, "\(result.transcript)")
      #expect(
        result.stderr.contains("validation auto: set aside by folder: 8 images of 1 of 12 folders, with "),
        "\(result.transcript)")
      #expect(result.stderr.contains("88 training and 8 validation images, 6 letters"), "\(result.transcript)")
    }
    let first = try workshop.checkpoints("run1")
    #expect(try first == workshop.checkpoints("run2") && first == workshop.checkpoints("run3"))

    let shards = workshop.path("shards")
    #expect(try akuru(["pack", library, "--output", shards]).exitCode == 0)
    for (data, ranks) in [(library, 2), (shards, 1)] {
      let run = "resumed\(ranks)"
      let stopped = try akuru(training(library, workshop.path(run), ["--max-steps", "5"]))
      #expect(stopped.exitCode == 0, "\(stopped.transcript)")
      let resumed = try akuru(
        ranks: ranks, training(data, workshop.path(run), ["--max-steps", "12", "--resume"]))
      #expect(resumed.exitCode == 0 && resumed.stderr.contains("going on from"), "\(resumed.transcript)")
      #expect(
        try workshop.bytes(workshop.checkpoint(run, step: 12)) == workshop.bytes(workshop.checkpoint("run1", step: 12)))
    }
    // Other data gives another split, which the run notices.
    try FileManager.default.removeItem(atPath: "\(library)/book 3")
    expectFailure(
      try akuru(training(library, workshop.path("run1"), ["--max-steps", "13", "--resume"])), 3, ["has changed"])
    let report = try String(contentsOfFile: workshop.path("run1/report.html"), encoding: .utf8)
    #expect(report.contains("--data DATA --details") && report.contains("akuru train --"))
  }

  @Test func byTextWithWeightsAndBadRecords() throws {
    let workshop = try Workshop(train: 60, validation: 20)
    try workshop.cut("\(workshop.train)/0.png")
    try workshop.spoilMetadata(line: 4, "3.png")
    let data = "\(workshop.train):2,\(workshop.validation):1"
    expectFailure(
      try akuru(ranks: 2, training(data, workshop.path("run"), ["--max-steps", "1"])), 3,
      ["2 bad records", "--skip-bad"])
    let result = try akuru(ranks: 2, training(data, workshop.path("run"), ["--max-steps", "1", "--skip-bad"]))
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stderr.contains("validation auto: set aside by text: 8 images, with "), "\(result.transcript)")
    #expect(result.stderr.contains(" draws an epoch) and "), "\(result.transcript)")
    #expect(!result.stderr.contains("also training texts"), "\(result.transcript)")
    #expect(result.stderr.components(separatedBy: "left out: ").count == 3, "each is named once: \(result.transcript)")
  }

  /// Pages with three words each, of the glyphs of other tests.
  private func pages(_ workshop: Workshop, _ count: Int) throws -> String {
    let folder = workshop.path("pages")
    try FileManager.default.createDirectory(atPath: "\(folder)/page", withIntermediateDirectories: true)
    for page in 0..<count {
      var whole = GrayImage(width: 260, height: 130, filledWith: 255)
      var lines = ""
      for line in 0..<3 {
        let word = [page % 6, (page + line) % 6, (page / 2 + 2 * line) % 6]
        var random = KeyedRandom(seed: 5, purpose: .test, sample: UInt32(3 * page + line))
        let image = GlyphData.image(word, &random)
        let top = 8 + 40 * line
        for y in 0..<image.height { for x in 0..<image.width { whole[10 + x, top + y] = image[x, y] } }
        let (right, bottom) = (10 + image.width, top + image.height)
        let text = word.map { String(GlyphData.glyphs[$0].letter) }.joined()
        lines += """
          <TextLine id="l\(line)"><Coords points="10,\(top) \(right),\(top) \(right),\(bottom) 10,\(bottom)"/>
          <TextEquiv><Unicode>\(text)</Unicode></TextEquiv></TextLine>
          """
      }
      try PNG.write(whole, to: "\(folder)/\(page).png")
      let xml = """
        <PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page imageFilename="\(page).png" \
        imageWidth="260" imageHeight="130"><TextRegion id="r"><Coords points="0,0 260,0 260,130 0,130"/>\(lines)\
        </TextRegion></Page></PcGts>
        """
      try GlyphData.write([xml], to: "\(folder)/page/\(page).xml")
    }
    return folder
  }

  @Test func wholePagesAreSetAside() throws {
    let workshop = try Workshop(train: 3, validation: 3)
    let pages = try pages(workshop, 20)
    let lists = try summary([pages, "--output", workshop.path("lists")])
    #expect(lists.by == "page" && lists.validation.groups == 2 && lists.validation.records == 6)
    let beside = try summary([pages])
    let line = try #require(String(contentsOfFile: beside.train.file, encoding: .utf8).split(separator: "\n").first)
    #expect(line.contains(#"{"file_name":"page/"#) && line.contains(".xml#l0"), "\(line)")
    let arguments = [
      "train", "--train", lists.train.file, "--validation", lists.validation.file, "--run-dir",
      workshop.path("lists/run"),
      "--max-steps", "2", "--allow-outside",
    ]
    let listed = try akuru(arguments + Recipes.seed)
    #expect(listed.exitCode == 0 && listed.stderr.contains("54 training and 6 validation"), "\(listed.transcript)")
    #expect(!listed.stderr.contains("validation page"), "\(listed.transcript)")

    let automatic = try akuru(ranks: 2, training(pages, workshop.path("run"), ["--max-steps", "2"]))
    #expect(
      automatic.stderr.contains("validation auto: set aside by page: 6 images of 2 of 20 pages, with "),
      "\(automatic.transcript)")
    #expect(
      try workshop.bytes(workshop.best("lists/run")).count == workshop.bytes(workshop.best("run")).count,
      "\(automatic.transcript)")

    // Parts of one page on both sides.
    let text = try summary([pages, "--by", "text", "--output", workshop.path("text")])
    let leaking = try akuru(["check", text.train.file, text.validation.file, "--allow-outside"])
    #expect(leaking.stdout.contains("also training pages: "), "\(leaking.transcript)")
  }

  // MARK: What is shared

  @Test(arguments: [nil, 2]) func sharedTextsAndFolders(ranks: Int?) throws {
    let workshop = try Workshop(train: 16, validation: 3)
    let library = try books(workshop, 2, of: 8)
    let result = try akuru(
      ranks: ranks,
      [
        "train", "--train", library, "--validation", "\(library)/book 1", "--run-dir", workshop.path("run"),
        "--max-steps", "1",
      ] + Recipes.seed)
    #expect(result.exitCode == 0, "\(result.transcript)")
    let parts = [
      "8 validation images are also training images", "1 of 1 validation folder (100.00 %) is also a training folder: ",
      "validation texts (100.00 %) are also training texts (8 images): ",
    ]
    for part in parts { #expect(result.stderr.contains(part), "\(result.transcript)") }
    let check = try akuru(ranks: ranks, ["check", library, "\(library)/book 1"])
    for part in parts { #expect(check.stdout.contains(part), "\(check.transcript)") }
    #expect(check.stdout.contains("  shared with \(library), if that is trained on:\n"), "\(check.transcript)")

    struct Report: Decodable {
      struct Shared: Decodable, Equatable {
        struct Share: Decodable, Equatable {
          let shared: Int
          let of: Int
        }
        let folders: Share
        let pages: Share
        let images: Int
        let imagesWithText: Int
      }
      let shared: Shared?
    }
    let lines = try akuru(ranks: ranks, ["check", library, "\(library)/book 1", workshop.validation, "--json"]).stdout
    let found = try lines.split(separator: "\n").map { try JSONDecoder().decode(Report.self, from: Data($0.utf8)) }
    #expect(found.count == 3 && found[0].shared == nil && found[2].shared?.images == 0)
    #expect(
      found[1].shared
        == .init(folders: .init(shared: 1, of: 1), pages: .init(shared: 0, of: 0), images: 8, imagesWithText: 8))
  }
}
