import Foundation
import TestSupport
import Testing

import Datasets

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

  private func texts(_ part: ValidationSplit.Part, of dataSet: DataSet) -> [String] {
    part.records.map { dataSet.records[$0].text }
  }

  private func held(_ dataSet: DataSet, by unit: SplitUnit? = nil, share: Double) throws -> [Record] {
    try ValidationSplit(dataSet, by: unit, share: share).validation.records.map { dataSet.records[$0] }
  }

  @Test(arguments: [0.01, 0.1, 0.25, 0.5]) func partsAreDisjointAndWhole(share: Double) throws {
    let folder = try TemporaryDirectory()
    let dataSet = try dataSet(folder, records: 203)
    let split = try ValidationSplit(dataSet, share: share)
    #expect(split.unit == .text, "one folder tells of no book")
    let (train, held) = (texts(split.train, of: dataSet), texts(split.validation, of: dataSet))
    #expect((split.train.records + split.validation.records).sorted() == Array(0..<203))
    #expect(Set(train).isDisjoint(with: held), "a text is on one side")
    #expect(split.train.texts == Set(train).count && split.validation.texts == Set(held).count)
    #expect(split.train.groups == split.train.texts && split.validation.groups == split.validation.texts)
    let wanted = Int((share * 203).rounded())
    #expect(held.count <= wanted && held.count >= wanted - 8, "\(held.count) of \(wanted)")
    #expect(Set(train.joined()).isSuperset(of: held.joined()), "every letter can be learned")
  }

  /// The choice from before there were pages and books, in a folder without pages and books.
  @Test func flatFoldersAreSplitAsBefore() throws {
    let folder = try TemporaryDirectory()
    let held = try held(dataSet(folder, records: 60), share: 0.1)
    #expect(held.map(\.text) == ["dbd", "ff", "bhc", "ebc", "gf", "cib"], "\(held.map(\.text))")
  }

  @Test func onlyTheTextsDecide() throws {
    let (one, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    let first = try dataSet(one, records: 203)
    // The same records in another order, under other names.
    let lines = first.records.enumerated().reversed().map { i, record in
      #"{"file_name": "\#(i)x.png", "text": "\#(record.text)"}"#
    }
    try other.add("metadata.jsonl", lines.joined(separator: "\n"))
    let second = try held(DataSet.load(other.path), share: 0.1)
    #expect(try Set(second.map(\.text)) == Set(held(first, share: 0.1).map(\.text)))
  }

  @Test func moreDataMovesFewTexts() throws {
    let (one, other) = (try TemporaryDirectory(), try TemporaryDirectory())
    let before = try Set(held(dataSet(one, records: 190), share: 0.2).map(\.text))
    let after = try Set(held(dataSet(other, records: 203), share: 0.2).map(\.text))
    #expect(before.count > 20 && before.subtracting(after).count <= before.count / 4, "\(before) \(after)")
  }

  @Test(arguments: [
    (["same", "same", "same"], "all 3 records are of one text"),
    (["ab", "cd", "ef"], "each of the 3 texts has a letter that no other has"),
    (["aaa", "aaa", "a", "a"], "the smallest text that training can spare has 2 of 4 records"),
  ]) func nothingCanBeSetAside(_ texts: [String], _ reason: String) throws {
    let folder = try TemporaryDirectory()
    let lines = texts.enumerated().map { #"{"file_name": "\#($0).png", "text": "\#($1)"}"# }
    try folder.add("metadata.jsonl", lines.joined(separator: "\n"))
    let error = dataSetError { _ = try ValidationSplit(DataSet.load(folder.path), share: 0.1) }
    #expect(error?.description.contains("no text can be set aside: \(reason)") == true, "\(String(describing: error))")
  }

  // MARK: Folders

  /// Books of pairs; each text is in every book.
  private func books(_ sizes: [String: Int], in folder: TemporaryDirectory = try! TemporaryDirectory()) throws
    -> TemporaryDirectory
  {
    for (book, size) in sizes {
      for i in 0..<size {
        try folder.add("\(book)/\(i).png", "").add("\(book)/\(i).gt.txt", ["ab", "bc", "ca"][i % 3])
      }
    }
    return folder
  }

  /// The data set of a folder, which goes afterwards.
  private func loaded(_ folder: TemporaryDirectory) throws -> DataSet {
    try withExtendedLifetime(folder) { try DataSet.load(folder.path) }
  }

  @Test(arguments: [SplitUnit.folder, nil]) func booksStayTogether(_ unit: SplitUnit?) throws {
    let sizes = Dictionary(uniqueKeysWithValues: (0..<12).map { ("book \($0)", 3 + $0 % 2) })
    let dataSet = try loaded(books(sizes))
    let split = try ValidationSplit(dataSet, by: unit, share: 0.2)
    #expect(split.unit == .folder && split.train.groups + split.validation.groups == 12 && split.validation.groups == 2)
    let sides = [split.train, split.validation].map { Set($0.records.map { dataSet.records[$0].book }) }
    #expect(sides[0].isDisjoint(with: sides[1]) && sides[0].count == split.train.groups)
    #expect(split.validation.records.count <= 8 && split.validation.texts == 3)
    // Another place, and one more book, move nothing that need not move.
    let more = try books(sizes.merging(["book new": 3]) { $1 })
    let again = try Set(held(loaded(more), by: unit, share: 0.2).map(\.book))
    #expect(!again.isDisjoint(with: sides[1]), "\(again) \(sides[1])")
    #expect(try Set(held(loaded(books(sizes)), by: unit, share: 0.2).map(\.book)) == sides[1])
  }

  /// Links to a folder are the same folder.
  @Test func aFolderUnderTwoNames() throws {
    let folder = try books(["a": 4, "b": 4, "c": 4])
    try FileManager.default.createSymbolicLink(atPath: folder.file("d"), withDestinationPath: "a")
    let dataSet = try DataSet.load(folder.path)
    let split = try ValidationSplit(dataSet, by: .folder, share: 0.5)
    #expect(dataSet.records.count == 16 && split.train.groups + split.validation.groups == 3)
  }

  @Test func foldersThatCannotBeSplit() throws {
    let one = try loaded(books(["a": 4]))
    func message(_ dataSet: DataSet, _ unit: SplitUnit) -> String {
      dataSetError { _ = try ValidationSplit(dataSet, by: unit, share: 0.3) }?.description ?? ""
    }
    #expect(
      message(one, .folder).hasSuffix("all 4 records are of one folder; --by text works"), "\(message(one, .folder))")
    #expect(message(one, .page).hasSuffix("no image is a line of a page (PAGE or ALTO); --by text works"))
    let large = try loaded(books(["a": 4, "b": 6]))
    let smallest = message(large, .folder)
    #expect(smallest.contains("the smallest folder that training can spare has 4 of 10 records"), "\(smallest)")
    #expect(smallest.hasSuffix("raise --share to 0.4; --by text works"), "\(smallest)")
    #expect(try ValidationSplit(large, by: .folder, share: 0.4).validation.records.count == 4)
    let letters = try books(["a": 4, "b": 4])
    for (book, letter) in [("a", "x"), ("b", "y")] {
      try letters.add("\(book)/9.png", "").add("\(book)/9.gt.txt", letter + letter)
    }
    let rare = message(try loaded(letters), .folder)
    #expect(rare.contains("each of the 2 folders has a letter that no other has"), "\(rare)")
  }

  /// A book with a letter of its own stays in training; others are taken.
  @Test func booksThatKeepLettersArePreferred() throws {
    for rare in ["a", "b", "c"] {
      let folder = try books(["a": 4, "b": 4, "c": 4])
      try folder.add("\(rare)/0.gt.txt", "ß")
      let held = try held(DataSet.load(folder.path), by: .folder, share: 0.34)
      #expect(held.count == 4 && held[0].book != rare, "\(held.map(\.path))")
    }
  }

  // MARK: What is automatic

  @Test func dataSetsThatAreGivenTogetherAreNoBooks() throws {
    let (plain, scan) = (try books(["": 30]), try books(["": 3]))
    let both = try DataSet.load("\(plain.path),\(scan.path)")
    #expect(try ValidationSplit(both, share: 0.4, single: 0.5).unit == .text)
    #expect(try held(both, by: .folder, share: 0.1).map(\.source) == [1, 1, 1], "asked for, they are")
    let two = try books(["a": 20, "b": 20])
    // Nor is the last book of a data set taken.
    let few = try DataSet.load("\(two.path),\(scan.path)")
    let split = try ValidationSplit(few, share: 0.1, single: 0.5)
    #expect(split.unit == .folder && split.validation.records.allSatisfy { few.records[$0].source == 0 })
  }

  /// Where no book fits the share, a text does, or the smallest book where that is allowed.
  @Test func aBookThatIsLargerThanTheShare() throws {
    let dataSet = try loaded(books(["a": 8, "b": 6, "c": 9]))
    #expect(try ValidationSplit(dataSet, share: 0.34).unit == .folder)
    #expect(throws: DataSetError.self) { _ = try ValidationSplit(dataSet, share: 0.1) }
    let split = try ValidationSplit(dataSet, share: 0.1, single: 0.27)
    #expect(
      split.unit == .folder
        && split.validation.records.map { dataSet.records[$0].book } == Array(repeating: "b", count: 6))
  }

  // MARK: Bad records, lists

  @Test func badRecordsAreReportedOnceAndInNoList() throws {
    let folder = try books(["a": 6, "b": 6])
    try folder.add("a/7.png", "").add("a/7.gt.txt", [0xFF]).add("b/lone.gt.txt", "x")
    let dataSet = try DataSet.load(folder.path)
    let split = try ValidationSplit(dataSet, by: .text, share: 0.4)
    #expect(dataSet.records.count == 13 && split.train.records.count + split.validation.records.count == 12)
    let (train, validation) = split.dataSets
    #expect(train.records.count + validation.records.count == 13 && validation.records.allSatisfy { $0.fault == nil })
    #expect(train.leftOut == dataSet.leftOut && dataSet.leftOut.count == 1 && validation.leftOut.isEmpty)
    #expect(train.folders == dataSet.folders && train.fingerprint != validation.fingerprint)
    let lists = try split.lists(in: folder.path)
    #expect(lists.train.count + lists.validation.count == 12 && !lists.leadsOut)
    #expect(!(lists.train + lists.validation).contains { $0.contains("7.png") })
  }

  @Test func listsElsewhereNameAbsolutePaths() throws {
    let (folder, other) = (try books(["a": 6, "b": 6]), try TemporaryDirectory())
    let dataSet = try DataSet.load(folder.path)
    let lists = try ValidationSplit(dataSet, by: .folder, share: 0.5).lists(in: other.path)
    #expect(lists.leadsOut && lists.train.count == 6)
    try other.add("train.jsonl", lists.train.joined(separator: "\n"))
    #expect(
      try DataSet.load(other.file("train.jsonl")).records.allSatisfy { $0.fault?.contains("--allow-outside") == true })
    var options = ReadingOptions()
    options.allowsOutside = true
    let again = try DataSet.load(other.file("train.jsonl"), options)
    #expect(again.records.allSatisfy { $0.fault == nil && $0.size == 0 && $0.path.hasPrefix("/") })
    // A list of a list keeps the paths, or shortens them where the images are below.
    #expect(try ValidationSplit(again, by: .text, share: 0.5).lists(in: other.path).leadsOut)
    let back = try ValidationSplit(again, by: .text, share: 0.5).lists(in: folder.path)
    #expect(
      !back.leadsOut && back.train[0].hasPrefix(#"{"file_name":"a/"#) || back.train[0].hasPrefix(#"{"file_name":"b/"#))
    // Above, and in a folder that is a link, names are relative.
    let above = try ValidationSplit(dataSet, by: .folder, share: 0.5)
      .lists(in: URL(fileURLWithPath: folder.path).deletingLastPathComponent().path)
    #expect(!above.leadsOut && above.train[0].hasPrefix(#"{"file_name":"akuru-"#), "\(above.train[0])")
  }
}
