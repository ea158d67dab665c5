import Datasets
import Images
import TestSupport
import Testing

@Suite struct ImagePreparationTests {
  /// Numbers the pixels of a small image.
  private func numbered(_ width: Int, _ height: Int) -> GrayImage {
    GrayImage(width: width, height: height, pixels: (0..<width * height).map { UInt8($0) })
  }

  @Test func turns() {
    let image = numbered(3, 2)
    #expect(image.turnedCounterclockwise() == GrayImage(width: 2, height: 3, pixels: [2, 5, 1, 4, 0, 3]))
    #expect(image.turnedClockwise() == GrayImage(width: 2, height: 3, pixels: [3, 0, 4, 1, 5, 2]))
    #expect(image.inverted().pixels == image.pixels.map { 255 - $0 })
  }

  private func audit(_ image: GrayImage, _ preparation: ImagePreparation) throws -> (AuditResult, ImageBuffer) {
    let folder = try TemporaryDirectory().add("1.png", image).add("1.gt.txt", "abcd")
    let dataSet = try DataSet.load(folder.path)
    let geometry = InputGeometry(height: 20, preparation: preparation) { $0 / 4 }
    let buffer = ImageBuffer()
    let source = FileImageSource(dataSet, geometry: geometry)
    try source.load(0, into: buffer)
    return (try Audit(dataSet, geometry: geometry).run(), buffer)
  }

  @Test func verticalLines() throws {
    let line = picture(width: 90, height: 20)
    for (column, direction) in [
      (line.turnedClockwise(), ImagePreparation.LineDirection.vertical), (line.turnedCounterclockwise(), .verticalUp),
    ] {
      let (before, _) = try audit(column, ImagePreparation())
      #expect(before.findings.contains { $0.kind == .verticalImage && $0.detail.contains("--lines vertical") })
      let (after, buffer) = try audit(column, ImagePreparation(lines: direction))
      #expect(after.findings.isEmpty && after.widths == [90])
      #expect(Array(UnsafeBufferPointer(start: buffer.view.pixels, count: buffer.view.count)) == line.pixels)
    }
  }

  @Test func lightWriting() throws {
    let line = picture(width: 90, height: 20)
    let (before, _) = try audit(line.inverted(), ImagePreparation())
    #expect(before.findings.contains { $0.kind == .invertedImage && $0.detail.contains("--polarity auto") })
    for image in [line, line.inverted()] {
      let (after, buffer) = try audit(image, ImagePreparation(polarity: .auto))
      #expect(after.findings.isEmpty)
      #expect(Array(UnsafeBufferPointer(start: buffer.view.pixels, count: buffer.view.count)) == line.pixels)
    }
  }

  @Test func aCacheKnowsItsPreparation() {
    func name(_ preparation: ImagePreparation) -> String {
      ImageCacheLayout(height: 20, widths: [5], digests: [UInt8](repeating: 1, count: 16), preparation: preparation)
        .fileName()
    }
    let names = [
      ImagePreparation(), ImagePreparation(polarity: .auto), ImagePreparation(lines: .vertical),
      ImagePreparation(lines: .verticalUp), ImagePreparation(light: .even), ImagePreparation(normalizer: .trim),
      ImagePreparation(normalizer: .center), ImagePreparation(resampling: .lanczos), ImagePreparation(sideMargin: 16),
    ].map(name)
    #expect(Set(names).count == 9)
  }

  /// A bar of ink in columns 40 to 43 of 100 is found again in the fitted image, and led back.
  @Test(arguments: [
    ImagePreparation(), ImagePreparation(normalizer: .trim), ImagePreparation(normalizer: .center),
    ImagePreparation(lines: .vertical), ImagePreparation(lines: .verticalUp, normalizer: .trim),
    ImagePreparation(sideMargin: 7), ImagePreparation(resampling: .lanczos),
    ImagePreparation(lines: .vertical, normalizer: .trim, sideMargin: 16),
  ]) func columnsAreLedBack(preparation: ImagePreparation) throws {
    var line = GrayImage(width: 100, height: 30)
    for x in Array(20..<24) + Array(40..<44) + Array(70..<74) { for y in 8..<22 { line[x, y] = 0 } }
    let image =
      switch preparation.lines {
      case .horizontal: line
      case .vertical: line.turnedClockwise()
      case .verticalUp: line.turnedCounterclockwise()
      }
    let buffer = ImageBuffer()
    let places = try InputGeometry(height: 24, preparation: preparation) { $0 }.fit(image, into: buffer)
    let view = buffer.view
    let dark = (0..<view.width).filter { x in (0..<view.height).contains { view.pixels[$0 * view.width + x] < 128 } }
    var bars: [ClosedRange<Int>] = []
    for x in dark {
      if let last = bars.last, last.upperBound == x - 1 {
        bars[bars.count - 1] = last.lowerBound...x
      } else {
        bars.append(x...x)
      }
    }
    try #require(bars.count == 3, "\(dark)")
    let columns = Double(bars[1].lowerBound)...Double(bars[1].upperBound + 1)
    #expect(abs(places.along(columns.lowerBound) - 40) <= 1.5 && abs(places.along(columns.upperBound) - 44) <= 1.5)
    let box = places.box(columns)
    let expected =
      switch preparation.lines {
      case .horizontal: (from: PagePoint(40, 0), to: PagePoint(44, 30))
      case .vertical: (from: PagePoint(0, 40), to: PagePoint(30, 44))
      case .verticalUp: (from: PagePoint(0, 56), to: PagePoint(30, 60))
      }
    for (one, other) in [(box.from, expected.from), (box.to, expected.to)] {
      #expect(abs(one.x - other.x) <= 1.5 && abs(one.y - other.y) <= 1.5, "\(box)")
    }
    #expect(places.along(-99) == 0 && places.along(999) == 100)
  }

  /// As kraken does: the width is rounded down, and the pixels are those of Lanczos' filter.
  @Test func resampling() throws {
    var line = GrayImage(width: 37, height: 30)
    for x in 0..<37 { for y in 0..<30 { line[x, y] = UInt8(x * 5 + y) } }
    let geometry = InputGeometry(height: 24, preparation: ImagePreparation(resampling: .lanczos)) { $0 }
    let usual = InputGeometry(height: 24) { $0 }
    #expect(geometry.resizedWidth(width: 37, height: 30) == 29 && usual.resizedWidth(width: 37, height: 30) == 30)
    #expect(geometry.resizedWidth(width: 40, height: 30) == 32 && geometry.resizedWidth(width: 1, height: 300) == 4)
    let buffer = ImageBuffer()
    try geometry.fit(line, into: buffer)
    let expected = line.resized(width: 29, height: 24, filter: .lanczos)
    #expect(expected != line.resized(width: 29, height: 24))
    try #require(buffer.view.width == 29 && buffer.view.height == 24)
    #expect(Array(UnsafeBufferPointer(start: buffer.view.pixels, count: 29 * 24)) == expected.pixels)
  }

  /// The margins are white; what is between them is the image as it is without.
  @Test func sideMargins() throws {
    var line = GrayImage(width: 37, height: 30)
    for x in 0..<37 { for y in 0..<30 { line[x, y] = UInt8(x * 5 + y) } }
    let (plain, framed) = (ImageBuffer(), ImageBuffer())
    try InputGeometry(height: 24) { $0 }.fit(line, into: plain)
    let geometry = InputGeometry(height: 24, maximumWidth: 44, preparation: ImagePreparation(sideMargin: 7)) { $0 }
    #expect(geometry.resizedWidth(width: 37, height: 30) == 44)
    try geometry.fit(line, into: framed)
    let (inner, outer) = (plain.view, framed.view)
    try #require(inner.width == 30 && outer.width == 44 && outer.height == 24)
    for y in 0..<24 {
      for x in 0..<44 {
        let expected = (7..<37).contains(x) ? inner.pixels[y * 30 + x - 7] : 255
        #expect(outer.pixels[y * 44 + x] == expected, "\(x) \(y)")
      }
    }
    #expect(throws: TooWideImage.self) {
      try InputGeometry(height: 24, maximumWidth: 43, preparation: ImagePreparation(sideMargin: 7)) { $0 }
        .fit(line, into: framed)
    }
  }
}
