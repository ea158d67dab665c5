import Datasets
import Foundation
import Testing

@Suite struct ImageTextPairsTests {
  @Test func pairsAreSortedByBytes() throws {
    let folder = try TemporaryFolder()
    for stem in ["b", "a", "Z", "a-1", "ක", "a.x"] {
      try folder.write(stem + ".png", [1, 2, 3]).write(stem + ".gt.txt", stem)
    }
    try folder.write("notes.txt", "left alone").write("._a.png", "left alone").write("._a.gt.txt", "left alone")
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
    let folder = try TemporaryFolder()
    let records = try DataSet.load(folder.write("1.png", "").write("1.gt.txt", file).path).records
    #expect(records.map { scalars($0.text) } == [scalars(text)])
  }

  @Test func filesWithoutAPartnerAreNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write("1.png", "").write("1.gt.txt", "x").write("0.png", "").write("2.gt.txt", "y").write("3.png", "")
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["1.png"])
    #expect(dataSet.unpaired.map(\.path) == ["0.png", "2.gt.txt", "3.png"].map { folder.path + "/" + $0 })
    #expect(dataSet.unpaired.map(\.missing) == ["0.gt.txt", "2.png", "3.gt.txt"])
  }

  @Test func noPairAtAll() throws {
    let folder = try TemporaryFolder()
    expectLoadError(try folder.write("1.png", "").path, ["\"1.png\" without \"1.gt.txt\"", "metadata.csv"])
  }

  @Test func latin1NamesFileAndLine() throws {
    let folder = try TemporaryFolder()
    try folder.write("1.png", "").write("1.gt.txt", Array("ok\ncaf".utf8) + [0xE9, 10])
    expectLoadError(folder.path, ["1.gt.txt", "line 2", "UTF-8"])
  }

  @Test func limits() throws {
    let folder = try TemporaryFolder()
    try folder.write("1.png", "").write("1.gt.txt", String(repeating: "x", count: 70_000))
    expectLoadError(folder.path, ["1.gt.txt", "64 KiB"])
    try folder.write("1.gt.txt", String(repeating: "x", count: 10_001))
    expectLoadError(folder.path, ["1.gt.txt", "10,000 scalars"])
  }

  /// JPEG images beside PNG images, and the names that cameras give.
  @Test func everyImageFormatPairs() throws {
    let folder = try TemporaryFolder()
    for name in ["b.jpg", "a.jpeg", "c.png", "D.JPG", "e.PNG"] {
      try folder.write(name, [1]).write(name.split(separator: ".")[0] + ".gt.txt", name)
    }
    try folder.write(".jpg", [1]).write("f.gif", [1])
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.path) == ["D.JPG", "a.jpeg", "b.jpg", "c.png", "e.PNG"])
    #expect(dataSet.records.map(\.text) == dataSet.records.map(\.path))
    #expect(dataSet.unpaired.isEmpty)
  }

  @Test func twoImagesWithOneText() throws {
    let folder = try TemporaryFolder()
    try folder.write("1.png", "").write("1.jpg", "").write("1.gt.txt", "x")
    expectLoadError(folder.path, ["\"1.png\": it has the same text as \"1.jpg\"; keep one"])
  }

  /// Canonically equivalent names are two names.
  @Test func namesAreBytes() throws {
    let folder = try TemporaryFolder()
    try folder.write("e\u{301}.png", "").write("e\u{301}.gt.txt", "x").write("\u{E9}.png", "").write(
      "\u{E9}.gt.txt", "y")
    #expect(try DataSet.load(folder.path).records.map(\.text) == ["x", "y"])
  }
}
