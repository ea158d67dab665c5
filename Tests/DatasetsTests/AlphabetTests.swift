import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct AlphabetTests {
  @Test func sortedScalars() throws {
    // ZWJ is a letter.
    let alphabet = try Alphabet(texts: ["ක\u{0DDA}", "b a", "ක්\u{200D}ෂ", ""])
    #expect(alphabet.scalars.map(\.value) == [0x20, 0x61, 0x62, 0x0D9A, 0x0DC2, 0x0DCA, 0x0DDA, 0x200D])
    #expect(alphabet.classCount == 9)
  }

  @Test func encodesAndDecodes() throws {
    let text = "ක්\u{200D}ෂේ aab"
    let alphabet = try Alphabet(texts: [text])
    let labels = try alphabet.encode(text)
    #expect(labels.count == text.unicodeScalars.count)
    #expect(labels.allSatisfy { $0 >= 1 && $0 < alphabet.classCount })
    #expect(zip(labels, text.unicodeScalars).allSatisfy { alphabet.scalars[Int($0) - 1] == $1 })
    #expect(scalars(alphabet.decode(labels)) == scalars(text))
    #expect(scalars(alphabet.decode([0, labels[0], 0, 0, labels[1]])) == Array(scalars(text).prefix(2)))
    #expect(try alphabet.encode("").isEmpty)
  }

  @Test func unknownScalarsAreListedOnce() throws {
    let alphabet = try Alphabet(texts: ["ab"])
    #expect(throws: Alphabet.UnknownScalars(scalars: ["c", "\u{0DCF}"])) { try alphabet.encode("ca\u{0DCF}cb") }
    #expect(Alphabet.UnknownScalars(scalars: ["c", "\u{200D}"]).description == "not in the alphabet: U+0063, U+200D")
    #expect(alphabet.encodeKnown("ca\u{0DCF}cb") == [1, 2])
  }

  /// A precomposed letter and its decomposition are equal strings, but other scalars.
  @Test func scalarsAreNotComparedByCanonicalEquivalence() throws {
    let alphabet = try Alphabet(scalars: ["\u{E9}", "e"])
    #expect(throws: Alphabet.UnknownScalars(scalars: ["\u{301}"])) { try alphabet.encode("e\u{301}") }
    #expect(try Alphabet(scalars: ["\u{212B}", "\u{C5}"]).classCount == 3)
  }

  @Test func refusesDuplicatesEmptyAndTooMany() throws {
    #expect(dataSetError { _ = try Alphabet(scalars: ["a", "b", "a"]) }?.description.contains("U+0061 twice") == true)
    #expect(dataSetError { _ = try Alphabet(scalars: []) } != nil)
    #expect(dataSetError { _ = try Alphabet(texts: ["", ""]) } != nil)
    let many = (0..<65_535).compactMap { (i: UInt32) in Unicode.Scalar(0x10000 + i) }
    #expect(many.count == 65_535)
    #expect(try Alphabet(scalars: Array(many.dropLast())).classCount == 65_535)
    #expect(dataSetError { _ = try Alphabet(scalars: many) } != nil)
  }

  @Test func fileOfScalars() throws {
    let folder = try TemporaryDirectory()
    let alphabet = try Alphabet(scalars: ["\u{0D82}", "b", "a", "\u{200D}", "\"", " ", "\u{AD}", "\u{1F600}"])
    try folder.add("alphabet.json", Array(JSONEncoder().encode(alphabet)))
    #expect(try Alphabet(fileURL: folder.url("alphabet.json")) == alphabet)
    try folder.add("alphabet.json", "{\"scalars\": [\"\\u0d82\", \"a\"], \"more\": 1}")
    #expect(try Alphabet(fileURL: folder.url("alphabet.json")).scalars == ["\u{0D82}", "a"])
    let data = try JSONEncoder().encode(try Alphabet(scalars: ["a", "\u{0DCF}"]))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String]])
    #expect(object["scalars"].map { $0.map(scalars) } == [[0x61], [0x0DCF]])
  }

  @Test func textFile() throws {
    let folder = try TemporaryDirectory()
    // One per line or not, space is a letter, and neighbors that could compose stay apart.
    try folder.add("letters.txt", "\u{FEFF}b\r\na \n\u{0DD9}\u{0DCA}\u{200D}\n")
    let alphabet = try Alphabet(fileURL: folder.url("letters.txt"))
    #expect(alphabet.scalars == ["b", "a", " ", "\u{0DD9}", "\u{0DCA}", "\u{200D}"])
  }

  @Test(arguments: [
    ("a.json", "{\"scalars\": [\"a\", \"bc\"]}", "entry 1"), ("a.json", "{\"scalars\": [\"\"]}", "entry 0"),
    ("a.json", "{\"scalars\": [\"a\", \"a\"]}", "twice"), ("a.json", "{\"letters\": []}", "scalars"),
    ("a.json", "[\"a\"]", "scalars"), ("a.json", "nonsense", "scalars"), ("a.json", "{\"scalars\": []}", "empty"),
    ("a.txt", "abca", "U+0061 twice"), ("a.txt", "\n", "empty"),
  ])
  func badFilesAreNamed(_ name: String, _ content: String, _ part: String) throws {
    let folder = try TemporaryDirectory().add(name, content)
    let error = dataSetError { _ = try Alphabet(fileURL: folder.url(name)) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    #expect(error?.description.contains(name) == true)
  }

  @Test func latin1AndMissingFile() throws {
    let folder = try TemporaryDirectory().add("a.txt", [0x61, 0xE9])
    #expect(dataSetError { _ = try Alphabet(fileURL: folder.url("a.txt")) }?.description.contains("UTF-8") == true)
    #expect(dataSetError { _ = try Alphabet(fileURL: folder.url("b.txt")) }?.description.contains("b.txt") == true)
  }

  @Test func hashDependsOnScalarsAndOrder() throws {
    let hashes = try [["a", "b"], ["b", "a"], ["a"], ["a", "c"]].map {
      try Alphabet(scalars: $0.map { Unicode.Scalar($0)! }).hash
    }
    #expect(Set(hashes).count == 4)
    #expect(try Alphabet(texts: ["ba"]).hash == hashes[0])
    // SHA-256 of 61 00 00 00.
    #expect(hashes[2] == "a2d398922901344d08180dc41d3e9d73d8c148c7f6e092835bbb28e02dbcf184")
  }

  @Test func labelTable() throws {
    let folder = try TemporaryDirectory().add("metadata.csv", "file_name,text\n1.png,aab\n2.png,\n3.png,xb\n")
    let dataSet = try DataSet.load(folder.path)
    let alphabet = try Alphabet(texts: ["ab"])
    let known = LabelTable(knownScalarsOf: dataSet, LabelCodec(alphabet, direction: nil))
    #expect((0..<3).map { Array(known[$0]) } == [[1, 1, 2], [], [2]])
    #expect((0..<3).map(known.neededSteps) == [4, 0, 1])
    let error = dataSetError { _ = try LabelTable(dataSet, LabelCodec(alphabet, direction: nil)) }
    #expect(error?.description.contains("3.png") == true && error?.description.contains("U+0078") == true)
    let full = try LabelTable(dataSet, LabelCodec(try Alphabet(texts: ["abx"]), direction: nil))
    #expect(full.count == 3 && Array(full[2]) == [3, 2])
  }
}
