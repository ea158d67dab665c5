import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct DataSetTests {
  private func csv(_ name: String) -> String { "file_name,text\n1.png,ok\n\(name),x\n" }

  @Test func emptyFolderAndOtherThings() throws {
    let folder = try TemporaryDirectory()
    let expected = ["metadata.csv", ".jsonl", "X.png + X.gt.txt"]
    expectLoadError(folder.path, [folder.path, "an empty folder"] + expected)
    expectLoadError(try folder.add("sub/1.bmp", "").path, ["1 other file in 2 folders"] + expected)
    expectLoadError(folder.path + "/none", ["/none", "no such"])
    try folder.add("file", "")
    expectLoadError(folder.path + "/file", ["/file", "an empty file"])
    try folder.add("metadata.csv", csv("2.png")).add("metadata.jsonl", "{}")
    expectLoadError(folder.path, ["both metadata.csv and metadata.jsonl; remove one"])
  }

  @Test(arguments: ["../2.png", "a/../../2.png", "/etc/hostname", "a/..", "..", "a//../2.png"])
  func namesThatLeadOut(_ name: String) throws {
    let folder = try TemporaryDirectory()
    try expectBadRecord(
      folder.add("metadata.csv", csv(name)).path,
      ["metadata.csv", "record 2 (line 3)", "\"\(name)\"", "inside", "--allow-outside"])
  }

  @Test func emptyNameAndNUL() throws {
    let folder = try TemporaryDirectory()
    try expectBadRecord(folder.add("metadata.csv", csv("")).path, ["record 2", "is empty"])
    try expectBadRecord(folder.add("metadata.csv", csv("a\0b")).path, ["record 2", "NUL", "a\\u{0}b"])
  }

  /// A cache of Hugging Face, DVC and a curated subset consist of links: they stand in the user's own folder.
  @Test func linksLeadAnywhere() throws {
    let outside = try TemporaryDirectory().add("2.png", "12345").add("1.gt.txt", "text").add("list", csv("2.png"))
    let files = FileManager.default
    func link(_ path: String, _ target: String) throws {
      try files.createSymbolicLink(atPath: path, withDestinationPath: outside.path + target)
    }
    let file = try TemporaryDirectory()
    try link(file.path + "/2.png", "/2.png")
    try link(file.path + "/metadata.csv", "/list")
    #expect(try DataSet.load(file.path).records.map(\.size) == [-1, 5])

    let folder = try TemporaryDirectory().add("metadata.csv", csv("sub/2.png"))
    try link(folder.path + "/sub", "")
    #expect(try DataSet.load(folder.path).records.map(\.size) == [-1, 5])

    let pairs = try TemporaryDirectory().add("book/1.png", "")
    try link(pairs.path + "/book/1.gt.txt", "/1.gt.txt")
    try files.createSymbolicLink(atPath: pairs.path + "/again", withDestinationPath: "book")
    #expect(try DataSet.load(pairs.path).records.map(\.path) == ["again/1.png", "book/1.png"])
    #expect(try DataSet.load(pairs.path).records.map(\.book) == ["again", "book"])
  }

  @Test func outsideByConsent() throws {
    let outside = try TemporaryDirectory().add("2.png", "12345")
    let folder = try TemporaryDirectory().add("metadata.csv", csv(outside.path + "/2.png"))
    try expectBadRecord(folder.path, ["is an absolute path", "--allow-outside"])
    var options = ReadingOptions()
    options.allowsOutside = true
    let records = try DataSet.load(folder.path, options).records
    #expect(records.map(\.size) == [-1, 5] && records[1].absolutePath == outside.path + "/2.png")
  }

  /// Folders in a circle of links are read once.
  @Test func linkToAFolderAbove() throws {
    let folder = try TemporaryDirectory().add("book/1.png", "").add("book/1.gt.txt", "x")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/book/up", withDestinationPath: "..")
    #expect(try DataSet.load(folder.path).records.map(\.path) == ["book/1.png"])
  }

  @Test func linksInsideTheDataSetAndToIt() throws {
    let folder = try TemporaryDirectory().add("metadata.csv", csv("link.png")).add("real/2.png", "12345")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: folder.path + "/link.png", withDestinationPath: "real/2.png")
    let link = try TemporaryDirectory()
    try files.createSymbolicLink(atPath: link.path + "/data", withDestinationPath: folder.path)
    #expect(try DataSet.load(link.path + "/data").records.map(\.size) == [-1, 5])
  }

  @Test func severalFolders() throws {
    let first = try TemporaryDirectory().add("metadata.csv", csv("2.png"))
    let second = try TemporaryDirectory().add("3.png", "").add("3.gt.txt", "y")
    let dataSet = try DataSet.load(first.path + "," + second.path)
    #expect(dataSet.folders == [first.path, second.path])
    #expect(dataSet.records.map(\.path) == ["1.png", "2.png", "3.png"])
    #expect(dataSet.records.map(\.source) == [0, 0, 1])
    #expect(dataSet.records.last?.absolutePath == second.path + "/3.png")
    expectLoadError(first.path + ",," + second.path, ["empty"])
    expectLoadError("", ["empty"])
  }

  @Test func folderWithACommaInItsName() throws {
    let parent = try TemporaryDirectory().add("a,b/metadata.csv", csv("2.png"))
    #expect(try DataSet.load(parent.path + "/a,b").records.count == 2)
  }

  @Test func fingerprintCoversPathsSizesAndTexts() throws {
    let folder = try TemporaryDirectory()
    func fingerprint(_ csv: String, _ image: String) throws -> String {
      try DataSet.load(folder.add("metadata.csv", csv).add("1.png", image).path).fingerprint
    }
    let base = try fingerprint(csv("2.png"), "12")
    #expect(base.utf8.count == 64)
    #expect(try fingerprint(csv("2.png"), "12") == base)
    // Another format and place, other bytes of the same size: the same data set for the purpose.
    #expect(try fingerprint("text,file_name\r\nok,1.png\r\nx,2.png", "34") == base)
    let copy = try TemporaryDirectory().add("metadata.csv", csv("2.png")).add("1.png", "12")
    #expect(try DataSet.load(copy.path).fingerprint == base)
    let others = try [
      fingerprint(csv("2.png"), "123"), fingerprint(csv("3.png"), "12"),
      fingerprint("file_name,text\n1.png,ok\n2.png,y\n", "12"), fingerprint("file_name,text\n1.png,ok\n", "12"),
      fingerprint("file_name,text\n2.png,x\n1.png,ok\n", "12"),
      DataSet.load(copy.path + "," + copy.path).fingerprint,
    ]
    #expect(Set(others + [base]).count == 7)
  }

  @Test func removingRecords() throws {
    let folder = try TemporaryDirectory().add("metadata.csv", "file_name,text\n1.png,a\n2.png,b\n3.png,c\n")
    let dataSet = try DataSet.load(folder.path)
    let less = dataSet.removing([0, 2])
    #expect(less.records.map(\.text) == ["b"])
    #expect(less.fingerprint != dataSet.fingerprint)
    #expect(dataSet.removing([]).fingerprint == dataSet.fingerprint)
  }

  /// An option that says nothing about the data is named, once, also where its data are found in another form.
  @Test func optionsWithoutUseAreNamed() throws {
    let folder = try TemporaryDirectory()
    try folder.add("pairs/1.png", "").add("pairs/1.gt.txt", "x")
    try folder.add("list/metadata.csv", "path,words,text\n1.png,a,b\n")
    var options = ReadingOptions()
    options.columns = try ColumnNames(option: "image=path,text=words")
    options.imageSuffix = ".png"
    func unused(_ argument: String) throws -> [String] {
      try DataSet.load(argument, options).leftOut.filter { $0.kind == .unusedOption }.map(\.detail)
    }
    let pairs = try unused(folder.file("pairs"))
    #expect(pairs.count == 1 && pairs[0].hasPrefix("--columns says nothing about this data: it is for tables"))
    let list = try unused(folder.file("list"))
    #expect(list.count == 1 && list[0].hasPrefix("--image-suffix says nothing"))
    #expect(try unused("\(folder.file("list")),\(folder.file("pairs"))").isEmpty)
    options.lineTypes = ["heading"]
    #expect(try unused(folder.file("pairs")).contains { $0.hasPrefix("--line-types says nothing") })
  }
}
