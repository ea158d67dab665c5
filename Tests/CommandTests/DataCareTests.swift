import Foundation
import Images
import Recognition
import TestSupport
import Testing

/// `akuru check --fix`, `akuru stats`, `akuru sheet` and `Launch/use/from-parquet`.
@Suite struct DataCareTests {
  private struct Fix: Decodable {
    struct Change: Decodable, Equatable {
      let kind: String
      let path: String
    }
    struct Outcome: Decodable {
      let file: String
      let records: Int
      let leftOut: Int
      let normalised: Int
      let changes: [Change]
    }
    let records: Int
    let fix: Outcome
  }

  private func spoiled() throws -> Workshop {
    let workshop = try Workshop(train: 8, validation: 3)
    try workshop.cut("\(workshop.train)/0.png")
    try workshop.spoilMetadata(line: 3, "2.png,e\u{301}")
    try workshop.spoilMetadata(line: 4, "3.png,")
    return workshop
  }

  @Test(arguments: [nil, 2]) func goodRecordsAreWrittenAndCanBeTrainedOn(ranks: Int?) throws {
    let workshop = try spoiled()
    let before = try FileManager.default.contentsOfDirectory(atPath: workshop.train).sorted().map {
      try workshop.bytes("\(workshop.train)/\($0)")
    }
    let clean = "\(workshop.train)/clean.jsonl"
    let result = try akuru(ranks: ranks, ["check", workshop.train, "--fix", clean])
    #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    for part in [
      "records: 6; changes: 3, of which 2 left out and 1 normalized",
      "left out: \(workshop.train)/0.png: truncated PNG",
      "normalized: \(workshop.train)/2.png", "left out: \(workshop.train)/3.png: the text is empty",
    ] {
      #expect(result.stdout.contains(part), "\(result.transcript)")
    }
    let again = try akuru(["check", clean])
    #expect(again.exitCode == 0 && again.stdout.contains("6 good and 0 bad"), "\(again.transcript)")
    let after = try FileManager.default.contentsOfDirectory(atPath: workshop.train).filter { $0 != "clean.jsonl" }
      .sorted().map { try workshop.bytes("\(workshop.train)/\($0)") }
    #expect(before == after, "nothing else is touched")

    // A file is never replaced.
    expectFailure(try akuru(ranks: ranks, ["check", workshop.train, "--fix", clean]), 2, ["\(clean): exists already"])
    let arguments = [
      "train", "--train", clean, "--validation", workshop.validation, "--run-dir", workshop.path("run"), "--max-steps",
      "1",
    ]
    let training = try akuru(ranks: ranks, arguments + Recipes.seed)
    #expect(training.exitCode == 0, "\(training.transcript)")
  }

  @Test func changesAsJSON() throws {
    let workshop = try spoiled()
    let clean = workshop.path("clean.jsonl")
    let result = try akuru(["check", workshop.train, "--fix", clean, "--json"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    let report = try JSONDecoder().decode(Fix.self, from: Data(result.stdout.utf8))
    #expect(report.records == 8 && report.fix.file == clean && report.fix.records == 6)
    #expect(report.fix.leftOut == 2 && report.fix.normalised == 1)
    #expect(report.fix.changes.map(\.kind) == ["leftOut", "normalised", "leftOut"])
    #expect(try String(contentsOfFile: clean, encoding: .utf8).hasPrefix(#"{"file_name":"train/1.png","text":"#))
  }

  @Test func placesWhereItCannotBeWritten() throws {
    let workshop = try spoiled()
    func fix(_ file: String) throws -> ProcessResult { try akuru(["check", workshop.train, "--fix", file]) }
    expectFailure(try fix("\(workshop.train)/metadata.jsonl"), 2, ["has a metadata.csv", "clean.jsonl"])
    try workshop.spoil("file", Data())
    expectFailure(try fix("\(workshop.train)/file/clean.jsonl"), 4, ["cannot create the folder \(workshop.train)/file"])
    expectFailure(try fix("\(workshop.train)/clean.csv"), 2, ["give a name that ends in .jsonl"])
    expectFailure(
      try akuru(["check", workshop.train, workshop.validation, "--fix", "clean.jsonl"]), 2, ["--fix takes one data set"]
    )
  }

  /// A list that is neither in the folder of the images nor above it.
  @Test func elsewhereTheImagesHaveAbsolutePaths() throws {
    let workshop = try spoiled()
    let clean = workshop.path("new/lists/clean.jsonl")
    let result = try akuru(["check", workshop.train, "--fix", clean])
    #expect(result.exitCode == 0 && result.stdout.contains("records: 6; changes: 3"), "\(result.transcript)")
    let warnings = result.stderr.split(separator: "\n")
    #expect(warnings.count == 1 && warnings[0].contains("read it with --allow-outside"), "\(result.transcript)")
    let closed = try akuru(["check", clean])
    #expect(closed.exitCode == 3 && closed.stdout.contains("unless you give --allow-outside"), "\(closed.transcript)")
    let open = try akuru(["check", clean, "--allow-outside"])
    #expect(open.exitCode == 0 && open.stdout.contains("6 good and 0 bad"), "\(open.transcript)")
  }

  @Test(arguments: [nil, 2]) func imagesAreSetAside(ranks: Int?) throws {
    struct Summary: Decodable {
      struct Part: Decodable {
        let file: String
        let records: Int
      }
      let train: Part
      let validation: Part
    }
    let workshop = try Workshop(train: 40, validation: 3)
    let result = try akuru(ranks: ranks, ["split", workshop.train, "--share", "0.25", "--json"])
    #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    let summary = try JSONDecoder().decode(Summary.self, from: Data(result.stdout.utf8))
    let (train, validation) = (summary.train, summary.validation)
    #expect(train.file == "\(workshop.train)/train.jsonl" && validation.file == "\(workshop.train)/validation.jsonl")
    #expect(train.records + validation.records == 40 && (1...10).contains(validation.records))
    let arguments = [
      "train", "--train", train.file, "--validation", validation.file, "--run-dir", workshop.path("run"), "--max-steps",
      "1",
    ]
    let training = try akuru(ranks: ranks, arguments + Recipes.seed + ["--resume"])
    #expect(training.exitCode == 0, "\(training.transcript)")
    for part in ["to go on from: a new run begins", "reads hardly anything yet"] {
      #expect(training.stderr.contains(part), "\(training.transcript)")
    }
    #expect(
      training.stderr.contains("\(train.records) training and \(validation.records) validation images"),
      "\(training.transcript)")
    // A file is never replaced; several folders need a place above them.
    expectFailure(try akuru(ranks: ranks, ["split", workshop.train]), 2, ["train.jsonl: exists already"])
    let both = "\(workshop.train),\(workshop.validation)"
    expectFailure(try akuru(["split", both]), 2, ["--output is missing"])
    try workshop.spoil("unlisted.png", try workshop.bytes("\(workshop.train)/0.png"))
    let above = try akuru(["split", both, "--output", workshop.path("")])
    #expect(above.exitCode == 0 && above.stdout.contains("validation.jsonl: "), "\(above.transcript)")
    #expect(above.stderr.contains("unlisted.png: the metadata does not list it"), "\(above.transcript)")
    let shards = workshop.path("shards")
    #expect(try akuru(["pack", workshop.train, "--output", shards]).exitCode == 0)
    expectFailure(try akuru(["split", shards]), 3, ["is inside a shard", "give the folder that was packed"])
    expectFailure(try akuru(["split", workshop.train, "--share", "1"]), 2, ["--share 1.0: must be between 0 and 1"])
  }

  @Test(arguments: [nil, 2]) func statistics(ranks: Int?) throws {
    struct Statistics: Decodable {
      struct Letter: Decodable { let letter: String }
      struct Comparison: Decodable { let unknownLetters: [String] }
      let dataSet: String
      let records: Int
      let letters: [Letter]
      let comparison: Comparison?
    }
    let workshop = try Workshop(train: 12, validation: 3)
    try GlyphData.write(["file_name,text", "0.png,abx"], to: "\(workshop.validation)/metadata.csv")
    let result = try akuru(ranks: ranks, ["stats", workshop.train, workshop.validation, "--json"])
    #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    let found = try result.stdout.split(separator: "\n").map {
      try JSONDecoder().decode(Statistics.self, from: Data($0.utf8))
    }
    #expect(found.map(\.dataSet) == [workshop.train, workshop.validation] && found.map(\.records) == [12, 1])
    #expect(found[1].letters.map(\.letter) == ["a", "b", "x"] && found[1].comparison?.unknownLetters == ["x"])
    #expect(found[0].comparison == nil)
    let table = try akuru(ranks: ranks, ["stats", workshop.train, workshop.validation])
    for part in ["records: 12, of which 0 cannot", "letters all but U+0078 x", "words: ", "scalars in a text: 3 to 6"] {
      #expect(table.stdout.contains(part), "\(table.transcript)")
    }
  }

  /// The sheet has a cell for each image, with ink in picture and label; the same seed gives the same sheet.
  @Test func contactSheet() throws {
    let workshop = try Workshop(train: 12, validation: 3)
    try workshop.cut("\(workshop.train)/5.png")
    func sheet(_ name: String, _ more: [String]) throws -> GrayImage {
      let result = try akuru(["sheet", workshop.train, "--output", workshop.path(name)] + more)
      try #require(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
      return try PNG.read(path: workshop.path(name))
    }
    let whole = try sheet("a.png", ["--per-row", "3"])
    #expect(whole.width > 900 && whole.height == 14 + 4 * 100)
    func ink(x: Int, y: Int, _ width: Int, _ height: Int) -> Int {
      (y..<y + height).reduce(0) { sum, row in sum + (x..<x + width).count { whole[$0, row] < 100 } }
    }
    for cell in 0..<12 {
      let (x, y) = (14 + cell % 3 * 314, 14 + cell / 3 * 100)
      #expect(ink(x: x, y: y, 300, 56) > 20 && ink(x: x, y: y + 56, 300, 30) > 20, "cell \(cell)")
    }
    // The cells have a margin of 14 pixels.
    for (columns, width) in [(2, 200), (3, 900)] {
      let wide = try sheet("\(width).png", ["--per-row", "\(columns)", "--width", "\(width)"])
      #expect(wide.width == 14 + columns * (width + 14), "--width \(width)")
    }
    #expect(try sheet("b.png", ["--count", "5", "--seed", "3"]) == sheet("c.png", ["--count", "5", "--seed", "3"]))
    _ = try sheet("new/folder/a.png", ["--count", "1"])
    let again = try akuru(["sheet", workshop.train, "--output", workshop.path("a.png")])
    expectFailure(again, 2, ["a.png: exists already"])
  }

  @Test func aSheetWithoutTheLabelSetter() throws {
    let workshop = try Workshop(train: 3, validation: 3)
    let alone = workshop.path("akuru")
    try FileManager.default.copyItem(atPath: product("akuru"), toPath: alone)
    let result = try run(
      alone, ["sheet", workshop.train, "--output", workshop.path("a.png")], environment: ["PATH": "/usr/bin:/bin"])
    expectFailure(result, 2, ["akuru sheet needs akuru-synth", "swift build -c release --product akuru-synth"])
  }

  private static let python = ProcessInfo.processInfo.environment["AKURU_PYTHON"]
  private static var hasParquet: Bool {
    guard let python else { return false }
    return (try? run(python, ["-c", "import pyarrow"]).exitCode) == 0
  }

  /// Parquet files as Hugging Face's `datasets` writes them.
  @Test(.enabled(if: hasParquet, "AKURU_PYTHON names no Python with pyarrow")) func parquet() throws {
    let python = try #require(DataCareTests.python)
    let workshop = try Workshop(train: 4, validation: 3)
    let make = """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      folder, out = sys.argv[1:]
      images = [{"bytes": open(f"{folder}/{i}.png", "rb").read(), "path": f"{i}.png"} for i in range(4)]
      texts = ["ab", "ක\\u200dca", "d\\"e", "a\\nb"]
      pq.write_table(pa.table({"image": images, "text": texts, "split": ["train"] * 4}), out, row_group_size=2)
      pq.write_table(pa.table({"image": images[:1] + [{"bytes": None, "path": "x"}, {"bytes": b"GIF89a", "path": "y"}],
                               "label": ["ab", "cd", "ef"]}), out + "2")
      """
    let file = workshop.path("data.parquet")
    let made = try run(python, ["-c", make, workshop.train, file])
    try #require(made.exitCode == 0, "\(made.transcript)")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Launch/use/from-parquet").standardizedFileURL.path
    func convert(_ arguments: [String]) throws -> ProcessResult { try run(python, [script] + arguments) }

    let output = workshop.path("converted")
    let result = try convert([file, "--output", output])
    #expect(result.exitCode == 0 && result.stdout == "\(output): 4 images\n", "\(result.transcript)")
    for i in 0..<4 {
      #expect(
        try workshop.bytes("\(output)/images/0000000\(i + 1).png") == workshop.bytes("\(workshop.train)/\(i).png"))
    }
    let check = try akuru(["check", output])
    #expect(check.exitCode == 3 && check.stdout.contains("4.png: the text holds U+000A"), "\(check.transcript)")
    #expect(check.stdout.contains("U+200D") && check.stdout.contains("3 good and 1 bad"), "\(check.transcript)")

    let again = try convert([file, "--output", output])
    #expect(again.exitCode == 4 && again.stderr.contains("exists already"), "\(again.transcript)")
    let partial = try convert([file + "2", "--output", workshop.path("partial")])
    #expect(partial.exitCode == 3 && partial.stdout.contains("1 images, 2 left out"), "\(partial.transcript)")
    #expect(partial.stderr.contains("row 2: left out: it has no image bytes"), "\(partial.transcript)")
    #expect(
      partial.stderr.contains("row 3: left out: its image is not PNG, JPEG, TIFF or WebP"), "\(partial.transcript)")
    for (arguments, words) in [
      ([file, "--text", "words"], "there is no column words; name one of image, text, split with --text"),
      (["\(workshop.train)/metadata.csv"], "cannot be read as parquet"), ([workshop.path("none")], "cannot be read"),
    ] {
      let result = try convert(arguments + ["--output", workshop.path("other")])
      #expect(result.exitCode == 3 && result.stderr.contains(words), "\(result.transcript)")
      #expect(result.stderr.split(separator: "\n").count == 1, "\(result.transcript)")
      #expect(!FileManager.default.fileExists(atPath: workshop.path("other")))
    }
  }
}
