/// An al-lakuna that follows the top of its round letter as an arc, as in books: it leaves the letter's outline at the
/// right, and the letter makes room for it.
package struct HoodArc: Equatable, Sendable {
  /// The white gap between the arc and the letter in the arc's left half, as a share of the letter's height.
  package var gap: Double
  /// The share of the room that the letter makes: with 0 the arc rises, with 1 both together are about as high as the
  /// letter alone.
  package var nesting: Double
  /// How far the arc's left end descends to the letter: 0 not at all, 1 down to it.
  package var tick: Double

  package init(gap: Double, nesting: Double, tick: Double) {
    self.gap = gap
    self.nesting = nesting
    self.tick = tick
  }
}

/// An arc above a letter's outline. Heights count upwards from the baseline.
struct HoodShape {
  /// The arc's own corners, closed, in the direction of the letter's outline.
  private(set) var polygon: [SIMD2<Double>] = []
  private let span: ClosedRange<Double>
  /// Between these heights, the room that the letter makes decreases; below them it makes none.
  private let soft: ClosedRange<Double>
  /// How much lower the letter's top is at the left.
  private let room: Double

  private static let columns = 24
  /// Parts of the letter below this height make no room, as a share of the letter's height.
  private static let body = 0.45
  /// The largest room, as a share of the letter's height.
  private static let mostRoom = 0.3

  /// - Parameters:
  ///   - outline: the sides of the letter's polygons.
  ///   - span: from the arc's left end to its right one.
  ///   - letter: the letter's height.
  ///   - thickness: the final thickness of strokes, if they get thicker.
  ///   - closing: the width of white gaps that will be filled.
  /// - Returns: nil if the letter does not reach from one end of the span to the other.
  init?(
    _ arc: HoodArc, over outline: [(SIMD2<Double>, SIMD2<Double>)], span: ClosedRange<Double>, letter: Double,
    thickness: Double, closing: Double
  ) {
    let columns = HoodShape.columns
    let xs = (0...columns).map { span.lowerBound + (span.upperBound - span.lowerBound) * Double($0) / Double(columns) }
    var tops: [Double] = []
    var strokes: [Double] = []
    for x in xs {
      let heights = outline.compactMap { a, b -> Double? in
        (a.x <= x) == (b.x <= x) ? nil : a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x)
      }.sorted(by: >)
      guard heights.count > 1 else { return nil }
      tops.append(heights[0])
      strokes.append(heights[0] - heights[1])
    }
    let stroke = strokes.sorted()[columns / 2]
    let distance = max(stroke, thickness) + closing + arc.gap * letter
    self.span = span
    let lowest = HoodShape.body * letter
    // The stroke at the top keeps its thickness.
    soft = lowest...max(lowest + 0.1 * letter, letter - 1.2 * stroke)
    room = min(arc.nesting * distance, HoodShape.mostRoom * letter)
    let upper = zip(xs, tops).map { x, top in
      SIMD2(x, lowered(SIMD2(x, top)) + distance * HoodShape.taper(x, span))
    }
    let end = upper[0] - SIMD2(0, stroke)
    let low = end.y - arc.tick * (distance - stroke)
    polygon = upper + upper.dropFirst().reversed().map { $0 - SIMD2(0, stroke) }
    polygon += [end + SIMD2(stroke, 0), SIMD2(end.x + stroke, low), SIMD2(end.x, low), upper[0]]
    let sides = zip(polygon, polygon.dropFirst()).map { ($0, $1) }
    if (HoodShape.area(sides) < 0) != (HoodShape.area(outline) < 0) { polygon.reverse() }
  }

  /// The height of a point of the letter after it has made room.
  func lowered(_ point: SIMD2<Double>) -> Double {
    let share = (point.y - soft.lowerBound) / (soft.upperBound - soft.lowerBound)
    return point.y - room * HoodShape.taper(point.x, span) * min(1, max(0, share))
  }

  /// 1 in the left half of the span and left of it, falling smoothly to 0 at its right end.
  private static func taper(_ x: Double, _ span: ClosedRange<Double>) -> Double {
    smoothstep(min(1, max(0, 2 * (span.upperBound - x) / (span.upperBound - span.lowerBound))))
  }

  private static func area(_ sides: [(SIMD2<Double>, SIMD2<Double>)]) -> Double {
    sides.reduce(0) { $0 + $1.0.x * $1.1.y - $1.1.x * $1.0.y }
  }
}
