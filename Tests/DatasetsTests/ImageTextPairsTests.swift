import Datasets
import Foundation
import Images
import TestSupport
import Testing

@Suite struct ImageTextPairsTests {
  @Test func pairsAreSortedByBytes() throws {
    let folder = try TemporaryDirectory()
    for stem in ["b", "a", "Z", "a-1", "ක", "a.x"] {
      try folder.add(stem + ".png", [1, 2, 3]).add(stem + ".gt.txt", stem)
    }
    try folder.add("notes.txt", "left alone").add("._a.png", "left alone").add("._a.gt.txt", "left alone")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.text) == ["Z", "a-1", "a", "a.x", "b", "ක"])
    #expect(dataSet.records.map(\.path) == dataSet.records.map { $0.text + ".png" })
    #expect(dataSet.records.allSatisfy { $0.size == 3 })
    #expect(dataSet.leftOut.isEmpty)
  }

  @Test(arguments: [
    ("x", "x"), ("x\n", "x"), ("x\n\n", "x\n"), ("x\r\n", "x"), ("x \n", "x "), ("\u{FEFF}x\n", "x"), ("\n", ""),
    ("", ""), ("\u{0DCF}\n", "\u{0DCF}"), ("x\ny\n", "x\ny"),
  ])
  func oneTrailingLineBreakIsStripped(_ file: String, _ text: String) throws {
    let folder = try TemporaryDirectory()
    let options = ReadingOptions(text: .ofOlderModels)
    let records = try DataSet.load(folder.add("1.png", "").add("1.gt.txt", file).path, options).records
    #expect(records.map { scalars($0.text) } == [scalars(text)])
  }

  @Test func filesWithoutAPartnerAreNamed() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.gt.txt", "x").add("0.png", "").add("2.gt.txt", "y").add("3.png", "")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.png"])
    #expect(dataSet.leftOut.map(\.path) == ["0.png", "2.gt.txt", "3.png"].map { folder.path + "/" + $0 })
    let missing = ["0.gt.txt", "2.png", "3.gt.txt"]
    #expect(
      zip(dataSet.leftOut, missing).allSatisfy { $0.isProblem && $0.detail.hasPrefix("there is no \($1) beside it") })
  }

  @Test func noPairAtAll() throws {
    let folder = try TemporaryDirectory()
    expectLoadError(try folder.add("1.png", "").path, ["\"1.png\" without \"1.gt.txt\"", "metadata.csv"])
  }

  @Test func latin1NamesFileAndLine() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.gt.txt", Array("ok\ncaf".utf8) + [0xE9, 10])
    try expectBadRecord(folder.path, ["1.gt.txt", "line 2", "UTF-8"])
  }

  @Test func limits() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.gt.txt", String(repeating: "x", count: 70_000))
    try expectBadRecord(folder.path, ["1.gt.txt", "64 KiB"])
    try folder.add("1.gt.txt", String(repeating: "x", count: 10_001))
    try expectBadRecord(folder.path, ["1.png", "10,000 scalars"])
  }

  /// JPEG images beside PNG images, and the names that cameras give.
  @Test func everyImageFormatPairs() throws {
    let folder = try TemporaryDirectory()
    for name in ["b.jpg", "a.jpeg", "c.png", "D.JPG", "e.PNG"] {
      try folder.add(name, [1]).add(name.split(separator: ".")[0] + ".gt.txt", name)
    }
    try folder.add(".jpg", [1]).add("f.gif", [1])
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["D.JPG", "a.jpeg", "b.jpg", "c.png", "e.PNG"])
    #expect(dataSet.records.map(\.text) == dataSet.records.map(\.path))
    #expect(dataSet.leftOut.isEmpty)
  }

  @Test func twoImagesWithOneText() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.jpg", "").add("1.gt.txt", "x")
    try expectBadRecord(folder.path, ["1.jpg", "\"1.png\" has the same text", "--image-suffix"])
    var options = ReadingOptions()
    options.imageSuffix = ".png"
    #expect(try DataSet.load(folder.path, options).records.map(\.path) == ["1.png"])

  }

  /// Canonically equivalent names are two names.
  @Test func namesAreBytes() throws {
    let folder = try TemporaryDirectory()
    try folder.add("e\u{301}.png", "").add("e\u{301}.gt.txt", "x").add("\u{E9}.png", "").add(
      "\u{E9}.gt.txt", "y")
    #expect(try DataSet.load(folder.path).records.map(\.text) == ["x", "y"])
  }

  /// OCRopus keeps two versions of a line: X.nrm.png and X.bin.png.
  @Test func versionsOfAnImage() throws {
    let folder = try TemporaryDirectory()
    for stem in ["1", "2"] {
      try folder.add(stem + ".bin.png", "").add(stem + ".nrm.png", "").add(stem + ".gt.txt", stem)
    }
    try folder.add("3.bin.png", "").add("3.gt.txt", "3").add("4.png", "").add("4.nrm.png", "").add("4.gt.txt", "4")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.nrm.png", "2.nrm.png", "3.bin.png", "4.png"])
    #expect(dataSet.records.map(\.text) == ["1", "2", "3", "4"])
    #expect(dataSet.leftOut.map(\.kind) == [.otherVersion] && dataSet.leftOut[0].detail.hasPrefix("3 images"))
    var options = ReadingOptions()
    options.imageSuffix = ".bin.png"
    let binary = try DataSet.load(folder.path, options)
    #expect(binary.records.map(\.path) == ["1.bin.png", "2.bin.png", "3.bin.png"])
  }

  @Test func plainTexts() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.jpg", "").add("1.txt", "plain").add("2.tif", "").add("2.txt", "plain").add(
      "2.gt.txt", "ground truth"
    )
    .add("README.txt", "about")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.text) == ["plain", "ground truth"] && dataSet.leftOut.isEmpty)
  }

  @Test(arguments: [[0xFF, 0xFE, 0x9A, 0x0D, 0x0A, 0x00], [0xFE, 0xFF, 0x0D, 0x9A, 0x00, 0x0A]] as [[UInt8]])
  func utf16(_ bytes: [UInt8]) throws {
    let folder = try TemporaryDirectory().add("1.png", "").add("1.gt.txt", bytes)
    #expect(try DataSet.load(folder.path).records.map { scalars($0.text) } == [[0x0D9A]])
    try expectBadRecord(folder.add("1.gt.txt", Array(bytes.dropLast())).path, ["1.gt.txt", "UTF-8"])
  }
}
