import Images
import Tensors

/// Pages drawn for the tests of line cutting.
extension GrayImage {
  /// A page whose pixels are given by their centers.
  static func page(_ width: Int, _ height: Int, _ value: (Double, Double) -> UInt8) -> GrayImage {
    var image = GrayImage(width: width, height: height)
    for y in 0..<height { for x in 0..<width { image[x, y] = value(Double(x) + 0.5, Double(y) + 0.5) } }
    return image
  }

  /// Noise of all gray values.
  static func noise(_ width: Int, _ height: Int, sample: UInt32 = 0) -> GrayImage {
    var random = KeyedRandom(seed: 31, purpose: .test, sample: sample)
    return page(width, height) { _, _ in UInt8(random.integer(below: 256)) }
  }

  /// The page turned clockwise by a quarter.
  var turned: GrayImage {
    var image = GrayImage(width: height, height: width)
    for y in 0..<height { for x in 0..<width { image[height - 1 - y, x] = self[x, y] } }
    return image
  }

  /// For each column with ink (darker than `level`), the rows of the first and of the last ink.
  func inkRows(darkerThan level: UInt8 = 128) -> [ClosedRange<Int>] {
    (0..<width).compactMap { x in
      let rows = (0..<height).filter { self[x, $0] < level }
      return rows.isEmpty ? nil : rows[0]...rows[rows.count - 1]
    }
  }
}

extension LineOutline {
  /// The same line on a page of that height that is turned clockwise by a quarter.
  func turned(pageHeight: Int) -> LineOutline {
    func turned(_ point: PagePoint) -> PagePoint { PagePoint(Double(pageHeight) - point.y, point.x) }
    return LineOutline(
      baseline: baseline.map(turned), polygon: polygon.map(turned),
      box: box.map { Box(from: turned($0.from), to: turned($0.to)) }, rotation: rotation - 90)
  }

  /// A line with the baseline y = f(x) and a polygon from `above` it to `below` it, with a corner every 10 pixels.
  static func along(
    _ x: ClosedRange<Int>, above: Double = 40, below: Double = 15, _ f: (Double) -> Double
  ) -> LineOutline {
    let places = stride(from: x.lowerBound, through: x.upperBound, by: 10).map(Double.init)
    let baseline = places.map { PagePoint($0, f($0)) }
    let upper = baseline.map { PagePoint($0.x, $0.y - above) }
    let lower = baseline.map { PagePoint($0.x, $0.y + below) }
    return LineOutline(baseline: baseline, polygon: upper + lower.reversed())
  }
}

func points(_ coordinates: (Double, Double)...) -> [PagePoint] { coordinates.map { PagePoint($0.0, $0.1) } }

/// Whether a point is in a polygon, by rays (no winding numbers here).
func isIn(_ polygon: [PagePoint], _ x: Double, _ y: Double) -> Bool {
  var isInside = false
  for (a, b) in zip(polygon, polygon.dropFirst() + polygon.prefix(1)) where (a.y > y) != (b.y > y) {
    if x < a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) { isInside.toggle() }
  }
  return isInside
}
