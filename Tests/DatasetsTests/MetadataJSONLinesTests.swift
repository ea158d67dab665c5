import Datasets
import TestSupport
import Testing

@Suite struct MetadataJSONLinesTests {
  private func load(_ lines: String) throws -> [Record] {
    let folder = try TemporaryDirectory()
    return try DataSet.load(folder.add("metadata.jsonl", lines).path).records
  }

  @Test func objectsInTheOrderOfTheFile() throws {
    let records = try load(
      "\u{FEFF}{\"file_name\": \"b.png\", \"text\": \"x,\\n\\\"y\\\"\", \"n\": [1, {}]}\r\n\n"
        + "{\"text\":\"\\u0d9a\\u0dca\\u200d\\u0dc2\",\"file_name\":\"a.png\"}")
    #expect(records.map(\.path) == ["b.png", "a.png"])
    #expect(records.map { scalars($0.text) } == [scalars("x,\n\"y\""), [0x0D9A, 0x0DCA, 0x200D, 0x0DC2]])
  }

  @Test(arguments: ["{\"file_name\": \"b.png\"", "nonsense", "{\"file_name\": \"b.png\", \"text\": \"x\"} x"])
  func badJSONNamesTheLine(_ line: String) throws {
    try expectBadRecord(
      of: "metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"x\"}\n\n" + line + "\n", ["line 3", "JSON"])
  }

  @Test func otherThanStrings() throws {
    try expectBadRecord(of: "metadata.jsonl", "[1]\n", ["line 1", "not valid JSON; write one complete object"])
    try expectBadRecord(
      of: "metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": 5}\n", ["line 1", "\"text\" is not a string"])
    try expectBadRecord(
      of: "metadata.jsonl", "{\"file_name\": null, \"text\": \"x\"}\n", ["line 1", "\"file_name\" is not a string"])
  }

  @Test func missingKeyNamesTheKeysFound() throws {
    try expectLoadError(
      of: "metadata.jsonl",
      "{\"file_name\": \"a.png\", \"mark\": \"x\"}\n", ["line 1", "\"text\"", "\"file_name\", \"mark\""])
    try expectLoadError(of: "metadata.jsonl", "{}\n", ["line 1", "\"file_name\"", "nothing"])
  }

  @Test func latin1NamesTheLine() throws {
    let folder = try TemporaryDirectory()
    let bytes = Array("{\"file_name\": \"a.png\", \"text\": \"caf".utf8) + [0xE9] + Array("\"}\n".utf8)
    try folder.add("metadata.jsonl", Array("{\"file_name\": \"a.png\", \"text\": \"x\"}\n".utf8) + bytes)
    try expectBadRecord(folder.path, ["metadata.jsonl", "line 2", "UTF-8"])
  }

  /// A decoder would take either text.
  @Test func aKeyThatStandsTwice() throws {
    try expectBadRecord(
      of: "metadata.jsonl", #"{"file_name":"a.png","text":"x","text":"y"}"#, ["line 1", "\"text\" twice"])
    let text = #"\"text\":\"text\":"#
    let records = try load(#"{"file_name":"a.png","text":"\#(text)","o":{"text":"z"}}"#)
    #expect(records.map(\.fault) == [nil] && records[0].text == #""text":"text":"#)
  }
}
