import Datasets
import Foundation
import TestSupport
import Testing

/// Lists of other programs, as they come.
@Suite struct ListTests {
  private func folder(_ files: [String: String]) throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory()
    for (name, contents) in files { try folder.add(name, contents) }
    return folder
  }

  private func pairs(_ dataSet: DataSet) -> [String] { dataSet.records.map { "\($0.path)=\($0.text)" } }

  @Test(arguments: [
    // PaddleOCR and Loghi: path, TAB, text.
    ("label.txt", "images/0.png\tone\nimages/1.png\ttwo \t three\n", ["images/0.png=one", "images/1.png=two three"]),
    ("rec_gt.txt", "\u{FEFF}images/0.png\tone\r\n\r\nimages/1.png\ttwo\r\n", ["images/0.png=one", "images/1.png=two"]),
    // docTR, whose names start from images/.
    ("labels.json", "{\"1.png\": \"two\", \"0.png\": \"one\"}", ["images/0.png=one", "images/1.png=two"]),
    // EasyOCR, without quotes.
    (
      "labels.csv", "filename,words\nimages/0.png,one\nimages/1.png,two, three\n",
      ["images/0.png=one", "images/1.png=two, three"]
    ),
    (
      "metadata.csv", "file_name;text\nimages/0.png;one\nimages/1.png;\"t;wo\"\n",
      ["images/0.png=one", "images/1.png=t;wo"]
    ),
    ("metadata.csv", "file_name\ttext\nimages/0.png\tone\n", ["images/0.png=one"]),
    ("metadata.tsv", "text\tfile_name\none\timages/0.png\n", ["images/0.png=one"]),
    ("list.csv", "image_path,Transcription\nimages/0.png,one\n", ["images/0.png=one"]),
    ("metadata.csv", "file_name,text\nimages\\0.png,one\n", ["images/0.png=one"]),
    ("any.jsonl", "{\"image\": \"images/0.png\", \"text\": \"one\"}\n", ["images/0.png=one"]),
  ])
  func listOfAFolder(_ name: String, _ contents: String, _ expected: [String]) throws {
    let folder = try folder([name: contents, "images/0.png": "0", "images/1.png": "1"])
    let dataSet = try DataSet.load(folder.path)
    #expect(pairs(dataSet) == expected)
    #expect(dataSet.records.allSatisfy { $0.fault == nil && $0.size == 1 })
    #expect(try pairs(DataSet.load(folder.path + "/" + name)) == expected)
  }

  @Test func columnsAreToldByAnOption() throws {
    let folder = try folder(["list.csv": "a,b,c\nx,1.png,one\n", "list.jsonl": "{\"b\": \"1.png\", \"c\": \"one\"}"])
    expectLoadError(
      folder.path + "/list.csv", ["lacks \"file_name\"", "\"a\", \"b\", \"c\"", "--columns image=NAME,text=NAME"])
    var options = ReadingOptions()
    options.columns = try ColumnNames(option: "image=b,text=c")
    #expect(try pairs(DataSet.load(folder.path + "/list.csv", options)) == ["1.png=one"])
    #expect(try pairs(DataSet.load(folder.path + "/list.jsonl", options)) == ["1.png=one"])
    for wrong in ["image=b", "text=c", "image=,text=c", "image=a,image=b,text=c", "b,c", ""] {
      #expect(throws: (any Error).self, "\(wrong)") { try ColumnNames(option: wrong) }
    }
  }

  /// A file from macOS, whose name is decomposed there.
  @Test func nameInAnotherNormalizationForm() throws {
    let folder = try folder(["metadata.csv": "file_name,text\n\u{E9}toile.png,one\n", "e\u{301}toile.png": "0"])
    let record = try #require(try DataSet.load(folder.path).records.first)
    #expect(record.size == 1 && scalars(record.path) == scalars("e\u{301}toile.png"))
  }

  /// One wrong quote does not take the records after it.
  @Test func aBadRecordIsOneBadRecord() throws {
    let rows = ["0.png,a", "1.png,a,b", "2.png,\"c", "3.png,d", "4.png,\"e\"f", "5.png,g"]
    let folder = try folder(["metadata.csv": "file_name,text\n" + rows.joined(separator: "\n") + "\n"])
    let records = try DataSet.load(folder.path).records
    #expect(records.map(\.text) == ["a", "", "", "d", "", "g"])
    #expect(records.map { $0.fault != nil } == [false, true, true, false, true, false])
    #expect(
      records[1].path == "1.png" && records[1].fault?.contains("metadata.csv, record 2 (line 3): 3 fields") == true)
    #expect(records[2].path == "metadata.csv, record 3 (line 4)")
    let lines = try self.folder(["list.txt": "0.png\ta\nno tab\n1.png\tb\n"])
    #expect(try DataSet.load(lines.path).records.map { $0.fault != nil } == [false, true, false])
  }

  @Test func labelsOfDetectionAreRefused() throws {
    let folder = try folder(["labels.json": "{\"0.png\": {\"polygons\": []}, \"1.png\": \"one\", \"2.png\": 3}"])
    let faults = try DataSet.load(folder.path).records.map(\.fault)
    #expect(faults.map { $0 == nil } == [false, true, false])
    #expect(faults[0]?.contains("regions of a page") == true && faults[2]?.contains("not a string") == true)
    let broken = try self.folder(["labels.json": "[1]"])
    expectLoadError(broken.path, ["labels.json", "not one JSON object"])
  }

  @Test func whatWouldBeALabelInSilence() throws {
    let paddle = try folder(["label.txt": "0.png\tabc\n1.png\t[{\"transcription\": \"x\", \"points\": [[1, 2]]}]\n"])
    #expect(try DataSet.load(paddle.path).records.map { $0.fault?.contains("regions of a page") } == [nil, true])
    let twice = try folder([
      "labels.json": "{\"0.png\": \"a\", \"1.png\": \"b\",\n \"0.png\" : \"c\", \"2.png\": \"\\\"0.png\\\":\"}"
    ])
    #expect(try DataSet.load(twice.path).records.map { $0.fault?.contains("stands twice") } == [true, nil, nil])
    let quotes = try folder(["labels.csv": "filename,words\n0.png,\"x, y\" z\n1.png,\"\n2.png,abc\n/,x\n"])
    #expect(try pairs(DataSet.load(quotes.path)).prefix(3) == ["0.png=\"x, y\" z", "1.png=\"", "2.png=abc"])
  }

  @Test func theOneCommandThatConverts() throws {
    let folder = try folder(["train-00000-of-00001.parquet": "PAR1...PAR1"])
    let command = "Launch/use/from-parquet FILE.parquet --output FOLDER"
    expectLoadError(folder.path, [command])
    expectLoadError(folder.path + "/train-00000-of-00001.parquet", [command])
  }

  @Test func severalListsAreNoneOfThem() throws {
    let folder = try folder(["a.csv": "file_name,text\n1.png,a\n", "b.csv": "file_name,text\n1.png,a\n", "1.png": ""])
    expectLoadError(folder.path, ["2 lists, \"a.csv\", \"b.csv\"; give one of them"])
  }

  @Test func theFormIsChosenByAnOption() throws {
    let folder = try folder([
      "metadata.csv": "file_name,text\n1.png,list\n", "1.png": "", "1.gt.txt": "pair", "list": "1.png,text,of,list",
    ])
    var options = ReadingOptions()
    for (form, text) in [(nil, "list"), (.csv, "list"), (.pairs, "pair")] as [(GroundTruthForm?, String)] {
      options.form = form
      #expect(try DataSet.load(folder.path, options).records.map(\.text) == [text])
    }
    options.form = .list
    #expect(try pairs(DataSet.load(folder.path + "/list", options)) == ["1.png=text,of,list"])
    options.form = .pairs
    #expect(
      dataSetError { _ = try DataSet.load(folder.path + "/list", options) }?.description.contains("takes a folder")
        == true)
  }

  @Test(arguments: [
    ("<html></html>", "XML that is neither PAGE nor ALTO"), ("\u{89}PNG\r\n\u{1A}\n", "PNG"),
    ("%PDF-1.4", "a PDF document"),
    ("hello\n", "a text without paths of images"),
  ])
  func otherFiles(_ contents: String, _ found: String) throws {
    let folder = try TemporaryDirectory()
    let bytes = contents.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    expectLoadError(try folder.add("file", bytes).path + "/file", ["not a data set", found])
  }
}
