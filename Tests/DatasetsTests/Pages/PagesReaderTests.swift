import Datasets
import Foundation
import Images
import TestSupport
import Testing

/// Pages whose lines are records.
@Suite struct PagesReaderTests {
  private static let width = 300, height = 200

  /// A page with dark bars: line n has its bar at x = 20 * n, in a strip of 30 rows below 10 + 40 n.
  private func page() -> GrayImage {
    var image = GrayImage(width: Self.width, height: Self.height, filledWith: 230)
    for line in 0..<4 {
      for y in 15 + 40 * line..<35 + 40 * line {
        for x in 20 + 20 * line..<60 + 20 * line { image[x, y] = 20 }
      }
    }
    return image
  }

  /// ALTO with a line for each text, in boxes of 100 x 30 pixels.
  private func alto(
    _ texts: [String?], image: String = "page.png", size: (Int, Int) = (width, height), tags: String = ""
  )
    -> String
  {
    let lines = texts.enumerated().map { i, text in
      let content = text.map { "<String CONTENT=\"\($0)\"/>" } ?? ""
      let tag = i == 0 && !tags.isEmpty ? " TAGREFS=\"T\"" : ""
      return
        "<TextLine ID=\"l\(i)\" HPOS=\"10\" VPOS=\"\(10 + 40 * i)\" WIDTH=\"100\" HEIGHT=\"30\"\(tag)>\(content)</TextLine>"
    }
    return """
      <?xml version="1.0"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description>\
      <MeasurementUnit>pixel</MeasurementUnit><sourceImageInformation><fileName>\(image)</fileName></sourceImageInformation>\
      </Description><Tags>\(tags)</Tags><Layout><Page WIDTH="\(size.0)" HEIGHT="\(size.1)"><PrintSpace><TextBlock ID="b">\
      \(lines.joined())</TextBlock></PrintSpace></Page></Layout></alto>
      """
  }

  private func pages(_ count: Int) throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory()
    for i in 0..<count {
      try folder.add("b\(i)/page.png", page()).add("b\(i)/page.xml", alto(["a\(i)", "b\(i)", "c\(i)", "d\(i)"]))
    }
    return folder
  }

  @Test func linesAreRecords() throws {
    let folder = try TemporaryDirectory().add("page.png", page())
    try folder.add("page.xml", alto([" one ", nil, "", "four"])).add("page.txt", "one\nfour")
    for argument in [folder.path, folder.path + "/page.xml"] {
      let dataSet = try DataSet.load(argument)
      #expect(dataSet.records.map(\.path) == ["page.xml#l0", "page.xml#l3"])
      #expect(dataSet.records.map(\.text) == ["one", "four"])
      #expect(dataSet.leftOut.map(\.kind) == [.lineWithoutText, .lineWithoutText])
      #expect(dataSet.leftOut.map(\.path) == ["l1", "l2"].map { "\(folder.path)/page.xml#\($0)" })
      let images = RecordImages()
      let image = try images.image(of: dataSet.records[1])
      #expect(image.width == 100 && image.height == 30 && image[85, 10] == 20 && image[65, 10] == 230)
      let result = try Audit(dataSet, geometry: geometry(height: 30)).run()
      #expect(result.problems.isEmpty && result.widths == [100, 100])
    }
  }

  /// The image is beside the file or above it, with the name that the file gives or its own.
  @Test(arguments: ["page.png", "sub/dir\\page.PNG", "https://example.org/page.png", "other.jpg", ""])
  func theImageIsFound(_ name: String) throws {
    for place in ["data/", "data/page/"] {
      let folder = try TemporaryDirectory().add(place + "page.xml", alto(["one"], image: name)).add(
        "data/page.png", page())
      let record = try #require(try DataSet.load(folder.path + "/data").records.first)
      #expect(record.fault == nil && record.text == "one" && record.page?.imagePath == folder.path + "/data/page.png")
      #expect(try DataSet.load(folder.path + "/data").leftOut.isEmpty)
    }
  }

  /// OCR-D keeps images in a folder of their own, and names them from the folder above.
  @Test func imagesInAnotherFolder() throws {
    let folder = try TemporaryDirectory().add("OCR-D-GT/p.xml", alto(["one"], image: "OCR-D-IMG/page.png"))
    try folder.add("OCR-D-IMG/page.png", page())
    for argument in ["", "/OCR-D-GT", "/OCR-D-GT/p.xml"] {
      let records = try DataSet.load(folder.path + argument).records
      #expect(records.map(\.text) == ["one"] && records[0].fault == nil, "\(argument)")
    }
    try folder.add("OCR-D-GT/p.xml", alto(["one"], image: "../OCR-D-IMG/../../page.png"))
    #expect(try DataSet.load(folder.path).records.map { $0.fault != nil } == [true])
  }

  /// An 8-bit TIFF that is stored lying on its side.
  private func turnedTIFF(_ image: GrayImage) -> [UInt8] { tiff(image.turnedCounterclockwise(), orientation: 6) }

  private func tiff(_ stored: GrayImage, orientation: Int) -> [UInt8] {
    let tags = [
      (256, stored.width), (257, stored.height), (258, 8), (259, 1), (262, 1), (273, 8), (274, orientation), (277, 1),
      (278, stored.height), (279, stored.pixels.count),
    ]
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) } }
    let entries = tags.flatMap { bytes($0.0, 2) + bytes(4, 2) + bytes(1, 4) + bytes($0.1, 4) }
    return [0x49, 0x49, 42, 0] + bytes(8 + stored.pixels.count, 4) + stored.pixels + bytes(tags.count, 2) + entries
      + bytes(0, 4)
  }

  /// Programs that do not know of EXIF describe the image as it is stored; others describe it upright.
  @Test func imagesThatAreStoredTurned() throws {
    let folder = try TemporaryDirectory().add("page.tif", turnedTIFF(page()))
    try folder.add("page.xml", alto(["one"], image: "page.tif"))
    func cut() throws -> GrayImage { try RecordImages().image(of: DataSet.load(folder.path).records[0]) }
    let upright = try cut()
    #expect(upright.width == 100 && upright[12, 10] == 20 && upright[80, 10] == 230)
    try folder.add("page.xml", alto(["one"], image: "page.tif", size: (Self.height, Self.width)))
    let stored = page().turnedCounterclockwise()
    let lying = try cut()
    #expect((0..<100).allSatisfy { lying[$0, 10] == stored[10 + $0, 20] })
    #expect(lying != upright)
  }

  /// Of a page that is mirrored, or turned by half, both views have the size that the document says.
  @Test(arguments: 1...8) func whichViewMayBeUnclear(_ orientation: Int) throws {
    func unclear(_ image: GrayImage, size: (Int, Int)) throws -> Int {
      let folder = try TemporaryDirectory().add("page.tif", tiff(image, orientation: orientation))
      try folder.add("page.xml", alto(["one"], image: "page.tif", size: size))
      return try DataSet.load(folder.path).leftOut.count { $0.kind == .unclearTurn }
    }
    let isLying = orientation >= 5
    #expect(try unclear(page(), size: (Self.width, Self.height)) == ((2...4).contains(orientation) ? 1 : 0))
    if isLying { #expect(try unclear(page(), size: (Self.height, Self.width)) == 0) }
    let square = GrayImage(width: 300, height: 300, filledWith: 230)
    #expect(try unclear(square, size: (300, 300)) == (orientation == 1 ? 0 : 1))
  }

  @Test(arguments: [("-5", "negative"), ("abc", "not a number"), ("1e9", "million at most")])
  func sizesThatAreNone(_ width: String, _ reason: String) throws {
    let text = alto(["one"]).replacingOccurrences(of: "<Page WIDTH=\"300\"", with: "<Page WIDTH=\"\(width)\"")
    let folder = try TemporaryDirectory().add("page.png", page()).add("page.xml", text)
    #expect(try DataSet.load(folder.path).records.first?.fault?.contains(reason) == true)
  }

  @Test func whatIsWrongWithAPageIsOneBadRecord() throws {
    let folder = try TemporaryDirectory().add("lost.xml", alto(["one", "two"], image: "lost.png"))
    try folder.add("small.xml", alto(["one", "two"], image: "page.png", size: (600, 400))).add("page.png", page())
    try folder.add("broken.xml", String(alto(["one", "two"]).dropLast(40))).add("page.xml", alto(["one", "two"]))
    let records = try DataSet.load(folder.path).records
    #expect(records.map(\.path) == ["broken.xml", "lost.xml", "page.xml#l0", "page.xml#l1", "small.xml"])
    #expect(records.map { $0.fault != nil } == [true, true, false, false, true])
    #expect(records[1].fault?.contains("\"lost.png\" is neither beside it nor in the folder above") == true)
    #expect(records[4].fault?.contains("page.png has 300 x 200 pixels, and the file says 600 x 400") == true)
    let result = try Audit(DataSet.load(folder.path), geometry: geometry(height: 30)).run()
    #expect(result.badRecords == [0, 1, 4])
  }

  @Test func linesWithoutArea() throws {
    let text = alto(["one", "two", "three"]).replacingOccurrences(
      of: "WIDTH=\"100\" HEIGHT=\"30\"", with: "WIDTH=\"0\" HEIGHT=\"30\"")
    let folder = try TemporaryDirectory().add("page.png", page())
    try folder.add(
      "page.xml", text.replacingOccurrences(of: "VPOS=\"90\" WIDTH=\"0\"", with: "VPOS=\"90\" WIDTH=\"100\""))
    let dataSet = try DataSet.load(folder.path)
    #expect(dataSet.records.map(\.text) == ["three"])
    #expect(dataSet.leftOut.map(\.kind) == [.lineWithoutArea, .lineWithoutArea] && !dataSet.leftOut[0].isProblem)
  }

  @Test func typesOfLines() throws {
    let tags = "<OtherTag ID=\"T\" LABEL=\"Typewritten\"/>"
    let folder = try TemporaryDirectory().add("page.png", page()).add("page.xml", alto(["one", "two"], tags: tags))
    var options = ReadingOptions()
    options.lineTypes = ["Typewritten"]
    let dataSet = try DataSet.load(folder.path, options)
    #expect(dataSet.records.map(\.text) == ["one"] && dataSet.leftOut.map(\.kind) == [.lineOfAnotherType])
    options.lineTypes = ["Handwritten"]
    #expect(dataSetError { _ = try DataSet.load(folder.path, options) } != nil)
  }

  /// Lists of `akuru split` and `akuru check --fix` name lines of pages.
  @Test func aListNamesLines() throws {
    let folder = try pages(2)
    try folder.add(
      "list.jsonl",
      """
      {"file_name":"b1/page.xml#l2","text":"corrected"}
      {"file_name":"b0/page.xml#l0","text":"zero"}
      {"file_name":"b0/page.xml#l9","text":"lost"}
      {"file_name":"b2/page.xml#l0","text":"lost"}
      {"file_name":"b0/page.xml#/../../l0","text":"outside"}
      """)
    let list = try DataSet.load(folder.path + "/list.jsonl")
    #expect(list.records.map(\.text) == ["corrected", "zero", "", "", ""])
    #expect(list.records.map { $0.fault == nil } == [true, true, false, false, false])
    #expect(list.records[4].fault?.contains("goes up with") == true)
    let images = RecordImages()
    let whole = try DataSet.load(folder.path)
    #expect(try images.image(of: list.records[0]) == images.image(of: whole.records[6]))
  }

  /// The lines of a page go to one rank and one thread, so that it is decoded once.
  @Test func sharesKeepPagesTogether() throws {
    let folder = try pages(5)
    let dataSet = try DataSet.load(folder.path)
    for count in 1...23 {
      var next = 0
      for index in 0..<count {
        let share = dataSet.share(index, of: count, in: dataSet.records.indices)
        #expect(share.lowerBound == next && share.lowerBound % 4 == 0)
        next = share.upperBound
      }
      #expect(next == 20)
    }
  }

  @Test func theCacheHoldsTheLines() throws {
    let folder = try pages(3)
    let dataSet = try DataSet.load(folder.path)
    let geometry = geometry(height: 15)
    let audit = try Audit(dataSet, geometry: geometry).run(threads: 3)
    #expect(audit.problems.isEmpty)
    let layout = ImageCacheLayout(height: 15, widths: audit.widths, digests: audit.goodDigests)
    let path = folder.path + "/cache/" + layout.fileName()
    let draft = try ImageCacheDraft(for: path, layout: layout)
    try ImageCacheWriter(draft.temporaryPath, layout: layout, dataSet: dataSet, geometry: geometry).write(
      0..<12, threads: 2)
    try draft.publish()
    let (cached, direct) = (try MappedImageSource(path, layout: layout), FileImageSource(dataSet, geometry: geometry))
    let (a, b) = (ImageBuffer(), ImageBuffer())
    for index in 0..<12 {
      cached.load(index, into: a)
      try direct.load(index, into: b)
      #expect(a.width == 50 && a.width == b.width && memcmp(a.view.pixels, b.view.pixels, 50 * 15) == 0)
    }
    // What an audit kept makes the same cache, although the pages are gone.
    let kept = PreparedLines()
    let second = try Audit(dataSet, geometry: geometry, keeping: kept).run(threads: 2)
    #expect(second == audit)
    let hidden = folder.path + "-hidden"
    try FileManager.default.moveItem(atPath: folder.path + "/b2", toPath: hidden)
    let fromKept = try ImageCacheDraft(for: path, layout: layout)
    try ImageCacheWriter(
      fromKept.temporaryPath, layout: layout, dataSet: dataSet, geometry: geometry, lines: (kept, Array(0..<12))
    ).write(0..<12)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    try fromKept.publish()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    try FileManager.default.moveItem(atPath: hidden, toPath: folder.path + "/b2")
    // A page that changes after the audit is noticed.
    try folder.add("b1/page.png", GrayImage(width: Self.width, height: Self.height, filledWith: 200))
    let again = try ImageCacheDraft(for: path, layout: layout)
    let error = dataSetError {
      try ImageCacheWriter(again.temporaryPath, layout: layout, dataSet: dataSet, geometry: geometry).write(0..<12)
    }
    #expect(error?.description.contains("has changed since the audit") == true)
  }
}
