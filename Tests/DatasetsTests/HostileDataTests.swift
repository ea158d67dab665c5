import Datasets
import Foundation
import TestSupport
import Testing

/// Data sets that are made to harm: every message stays one short line, and no memory is taken on a file's word.
@Suite struct HostileDataTests {
  private let header = "file_name,text\n"

  @Test func controlCharactersInNamesAreEscaped() throws {
    let forged = "x\n2026-01-01T00:00:00+0000 error: \u{1B}[2J\u{9B}"
    let folder = try TemporaryDirectory()
    try expectBadRecord(
      folder.add("metadata.csv", header + "\"../\(forged)\",a\n").path, [#"x\n2026-"#, #"\u{1b}[2J\u{9b}"#])
    expectLoadError(try folder.add("metadata.csv", "\"\(forged)\"\n").path, ["the header lacks", #"\u{1b}"#])

    let result = try Audit(
      DataSet.load(folder.add("metadata.csv", header + "\"\(forged)\",a\n").path), geometry: geometry()
    ).run()
    #expect(result.findings.map(\.kind) == [.unreadableImage])
    #expect(result.findings[0].description.contains(#"x\n2026-"#) && !result.findings[0].description.contains("\n"))

    let pairs = try TemporaryDirectory().add("\(forged).png", "").add("1.png", "").add("1.gt.txt", "a")
    let unpaired = try DataSet.load(pairs.path).leftOut.map(\.description)
    #expect(unpaired.count == 1 && unpaired[0].contains(#"x\n2026-"#) && !unpaired[0].contains("\n"))
  }

  @Test(arguments: ["a\0b", "a\tb", "\"a\nb\"", "a\u{1B}[31m", "a\u{85}"])
  func controlCharactersInLabels(_ text: String) throws {
    let folder = try TemporaryDirectory().add("1.png", picture(width: 48, height: 12))
    let dataSet = try DataSet.load(
      folder.add("metadata.csv", header + "1.png,\(text)\n").path, ReadingOptions(text: .ofOlderModels))
    for (use, isProblem) in [(Audit.Use.training, true), (.evaluation, false)] {
      let findings = try Audit(dataSet, geometry: geometry(), use: use).run().findings
      #expect(findings.map(\.kind) == [.controlCharacter] && findings.map(\.isProblem) == [isProblem])
      #expect(findings[0].description.contains("a control character; remove it"), "\(findings[0])")
    }
    #expect(dataSetError { _ = try Alphabet(texts: [text]) }?.description.contains("a control character") == true)
  }

  @Test func manyColumns() throws {
    let folder = try TemporaryDirectory()
    let row = String(repeating: ",", count: 9_998)
    #expect(try DataSet.load(folder.add("metadata.csv", "file_name,text\(row)\na,b\(row)\n").path).records.count == 1)
    expectLoadError(try folder.add("metadata.csv", "file_name,text\(row),\n").path, ["the header", "10,000"])
    let names = (0..<500).map { "column\($0)" }.joined(separator: ",")
    expectLoadError(try folder.add("metadata.csv", names + "\n").path, ["\"column19\" and 480 more; name it"])
  }

  /// An unclosed quote would take the rest of the file into one field.
  @Test func longRecords() throws {
    let folder = try TemporaryDirectory()
    let long = String(repeating: "x", count: 4 << 20)
    try expectBadRecord(
      folder.add("metadata.csv", header + "1.png,\"\(long)\n").path, ["record 1 (line 2)", "4 MiB", "quote"])
    try expectBadRecord(folder.add("metadata.csv", header + "1.png,\(long)\n").path, ["record 1 (line 2)", "4 MiB"])
    let lines = try TemporaryDirectory().add("metadata.jsonl", "{\"file_name\": \"1.png\", \"text\": \"\(long)\"}\n")
    try expectBadRecord(lines.path, ["line 1", "4 MiB"])
  }

  @Test func longNames() throws {
    let folder = try TemporaryDirectory()
    let name = String(repeating: "x", count: 4097)
    try expectBadRecord(
      folder.add("metadata.csv", header + "\(name),a\n").path, ["is longer than a path can be", "xxx...\""])
    #expect(
      try DataSet.load(folder.add("metadata.csv", header + "\(name.dropLast()),a\n").path).records[0].size == -1)
  }

  @Test(arguments: ["[", "{\"a\":"])
  func deeplyNestedJSON(_ opening: String) throws {
    let lines = "{\"file_name\": \"1.png\", \"text\": \"a\", \"x\": \(String(repeating: opening, count: 100_000))"
    let folder = try TemporaryDirectory().add("metadata.jsonl", lines)
    try expectBadRecord(folder.path, ["line 1", "JSON"])
  }

  @Test func manyLines() throws {
    let lines = (0..<50_000).map { "{\"file_name\": \"\($0).png\", \"text\": \"a\"}\n" }.joined()
    let folder = try TemporaryDirectory().add("metadata.jsonl", lines)
    #expect(try DataSet.load(folder.path).records.count == 50_000)
  }

  @Test func linksInACircle() throws {
    let folder = try TemporaryDirectory().add("metadata.csv", header + "a.png,x\nsub/b.png,y\n")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: folder.path + "/a.png", withDestinationPath: "a.png")
    try files.createSymbolicLink(atPath: folder.path + "/sub", withDestinationPath: ".")
    let result = try Audit(DataSet.load(folder.path), geometry: geometry()).run()
    #expect(result.badRecords == [0, 1])
    try files.createSymbolicLink(atPath: folder.path + "/loop", withDestinationPath: "loop")
    expectLoadError(folder.path + "/loop", ["no such file"])
  }

  @Test func aNameThatIsNotUTF8() throws {
    let folder = try TemporaryDirectory().add("1.png", "").add("1.gt.txt", "a")
    let descriptor = (folder.path + "/caf").withCString { path in
      open(Array(UnsafeBufferPointer(start: path, count: strlen(path))) + [CChar(bitPattern: 0xE9), 0], O_CREAT, 0o600)
    }
    close(descriptor)
    let leftOut = try DataSet.load(folder.path).leftOut
    #expect(leftOut.map(\.description) == ["\(folder.path)/caf\u{FFFD}: its name is not in UTF-8; rename it"])
    #expect(leftOut.map(\.isProblem) == [true])
  }

  /// What `akuru check --json` prints.
  @Test func theSummaryNamesTheDataSetAndItsLetters() throws {
    let folder = try TemporaryDirectory().add("1.png", picture(width: 48, height: 12))
    let dataSet = try DataSet.load(folder.add("metadata.csv", header + "1.png,ක්ක\n2.png,a\n").path)
    let result = try Audit(dataSet, geometry: geometry()).run()
    let json = try JSONEncoder().encode(AuditSummary(result, dataSet: folder.path))
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(Set(object.keys) == ["dataSet", "records", "badRecords", "findings", "widths", "letters"])
    #expect(object["dataSet"] as? String == folder.path)
    #expect(object["records"] as? Int == 2 && object["badRecords"] as? Int == 1)
    let letters = try #require(object["letters"] as? [[String: Any]])
    #expect(letters.map { $0["codePoint"] as? String } == ["U+0061", "U+0D9A", "U+0DCA"])
    #expect(letters.map { $0["count"] as? Int } == [1, 2, 1])
  }
}
