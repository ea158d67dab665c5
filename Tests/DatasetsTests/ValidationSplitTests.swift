import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct ValidationSplitTests {
  /// Texts of two or three letters of the first eleven, some of them for several records.
  private func dataSet(_ folder: TemporaryDirectory, records: Int) throws -> DataSet {
    let letters = Array("abcdefghijk")
    let lines = (0..<records).map { i in
      let text = String([letters[i % 11], letters[i / 3 % 11], letters[i % 7]].prefix(2 + i % 2))
      return #"{"file_name": "images/\#(i).png", "text": "\#(text)"}"#
    }
    try folder.add("metadata.jsonl", lines.joined(separator: "\n"))
    return try DataSet.load(folder.path)
  }

  private func texts(_ part: ValidationSplit.Part, of dataSet: DataSet) throws -> [String] {
    struct Line: Decodable {
      let file_name: String
      let text: String
    }
    return try part.lines.map { line in
      let line = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
      #expect(dataSet.records.contains { $0.path == line.file_name && $0.text == line.text })
      return line.text
    }
  }

  @Test(arguments: [0.01, 0.1, 0.25, 0.5]) func partsAreDisjointAndWhole(share: Double) throws {
    let folder = try TemporaryDirectory()
    let dataSet = try dataSet(folder, records: 203)
    let split = try ValidationSplit(dataSet, share: share, in: folder.path)
    let (train, held) = try (texts(split.train, of: dataSet), texts(split.validation, of: dataSet))
    #expect(Set(split.train.lines + split.validation.lines).count == 203 && train.count + held.count == 203)
    #expect(Set(train).isDisjoint(with: held), "a text is on one side")
    #expect(split.train.texts == Set(train).count && split.validation.texts == Set(held).count)
    let wanted = Int((share * 203).rounded())
    #expect(held.count <= wanted && held.count >= wanted - 8, "\(held.count) of \(wanted)")
    #expect(Set(train.joined()).isSuperset(of: held.joined()), "every letter can be learned")
  }

  @Test func onlyTheTextsDecide() throws {
    let (one, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    let first = try dataSet(one, records: 203)
    let held = try Set(texts(ValidationSplit(first, share: 0.1, in: one.path).validation, of: first))
    // The same records in another order, under other names.
    let lines = first.records.enumerated().reversed().map { i, record in
      #"{"file_name": "\#(i)x.png", "text": "\#(record.text)"}"#
    }
    try other.add("metadata.jsonl", lines.joined(separator: "\n"))
    let second = try DataSet.load(other.path)
    #expect(try Set(texts(ValidationSplit(second, share: 0.1, in: other.path).validation, of: second)) == held)
  }

  @Test func moreDataMovesFewTexts() throws {
    let (one, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    let (few, more) = (try dataSet(one, records: 190), try dataSet(other, records: 203))
    let before = try Set(texts(ValidationSplit(few, share: 0.2, in: one.path).validation, of: few))
    let after = try Set(texts(ValidationSplit(more, share: 0.2, in: other.path).validation, of: more))
    #expect(before.count > 20 && before.subtracting(after).count <= before.count / 4, "\(before) \(after)")
  }

  @Test(arguments: [
    ["same", "same", "same"],  // one text
    ["ab", "cd", "ef"],  // no letter to spare
    ["aaa", "aaa", "a", "a"],  // only what is more than the share
  ]) func nothingCanBeSetAside(_ texts: [String]) throws {
    let folder = try TemporaryDirectory()
    let lines = texts.enumerated().map { #"{"file_name": "\#($0).png", "text": "\#($1)"}"# }
    try folder.add("metadata.jsonl", lines.joined(separator: "\n"))
    let error = dataSetError {
      _ = try ValidationSplit(DataSet.load(folder.path), share: 0.1, in: folder.path)
    }
    #expect(error?.description.contains("no text can be set aside") == true, "\(String(describing: error))")
  }

  @Test func imagesElsewhereAreRefused() throws {
    let folder = try TemporaryDirectory()
    _ = try dataSet(folder, records: 12)
    try folder.add("other/x", "")
    let error = dataSetError {
      _ = try ValidationSplit(DataSet.load(folder.path), share: 0.3, in: folder.url("other").path)
    }
    #expect(error?.description.contains("are not inside this folder") == true)
  }
}
