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
    #expect(dataSet.unpaired.isEmpty)
  }

  @Test(arguments: [
    ("x", "x"), ("x\n", "x"), ("x\n\n", "x\n"), ("x\r\n", "x"), ("x \n", "x "), ("\u{FEFF}x\n", "x"), ("\n", ""),
    ("", ""), ("\u{0DCF}\n", "\u{0DCF}"), ("x\ny\n", "x\ny"),
  ])
  func oneTrailingLineBreakIsStripped(_ file: String, _ text: String) throws {
    let folder = try TemporaryDirectory()
    let records = try DataSet.load(folder.add("1.png", "").add("1.gt.txt", file).path).records
    #expect(records.map { scalars($0.text) } == [scalars(text)])
  }

  @Test func filesWithoutAPartnerAreNamed() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.gt.txt", "x").add("0.png", "").add("2.gt.txt", "y").add("3.png", "")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.png"])
    #expect(dataSet.unpaired.map(\.path) == ["0.png", "2.gt.txt", "3.png"].map { folder.path + "/" + $0 })
    #expect(dataSet.unpaired.map(\.missing) == ["0.gt.txt", "2.png", "3.gt.txt"])
  }

  @Test func noPairAtAll() throws {
    let folder = try TemporaryDirectory()
    expectLoadError(try folder.add("1.png", "").path, ["\"1.png\" without \"1.gt.txt\"", "metadata.csv"])
  }

  @Test func latin1NamesFileAndLine() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.gt.txt", Array("ok\ncaf".utf8) + [0xE9, 10])
    expectLoadError(folder.path, ["1.gt.txt", "line 2", "UTF-8"])
  }

  @Test func limits() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.gt.txt", String(repeating: "x", count: 70_000))
    expectLoadError(folder.path, ["1.gt.txt", "64 KiB"])
    try folder.add("1.gt.txt", String(repeating: "x", count: 10_001))
    expectLoadError(folder.path, ["1.gt.txt", "10,000 scalars"])
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
    #expect(dataSet.unpaired.isEmpty)
  }

  @Test func twoImagesWithOneText() throws {
    let folder = try TemporaryDirectory()
    try folder.add("1.png", "").add("1.jpg", "").add("1.gt.txt", "x")
    expectLoadError(folder.path, ["\"1.png\": it has the same text as \"1.jpg\"; keep one"])
  }

  /// Canonically equivalent names are two names.
  @Test func namesAreBytes() throws {
    let folder = try TemporaryDirectory()
    try folder.add("e\u{301}.png", "").add("e\u{301}.gt.txt", "x").add("\u{E9}.png", "").add(
      "\u{E9}.gt.txt", "y")
    #expect(try DataSet.load(folder.path).records.map(\.text) == ["x", "y"])
  }
}
