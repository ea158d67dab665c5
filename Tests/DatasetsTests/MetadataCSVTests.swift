import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct MetadataCSVTests {
  private func load(_ csv: String) throws -> [Record] { try load(Array(csv.utf8)) }

  private func load(_ csv: [UInt8]) throws -> [Record] {
    let folder = try TemporaryDirectory()
    return try DataSet.load(folder.add("metadata.csv", csv).path).records
  }

  @Test func plainRecordsInTheOrderOfTheFile() throws {
    let records = try load("file_name,text\nb.png,one\na.png,two\n")
    #expect(records.map(\.path) == ["b.png", "a.png"])
    #expect(records.map(\.text) == ["one", "two"])
    #expect(records.allSatisfy { $0.source == 0 && $0.size == -1 && $0.rawText == nil })
    #expect(records.allSatisfy { $0.absolutePath.hasSuffix("/" + $0.path) && $0.absolutePath.hasPrefix("/") })
  }

  @Test(arguments: [
    ("a.png,\"x,y\"\n", "x,y"), ("a.png,\"x\ny\"\n", "x\ny"), ("a.png,\"x\r\ny\"\r\n", "x\r\ny"),
    ("a.png,\"say \"\"hi\"\"\"\n", "say \"hi\""), ("a.png,\"\"\"\"\n", "\""), ("a.png,\"\"\n", ""), ("a.png,\n", ""),
    ("a.png,", ""), ("a.png,x", "x"), ("a.png,x\r\n", "x"), ("a.png,x\r", "x"), ("a.png, x \n", "x"),
    ("\"a.png\",x\n", "x"), ("a.png,5\" disk\n", "5\" disk"), ("a.png,\"x\"", "x"), ("\n\r\na.png,x\n\n\r\n", "x"),
  ])
  func quoting(_ rows: String, _ text: String) throws {
    let records = try load("file_name,text\n" + rows)
    #expect(records.map { scalars($0.text) } == [scalars(text)])
    #expect(records.map(\.path) == ["a.png"])
  }

  @Test func columnsAreFoundByName() throws {
    let records = try load("font,text,size,file_name\nNoto,ab,12,x/1.png\n\"A, B\",cd,,x/2.png\n")
    #expect(records.map(\.path) == ["x/1.png", "x/2.png"])
    #expect(records.map(\.text) == ["ab", "cd"])
  }

  @Test func byteOrderMarkAndCarriageReturns() throws {
    let records = try load([0xEF, 0xBB, 0xBF] + Array("file_name,text\r\n1.png,ab\r\n2.png,cd\r\n".utf8))
    #expect(records.map(\.text) == ["ab", "cd"])
  }

  /// A comma and a following vowel sign are one grapheme: a reader of characters would see one field here.
  @Test func textBeginningWithACombiningMarkAfterAComma() throws {
    let sign = "\u{0DCF}"
    #expect(",\(sign)".count == 1)
    let records = try load("file_name,text,note\n1.png,\(sign)ක,\(sign)\n2.png,\u{0301}x,\u{200D}\n")
    #expect(records.map { scalars($0.text) } == [[0x0DCF, 0x0D9A], [0x0301, 0x78]])
  }

  @Test func zeroWidthJoinerStays() throws {
    let text = "ක්\u{200D}ෂ"
    let record = try #require(try load("file_name,text\n1.png,\(text)\n").first)
    #expect(scalars(record.text) == [0x0D9A, 0x0DCA, 0x200D, 0x0DC2])
    #expect(record.rawText == nil)
  }

  @Test func textBecomesNFCAndTheRawTextIsKept() throws {
    let record = try #require(try load("file_name,text\n1.png,\u{0D9A}\u{0DD9}\u{0DCA}\n").first)
    #expect(scalars(record.text) == [0x0D9A, 0x0DDA])
    #expect(record.rawText.map(scalars) == [0x0D9A, 0x0DD9, 0x0DCA])
  }

  @Test func latin1NamesFileAndRecord() throws {
    let folder = try TemporaryDirectory()
    try folder.add("metadata.csv", Array("file_name,text\n1.png,ok\n\n2.png,caf".utf8) + [0xE9, 10])
    try expectBadRecord(folder.path, ["metadata.csv", "record 2 (line 4)", "UTF-8", "iconv"])
  }

  @Test func missingColumnNamesTheColumnsFound() throws {
    try expectLoadError(
      of: "metadata.csv", "file_name,mark\n1.png,x\n", ["\"text\"", "\"file_name\", \"mark\"", "--columns"])
    try expectLoadError(of: "metadata.csv", "where;text\n", ["\"file_name\"", "\"where\", \"text\""])
  }

  @Test func columnNamedTwice() throws {
    try expectLoadError(of: "metadata.csv", "file_name,text,text\n", ["the header", "2 columns"])
  }

  @Test func raggedRowNamesTheRecordAndItsFirstLine() throws {
    try expectBadRecord(
      of: "metadata.csv", "file_name,text\n1.png,\"a\nb\"\n2.png,x,y\n", ["record 2 (line 4)", "3 fields", "2"])
    try expectBadRecord(of: "metadata.csv", "file_name,text\n1.png,a\n2.png\n", ["record 2 (line 3)", "1 field "])
  }

  @Test func malformedQuoting() throws {
    try expectBadRecord(of: "metadata.csv", "file_name,text\n1.png,\"a\nb\nc\n", ["record 1 (line 2)", "never ends"])
    try expectBadRecord(
      of: "metadata.csv", "file_name,text\n1.png,\"a\"b\n", ["record 1 (line 2)", "after a closing quote"])
    try expectBadRecord(of: "metadata.csv", "file_name,text\n1.png,a\rb\n", ["record 1 (line 2)", "carriage return"])
  }

  @Test func headerOnlyAndEmptyFile() throws {
    try expectLoadError(of: "metadata.csv", "", ["no records"])
    let folder = try TemporaryDirectory()
    expectLoadError(try folder.add("metadata.csv", "file_name,text\n").path, [folder.path, "no records"])
  }

  @Test func textAboveTheLimit() throws {
    #expect(try load("file_name,text\n1.png,\(String(repeating: "x", count: 10_000))\n").count == 1)
    let folder = try TemporaryDirectory()
    try expectBadRecord(
      folder.add("metadata.csv", "file_name,text\n1.png,\(String(repeating: "x", count: 10_001))\n").path,
      ["1.png", "10,000 scalars"])
  }

  @Test func manyRecordsKeepTheirNumbers() throws {
    let rows = (1...3000).map { "\"img/\($0).png\",\"t\($0)\n,\"\n" }.joined()
    let records = try load("file_name,text\n" + rows)
    #expect(records.count == 3000)
    #expect(records.enumerated().allSatisfy { $1.path == "img/\($0 + 1).png" && $1.text == "t\($0 + 1)\n," })
  }
}
