import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct CleanedMetadataTests {
  private func cleaned(_ argument: String, in folder: String) throws -> CleanedMetadata {
    let dataSet = try DataSet.load(argument)
    return try CleanedMetadata(dataSet, Audit(dataSet, geometry: geometry()).run(), in: folder)
  }

  /// A folder with a good record, one that is not in NFC, one without a text and one without an image.
  private func spoiled() throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory()
    for i in 0..<3 { try folder.add("data/sub/\(i).png", picture(width: 60, height: 20, seed: UInt64(i))) }
    return try folder.add(
      "data/metadata.csv", "file_name,text\nsub/0.png,\"a\"\"\\b\"\nsub/1.png,e\u{301}\nsub/2.png,\nsub/3.png,c\n")
  }

  @Test func goodRecordsStayAndChangesAreNamed() throws {
    let folder = try spoiled()
    let data = folder.path + "/data"
    let cleaned = try cleaned(data, in: data)
    #expect(
      cleaned.lines == [
        #"{"file_name":"sub/0.png","text":"a\"\\b"}"#, "{\"file_name\":\"sub/1.png\",\"text\":\"\u{E9}\"}",
      ])
    #expect(cleaned.changes.map(\.kind) == [.normalized, .leftOut, .leftOut])
    #expect(cleaned.changes.map(\.path) == (1...3).map { "\(data)/sub/\($0).png" })
    #expect(cleaned.changes[1].detail.hasPrefix("the text is empty"))
    #expect(
      cleaned.changes[2].description
        == "left out: \(data)/sub/3.png: there is no such file; add the image or remove the record")
    #expect(cleaned.count(.leftOut) == 2 && cleaned.count(.normalized) == 1)
  }

  /// What was written is a data set under its own name, with the same images and nothing to say against.
  @Test(arguments: ["data/clean.jsonl", "clean.jsonl"])
  func theFileIsADataSet(_ name: String) throws {
    let folder = try spoiled()
    let place = folder.url(name).deletingLastPathComponent().path
    try folder.add(name, try cleaned(folder.path + "/data", in: place).lines.joined(separator: "\n") + "\n")
    let again = try DataSet.load(folder.url(name).path)
    #expect(again.records.map(\.text) == ["a\"\\b", "\u{E9}"] && again.leftOut.isEmpty)
    let result = try Audit(again, geometry: geometry()).run()
    #expect(result.findings.isEmpty, "\(result.findings)")
  }

  @Test func imagesOutsideHaveAbsolutePaths() throws {
    let folder = try spoiled()
    try folder.add("other/x", "")
    let elsewhere = try cleaned(folder.path + "/data", in: folder.path + "/other")
    #expect(
      elsewhere.leadsOut && elsewhere.lines.allSatisfy { $0.hasPrefix(#"{"file_name":"/"#) }, "\(elsewhere.lines)")
    #expect(try !cleaned(folder.path + "/data", in: folder.path).leadsOut)
  }

  @Test func nothingGoodIsAnError() throws {
    let folder = try TemporaryDirectory().add("metadata.jsonl", #"{"file_name": "x.png", "text": "x"}"#)
    let error = dataSetError { _ = try cleaned(folder.path, in: folder.path) }
    #expect(error?.description.contains("no record is good") == true)
  }

  @Test func filesWithoutAPartnerAreLeftOut() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", picture(width: 60, height: 20)).add("1.gt.txt", "a\n").add("2.gt.txt", "b\n")
    let cleaned = try cleaned(folder.path, in: folder.path)
    #expect(cleaned.lines == [#"{"file_name":"1.png","text":"a"}"#])
    #expect(cleaned.changes.map(\.path) == ["\(folder.path)/2.gt.txt"] && cleaned.count(.leftOut) == 1)
  }

  /// A metadata file of any name may stand for the folder; the folder's own is not looked at.
  @Test func metadataOfAnotherName() throws {
    let folder = try spoiled()
    try folder.add("data/some.csv", "file_name,text\nsub/0.png,x\n").add("data/notes.txt", "")
    let data = folder.path + "/data"
    #expect(try DataSet.load("\(data)/some.csv").records.map(\.text) == ["x"])
    #expect(try DataSet.load("\(data)/some.csv,\(data)/some.csv").records.count == 2)
    expectLoadError("\(data)/notes.txt", ["not a data set", "an empty file"])
    try folder.add("data/none.jsonl", "\n")
    expectLoadError("\(data)/none.jsonl", ["none.jsonl: holds no records"])
  }
}
