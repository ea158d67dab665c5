import Datasets
import Foundation
import Images
import Recognition
import TestSupport
import Testing

/// Pages read line by line, with the places of words and letters, which are known here.
@Suite struct PageReadingTests {
  private let folder = try! TemporaryDirectory()

  /// Checks that a polygon covers a range along its line, within `tolerance` pixels, and the line's height.
  private func expect(
    _ polygon: [PagePoint], covers range: ClosedRange<Double>, of line: PageBars.Line, within tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let places = polygon.map(line.place)
    let (from, to) = (places.map(\.along).min() ?? .nan, places.map(\.along).max() ?? .nan)
    #expect(abs(from - range.lowerBound) <= tolerance, "\(from)...\(to), not \(range)", sourceLocation: sourceLocation)
    #expect(abs(to - range.upperBound) <= tolerance, "\(from)...\(to), not \(range)", sourceLocation: sourceLocation)
    #expect(abs(places.map(\.below).min() ?? .nan) <= 3, sourceLocation: sourceLocation)
    #expect(abs((places.map(\.below).max() ?? .nan) - PageBars.lineHeight) <= 3, sourceLocation: sourceLocation)
  }

  /// Straight, on a page on its side, on its head, and sloped.
  @Test(arguments: [
    PageBars.Line(text: "ab cb a", start: PagePoint(100, 100)),
    PageBars.Line(text: "ab cb a", start: PagePoint(400, 100), degrees: 90),
    PageBars.Line(text: "ab cb a", start: PagePoint(200, 500), degrees: 270),
    PageBars.Line(text: "ab cb a", start: PagePoint(500, 400), degrees: 180),
    PageBars.Line(text: "ab cb a", start: PagePoint(100, 150), degrees: 12),
    PageBars.Line(text: "ab cb a", start: PagePoint(100, 300), degrees: -25),
  ]) func wordsAndLettersAreWhereTheyAre(line: PageBars.Line) throws {
    let page = try PageToRead(PageBars.write([line], to: folder))
    let read = try ImageReader(PageBars.recognizer()).read(page)
    let transcript = try #require(read.first).get()
    #expect(transcript.text == "ab cb a" && transcript.words.map(\.text) == ["ab", "cb", "a"])
    #expect(transcript.confidence > 0.9 && transcript.words.allSatisfy { $0.confidence > 0.9 })
    // A column of the network is five pixels.
    for (word, range) in zip(transcript.words, [5.0...35, 105...135, 205...215]) {
      expect(word.polygon, covers: range, of: line, within: 6)
    }
    #expect(transcript.letters.map(\.text).joined() == "ab cb a")
    for (letter, bar) in zip(transcript.letters, PageBars.bars("ab cb a")) {
      expect(letter.polygon, covers: bar.place, of: line, within: 6)
    }
  }

  /// Words come in the order of the text, which runs from right to left.
  @Test func rightToLeft() throws {
    let line = PageBars.Line(text: "ab c", start: PagePoint(50, 50))
    let page = try PageToRead(PageBars.write([line], to: folder))
    let recognizer = try PageBars.recognizer(letters: ["\u{5D0}", "\u{5D1}", "\u{5D2}", " "], direction: .auto)
    let transcript = try #require(try ImageReader(recognizer).read(page).first).get()
    #expect(transcript.text == "\u{5D2} \u{5D1}\u{5D0}")
    #expect(transcript.words.map(\.text) == ["\u{5D2}", "\u{5D1}\u{5D0}"])
    for (word, range) in zip(transcript.words, [105.0...115, 5...35]) {
      expect(word.polygon, covers: range, of: line, within: 6)
    }
  }

  /// A page through its file: what is written is read back with the same texts and boxes.
  @Test(arguments: [PageFormat.page, .alto]) func aPageComesBack(format: PageFormat) throws {
    let lines = [
      PageBars.Line(text: "ab cb a", start: PagePoint(100, 100)), PageBars.Line(text: "c", start: PagePoint(30, 300)),
      PageBars.Line(text: "ba", start: PagePoint(300, 350), degrees: 8),
    ]
    let page = try PageToRead(PageBars.write(lines, to: folder))
    let read = try ImageReader(PageBars.recognizer()).read(page).map { try $0.get() }
    #expect(read.map(\.text) == lines.map(\.text))
    let written = try PageTranscript(page, lines: read).written(as: format, time: "2026-01-01T00:00:00")
    try folder.write(written, "again.xml")
    let again = try PageToRead(folder.file("again.xml"))
    #expect(again.document.lines.map(\.text) == lines.map(\.text))
    // The lines are the same, so they are read alike.
    #expect(try ImageReader(PageBars.recognizer()).read(again).map { try $0.get().text } == lines.map(\.text))
    let text = String(decoding: written, as: UTF8.self)
    let box =
      format == .page ? #"<Coords points="105,100 135,100 135,140 105,140"/>"# : #"HPOS="105" VPOS="100" WIDTH="30""#
    #expect(text.contains(box) || text.contains("WIDTH=\"35\"") || text.contains("points=\"10"), "\(text)")
  }

  /// One line of a page that cannot be read stops no other.
  @Test func badLinesAreNamed() throws {
    let lines = [
      PageBars.Line(text: "ab", start: PagePoint(10, 10)), PageBars.Line(text: "ca", start: PagePoint(10, 100)),
      PageBars.Line(text: "bb", start: PagePoint(10, 200)),
    ]
    let path = try PageBars.write(lines, to: folder)
    let xml = try String(contentsOfFile: path, encoding: .utf8)
    let parts = xml.components(separatedBy: "<Coords points=\"10,100")
    try folder.write(parts.joined(separator: "<Coords points=\"10,x"), "page.xml")
    let page = try PageToRead(path)
    let results = try ImageReader(PageBars.recognizer()).read(page)
    #expect(results.count == 3)
    #expect(try results[0].get().text == "ab" && results[2].get().text == "bb")
    let error = thrown(UnreadableImage.self) { _ = try results[1].get() }
    #expect(error?.description.hasPrefix("\(path)#l1: Coords holds \"x\"") == true, "\(String(describing: error))")
    #expect(
      try PageTranscript(page, lines: results.map { try? $0.get() }).written(as: .text, time: "")
        == Array("ab\nbb\n".utf8))
  }

  /// A page in memory, as it comes over HTTP.
  @Test func aPageInMemory() throws {
    let line = PageBars.Line(text: "cab", start: PagePoint(100, 100))
    let path = try PageBars.write([line], to: folder)
    let (xml, image) = (try bytes(of: path), try bytes(of: folder.file("page.png")))
    let page = try PageToRead(xml, name: "upload.xml", image: image)
    #expect(try ImageReader(PageBars.recognizer()).read(page).map { try $0.get().text } == ["cab"])
    let other = try PNG.encode(GrayImage(width: 300, height: 600))
    let error = thrown(DataSetError.self) { _ = try PageToRead(xml, name: "upload.xml", image: other) }
    #expect(error?.description.contains("it has 300 x 600 pixels, and the page says 600 x 600") == true)
  }

  /// Rows of letters are a page; lines, words, tall words and sloping lines are none.
  @Test func pagesAreNoLines() throws {
    func image(_ rows: Int, _ columns: Int, slope: Double = 0, size: Int = 10) -> GrayImage {
      var image = GrayImage(
        width: columns * size * 2 + 40, height: rows * size * 3 + 40 + Int(abs(slope) * Double(columns * size * 2)))
      for row in 0..<rows {
        for column in 0..<columns {
          let x = 20 + column * size * 2
          let y = 20 + row * size * 3 + Int(slope * Double(x))
          for i in 0..<size { for j in 0..<size where i < 3 || j > 6 { image[x + i, y + j] = 10 } }
        }
      }
      return image
    }
    let reader = try ImageReader(PageBars.recognizer())
    func isPage(_ image: GrayImage) throws -> Bool {
      let error = thrown(UnreadableImage.self) { _ = try reader.read(bytes: PNG.encode(image), name: "scan.jpg") }
      guard let text = error?.description, text.contains("a page") else { return false }
      #expect(
        text.contains("kraken -x -i scan.jpg scan.xml segment -bl") && text.contains("akuru predict --checkpoint"),
        "\(text)")
      return true
    }
    for page in [image(20, 30), image(8, 20), image(40, 40, slope: 0.05), image(12, 12, size: 24)] {
      #expect(try isPage(page))
    }
    for line in [
      image(1, 40), image(2, 40), image(1, 3), image(1, 100, slope: 0.3), image(3, 30), image(1, 8, size: 60),
    ] {
      #expect(try !isPage(line))
    }
  }

  /// Nothing is read where nothing is written, whatever the network says.
  @Test func blankImagesHaveNoText() throws {
    let reader = try ImageReader(PageBars.recognizer(), confidence: true)
    for gray in [0, 90, 255] as [UInt8] {
      let blank = GrayImage(width: 80, height: 40, filledWith: gray)
      let reading = try reader.read(bytes: PNG.encode(blank), name: "x")
      #expect(reading.text == "" && reading.isBlank && reading.letters == [] && reading.words == [])
    }
    let written = try reader.read(bytes: PNG.encode(BarReader.image("ab", margin: 4)), name: "x")
    #expect(!written.isBlank)
  }
}
