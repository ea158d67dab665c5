import Foundation
import Images
import Testing
import Typesetting

/// The command as a user runs it.
@Suite struct SynthCommandTests {
  private let folder = NSTemporaryDirectory() + "akuru-synth-\(UUID().uuidString)"

  private struct Outcome {
    let code: Int32
    let output: String
    let error: String
  }

  private func synth(_ arguments: String...) throws -> Outcome { try synth(arguments) }

  private func synth(_ arguments: [String], input: String? = nil) throws -> Outcome {
    let process = Process()
    // The executable lies beside the test bundle.
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("akuru-synth")
    process.arguments = arguments
    let files = (0..<2).map { index in
      let path = NSTemporaryDirectory() + "akuru-synth-\(UUID().uuidString).\(index)"
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      return path
    }
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    let handles = files.map { FileHandle(forWritingAtPath: $0)! }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    process.standardInput = input.flatMap { FileHandle(forReadingAtPath: $0) } ?? FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
    return Outcome(code: process.terminationStatus, output: texts[0], error: texts[1])
  }

  /// Every file under a folder and its bytes, by relative path.
  private func contents(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      if let data = FileManager.default.contents(atPath: folder + "/" + path), !path.hasSuffix("images") {
        files[path] = data
      }
    }
    return files
  }

  /// The records of a metadata.csv, by a reader of its own.
  private func records(_ path: String) throws -> [[String]] {
    var (rows, row, field, quoted) = ([[String]](), [String](), "", false)
    let scalars = Array(try String(contentsOfFile: path, encoding: .utf8).unicodeScalars)
    for (i, scalar) in scalars.enumerated() {
      switch scalar {
      case "\"":
        if !quoted && i > 0 && scalars[i - 1] == "\"" { field.unicodeScalars.append("\"") }
        quoted.toggle()
      case "," where !quoted:
        row.append(field)
        field = ""
      case "\n" where !quoted:
        rows.append(row + [field])
        (row, field) = ([], "")
      default: field.unicodeScalars.append(scalar)
      }
    }
    return rows
  }

  /// A text's own lines, each once, in a face whose missing letters come from another.
  @Test func linesOfAText() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let text = folder + "/text.txt"
    let lines = ["\u{5D0}\u{5D1} (12)", "\u{5D2}\u{5D3}, ab", "\u{5D4}"]
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: text))
    let both = "Noto Sans Hebrew + Noto Sans"
    let outcome = try synth("--output", folder + "/a", "--lines-of", text, "--fonts", both, "--quiet")
    #expect(outcome.code == 0 && outcome.output.contains("3 images of 3 distinct lines"), "\(outcome)")
    #expect(try records(folder + "/a/metadata.csv").dropFirst().map { $0[1] } == lines)
    #expect(outcome.error == "", "\(outcome)")
    // A smaller count draws the first lines, and says so.
    let first = try synth("--output", folder + "/first", "--lines-of", text, "--fonts", both, "--quiet", "--count", "2")
    #expect(first.code == 0 && first.error.contains("has 3 lines of this length; the first 2 are drawn"), "\(first)")
    // The default count is that of the lines that can be drawn.
    let some = try synth(
      "--output", folder + "/some", "--lines-of", text, "--fonts", "Noto Sans Hebrew", "--skip-bad", "--quiet")
    #expect(some.code == 0 && some.output.contains("1 images of 1 distinct lines"), "\(some)")
    #expect(some.error.contains("left out 2 of 3 lines"), "\(some)")
    let short = try synth("--output", folder + "/b", "--lines-of", text, "--fonts", "Noto Sans Hebrew", "--quiet")
    #expect(short.code == 3 && short.error.contains("Noto Sans Hebrew + Noto Sans"), "\(short)")
    for (options, words) in [
      (["--lines-of", text, "--words", "2-3"], "--words"), (["--lines-of", text, "--corpus", text], "--corpus"),
      (["--line-length", "3-4", "--count", "3"], "--lines-of"),
      (["--lines-of", text, "--line-length", "0-4"], "--line-length"),
      (["--corpus", text], "--count"),
    ] {
      let bad = try synth(["--output", folder + "/c", "--fonts", both] + options)
      #expect(bad.code == 2 && bad.error.contains(words) && bad.error.split(separator: "\n").count == 1, "\(bad)")
    }
  }

  /// Letters that are written together are not torn apart; others get space between them in half of the images.
  @Test func spaceBetweenLetters() throws {
    func spacings(_ text: String, _ font: String, varies: Bool) throws -> Set<Float> {
      let plan = try SynthesisPlan(
        options: SynthesisOptions(count: 40, varies: varies), pool: WordPool(inOrder: [text]),
        faces: FontCatalog.resolve([font]))
      return Set((0..<40).map { plan.image($0, of: plan.splits[0]).appearance.letterSpacing })
    }
    for varies in [false, true] {
      #expect(try spacings("\u{628}\u{62A}", "Noto Naskh Arabic", varies: varies) == [0])
      #expect(try spacings("\u{915}\u{915}", "Noto Sans Devanagari", varies: varies) == [0])
      #expect(try spacings("\u{D9A}\u{D9A}", "Noto Sans Sinhala", varies: varies).count > 10)
    }
  }

  /// The command behind `Launch/use/words`: any font may draw a word.
  @Test func wordsOfSeveralScripts() throws {
    let words = folder + ".txt"
    defer { try? FileManager.default.removeItem(atPath: words) }
    try Data("\u{5D0}\u{5D1}\nabc\n\u{10FFFD}\n".utf8).write(to: URL(fileURLWithPath: words))
    for fonts in ["all", "Noto Sans Hebrew,Noto Sans"] {
      let outcome = try synth(["words", "--fonts", fonts], input: words)
      #expect(outcome.code == 0 && outcome.output == "\u{5D0}\u{5D1}\nabc\n", "\(outcome)")
      #expect(outcome.error.contains("left out 1 of 3 words that no font can draw"), "\(outcome)")
    }
    try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: words))
    let bad = try synth(["words"], input: words)
    #expect(bad.code == 3 && bad.error.contains("standard input: not UTF-8"), "\(bad)")
  }

  @Test func fonts() throws {
    let outcome = try synth("fonts", "--fonts", "LKLUG,Noto Sans Sinhala")
    #expect(outcome.code == 0 && outcome.error.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].contains("U+0DCF") && lines[0].contains("not in images of akuru-synth"))
    #expect(lines[1] == "Noto Sans Sinhala: no letters overlap")
    let none = try synth("fonts", "--fonts", "No Such Family")
    #expect(none.code == 2 && none.error.contains("not installed"))
    #expect(try synth("fonts", "--fonts", "all").code == 2)
    #expect(try synth("fonts", "--help").output.contains("akuru-synth fonts"))
  }

  @Test(arguments: ["plain", "scan", "photo"])
  func bytesDependOnTheSeedAndNotOnJobs(style: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func make(_ name: String, seed: String, jobs: String) throws -> [String: Data] {
      let outcome = try synth(
        ["--output", "\(folder)/\(name)", "--count", "210", "--seed", seed, "--jobs", jobs, "--style", style]
          + ["--split", "train=0.9,val=0.1"] + (style == "photo" ? ["--vary", "--words", "1-3", "--fonts", "all"] : []))
      #expect(outcome.code == 0, "\(outcome.error)")
      return try contents("\(folder)/\(name)")
    }
    let one = try make("one", seed: "4", jobs: "1")
    #expect(one.count == 212)
    #expect(try make("three", seed: "4", jobs: "3") == one)
    #expect(try make("other", seed: "5", jobs: "3") != one)
  }

  @Test func writesAnImageFolderWithUnseenValidationWords() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try synth("--output", folder, "--count", "150", "--split", "train=0.8,val=0.2")
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("train: 120 images") && outcome.output.contains("val: 30 images"))
    var words: [Set<String>] = []
    for (split, count) in [("train", 120), ("val", 30)] {
      let rows = try records("\(folder)/\(split)/metadata.csv")
      #expect(rows[0] == ["file_name", "text"] && rows.count == count + 1)
      #expect(rows.dropFirst().map { $0[0] } == (1...count).map { "images/" + String(format: "%06d", $0) + ".png" })
      for row in rows.dropFirst() {
        let image = try PNG.read(path: "\(folder)/\(split)/\(row[0])")
        #expect((12...90).contains(image.height) && image.width < 900)
        #expect(SinhalaOrthography.problem(in: row[1]) == nil)
      }
      words.append(Set(rows.dropFirst().map { $0[1] }))
    }
    #expect(words[0].isDisjoint(with: words[1]))
  }

  @Test func corpusWordsAreQuotedInTheRecords() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let words = ["ශ්‍රී", "ක,ග", "ක\"ග", "2024"]
    try words.joined(separator: "\n").write(toFile: folder + "/corpus.txt", atomically: true, encoding: .utf8)
    let outcome = try synth("--output", folder + "/a", "--count", "60", "--corpus", folder + "/corpus.txt")
    #expect(outcome.code == 0, "\(outcome.error)")
    let rows = try records(folder + "/a/metadata.csv")
    #expect(rows.allSatisfy { $0.count == 2 })
    #expect(Set(rows.dropFirst().map { $0[1] }) == Set(words))
  }

  @Test func linesHoldSeveralWords() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try synth(
      "--output", folder, "--count", "40", "--words", "8-12", "--vary", "--split", "train=0.8,val=0.2")
    #expect(outcome.code == 0 && outcome.output.contains("32 distinct lines"), "\(outcome)")
    var words: [Set<Substring>] = []
    for split in ["train", "val"] {
      let rows = try records("\(folder)/\(split)/metadata.csv").dropFirst()
      for row in rows {
        #expect((8...12).contains(row[1].split(separator: " ", omittingEmptySubsequences: false).count), "\(row[1])")
        let image = try PNG.read(path: "\(folder)/\(split)/\(row[0])")
        #expect(image.width > 5 * image.height)
      }
      #expect(rows.contains { $0[1].unicodeScalars.count >= 60 })
      words.append(Set(rows.flatMap { $0[1].split(separator: " ") }))
    }
    #expect(words[0].isDisjoint(with: words[1]))
  }

  @Test(arguments: [("Noto Sans Tamil", "தமிழ் மொழி கல்வி"), ("Noto Sans Devanagari", "हिन्दी भाषा क्षत्रिय")])
  func otherScripts(font: String, text: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: folder + "/corpus.txt", atomically: true, encoding: .utf8)
    for fonts in [font, "all"] {
      let outcome = try synth(
        "--output", folder + "/a", "--count", "30", "--corpus", folder + "/corpus.txt", "--fonts", fonts, "--vary",
        "--style", "photo", "--words", "1-4", "--overwrite")
      #expect(outcome.code == 0, "\(outcome.error)")
      let texts = try records(folder + "/a/metadata.csv").dropFirst().map { $0[1] }
      #expect(Set(texts.flatMap { $0.split(separator: " ") }) == Set(text.split(separator: " ")))
    }
  }

  @Test func usageErrorsExitWith2() throws {
    for arguments in [
      ["--count", "3"], ["--output", folder], ["--output", folder, "--count", "x"],
      ["--output", folder, "--count", "0"], ["--output", folder, "--count", "-3"],
      ["--output", folder, "--count", "3", "--nonsense"],
      ["--output", folder, "--count", "3", "--style", "oil"], ["--output", folder, "--count", "3", "--size", "9-8"],
      ["--output", folder, "--count", "3", "--jobs", "0"], ["--output", folder, "--count", "3", "--style", "a\nb"],
      ["--output", folder, "--count", "3", "--split", "train=0.7"],
      ["--output", folder, "--count", "3", "--fonts", "No Such Font"],
      ["--output", folder, "--count", "3", "--fonts", ","], ["--output", folder, "--count", "3", "--words", "0-2"],
      ["--output", folder, "--count", "3", "--words", "1000"],
    ] {
      let outcome = try synth(arguments)
      #expect(outcome.code == 2 && outcome.output.isEmpty, "\(arguments): \(outcome)")
      #expect(!outcome.error.contains("Missing value"), "\(outcome)")
      #expect(outcome.error.hasPrefix("akuru-synth: ") && outcome.error.split(separator: "\n").count == 1, "\(outcome)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
    let help = try synth("--help")
    #expect(help.code == 0 && help.output.contains("--split") && help.error.isEmpty)
  }

  @Test func badWordsExitWith3() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (bytes, part) in [
      ([0xE9, 0x0A], "not UTF-8"), ([0x20, 0x0A], "no word"), (Array("මල් தமிழ்".utf8), "U+0BA4"),
      (Array("මල් 😀".utf8), "U+1F600"),
    ] as [([UInt8], String)] {
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/corpus.txt"))
      let outcome = try synth("--output", folder + "/a", "--count", "5", "--corpus", folder + "/corpus.txt")
      #expect(outcome.code == 3 && outcome.error.contains(part), "\(outcome)")
      #expect(outcome.error.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: folder + "/a"))
    }
    #expect(try synth("--output", folder, "--count", "5", "--corpus", folder + "/none").code == 3)
  }

  @Test func badWordsAreLeftOutIfAskedFor() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func outcome(_ text: String) throws -> (code: Int32, output: String, error: String) {
      try text.write(toFile: folder + "/corpus.txt", atomically: true, encoding: .utf8)
      let result = try synth(
        "--output", folder + "/a", "--count", "20", "--corpus", folder + "/corpus.txt", "--skip-bad", "--quiet")
      return (result.code, result.output, result.error)
    }
    let some = try outcome("මල් தமிழ் ක්්ක ගම")
    #expect(some.code == 0 && some.error.contains("left out 2 of 4 words") && some.error.contains("U+0BA4"), "\(some)")
    #expect(some.error.split(separator: "\n").count == 1)
    #expect(try Set(records(folder + "/a/metadata.csv").dropFirst().map { $0[1] }) == ["මල්", "ගම"])
    try FileManager.default.removeItem(atPath: folder + "/a")
    let none = try outcome("தமிழ்")
    #expect(none.code == 2 && none.error.contains("there are no words"), "\(none)")
  }

  @Test func outputThatHoldsDataOrCannotBeWrittenExitsWith4() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try synth("--output", folder, "--count", "9").code == 0)
    let before = try contents(folder)
    let again = try synth("--output", folder, "--count", "5")
    #expect(again.code == 4 && again.error.contains("--overwrite"))
    #expect(try contents(folder) == before)
    let replaced = try synth("--output", folder, "--count", "5", "--overwrite")
    #expect(replaced.code == 0)
    #expect(try contents(folder).count == 6)
    // A part that the new data set would not replace.
    #expect(try synth("--output", folder, "--count", "5", "--split", "a=0.5,b=0.5", "--overwrite").code == 4)
    // In the place of a folder, a file.
    let blocked = try synth("--output", folder + "/metadata.csv/x", "--count", "5")
    #expect(blocked.code == 4 && blocked.error.split(separator: "\n").count == 1, "\(blocked)")
  }

  @Test func overwriteSparesOtherData() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder + "/images", withIntermediateDirectories: true)
    try "file_name,text\nscan-1.png,මල්\n".write(toFile: folder + "/metadata.csv", atomically: true, encoding: .utf8)
    let before = try contents(folder)
    let outcome = try synth("--output", folder, "--count", "5", "--overwrite")
    #expect(outcome.code == 4 && outcome.error.contains("not rendered"))
    #expect(try contents(folder) == before)
  }
}
