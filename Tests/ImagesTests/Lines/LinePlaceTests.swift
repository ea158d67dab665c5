import Images
import Testing

/// Where parts of a line's image are on the page: spots that are drawn at known places are found in the cut image, and led back.
@Suite struct LinePlaceTests {
  private static let spots = [60.0, 143, 250, 381, 466, 560]

  /// A page with spots of 8 x 8 pixels on the baseline y = f(x).
  private func page(_ width: Int, _ height: Int, _ f: @escaping (Double) -> Double) -> GrayImage {
    .page(width, height) { x, y in
      Self.spots.contains { abs(x - $0) < 4 && abs(y - f($0) + 10) < 4 } ? 0 : 230
    }
  }

  /// The boxes of the ink in a cut image, from left to right, each as high as the image.
  private func inkBoxes(_ image: GrayImage) -> [LineOutline.Box] {
    var boxes: [LineOutline.Box] = []
    var start: Int?
    for x in 0...image.width {
      let hasInk = x < image.width && (0..<image.height).contains { image[x, $0] < 120 }
      if hasInk && start == nil { start = x }
      if !hasInk, let from = start {
        boxes.append(.init(from: PagePoint(Double(from), 0), to: PagePoint(Double(x), Double(image.height))))
        start = nil
      }
    }
    return boxes
  }

  private func expectSpots(
    _ page: GrayImage, _ outline: LineOutline, _ f: (Double) -> Double, within tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let cutter = LineCutter(page)
    let image = try cutter.cut(outline)
    let place = try cutter.place(of: outline)
    let boxes = inkBoxes(image)
    #expect(boxes.count == Self.spots.count, sourceLocation: sourceLocation)
    for (box, x) in zip(boxes, Self.spots) {
      let polygon = place.polygon(of: box)
      #expect(isIn(polygon, x, f(x) - 10), "\(x): \(polygon)", sourceLocation: sourceLocation)
      // Across the line the polygon is as wide as the spot.
      let (left, right) = (polygon[0], polygon[polygon.count / 2 - 1])
      let length = ((right.x - left.x) * (right.x - left.x) + (right.y - left.y) * (right.y - left.y)).squareRoot()
      #expect(abs(length - 8) <= tolerance, "\(length)", sourceLocation: sourceLocation)
    }
  }

  @Test func straightSlopedAndCurvedLines() throws {
    try expectSpots(page(640, 200) { _ in 100 }, .along(20...620) { _ in 100 }, { _ in 100 }, within: 0)
    for slope in [-0.4, -0.1, 0.07, 0.3] {
      let line: (Double) -> Double = { 200 + slope * ($0 - 320) }
      try expectSpots(page(640, 400, line), .along(20...620, line), line, within: 3)
    }
    let curve: (Double) -> Double = { 150 + 0.0006 * ($0 - 320) * ($0 - 320) }
    try expectSpots(page(640, 300, curve), .along(20...620, curve), curve, within: 3)
  }

  /// A page on its side, by its baseline.
  @Test func turnedPages() throws {
    let straight = page(640, 200) { _ in 100 }
    let outline = LineOutline.along(20...620) { _ in 100 }
    let cutter = LineCutter(straight.turned)
    let (image, place) = (
      try cutter.cut(outline.turned(pageHeight: 200)), try cutter.place(of: outline.turned(pageHeight: 200))
    )
    let boxes = inkBoxes(image)
    #expect(boxes.count == Self.spots.count)
    for (box, x) in zip(boxes, Self.spots) {
      // Clockwise: the left end comes to the top, and y = 90 to x = 110.
      let polygon = place.polygon(of: box)
      #expect(polygon.map(\.y).min() == x - 4 && polygon.map(\.y).max() == x + 4, "\(polygon)")
      #expect(isIn(polygon, 110, x), "\(polygon)")
    }
  }

  /// The line's polygon cuts the place of a word above and below; parts outside of the image are moved to its edge.
  @Test func thePolygonCutsHeights() throws {
    let outline = LineOutline(
      baseline: points((10, 60), (210, 60)),
      polygon: points((10, 40), (110, 40), (110, 20), (210, 20), (210, 70), (10, 70)))
    let cutter = LineCutter(GrayImage(width: 300, height: 100))
    let place = try cutter.place(of: outline)
    let low = place.polygon(of: .init(from: PagePoint(10, 0), to: PagePoint(50, 50)))
    #expect(low == points((20, 40), (60, 40), (60, 70), (20, 70)))
    let high = place.polygon(of: .init(from: PagePoint(150, 0), to: PagePoint(999, 50)))
    #expect(high == points((160, 20), (210, 20), (210, 70), (160, 70)))
    #expect(throws: LineError.self) { try cutter.place(of: LineOutline()) }
  }

  @Test func boxesAreTheirOwnPlace() throws {
    let outline = LineOutline(box: .init(from: PagePoint(5, 7), to: PagePoint(95, 31)))
    let place = try LineCutter(GrayImage(width: 100, height: 50)).place(of: outline)
    #expect(
      place.polygon(of: .init(from: PagePoint(1, 2), to: PagePoint(4, 20)))
        == points((6, 9), (9, 9), (9, 27), (6, 27)))
  }
}
