/// Values over steps. Neighbors are averaged, so that a run of any length gives a curve of bounded size.
package struct Curve: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double
  }

  /// The largest number of points.
  package static let limit = 160

  package init() {}

  /// Means of `stride` values each, at the position of the last.
  private var full: [Point] = []
  private var stride = 1
  /// The values of the incomplete last mean.
  private var pending: (count: Int, sum: Double, x: Double) = (0, 0, 0)

  package static func == (a: Curve, b: Curve) -> Bool { a.points == b.points }

  /// Adds a value; values that are not finite are ignored. Positions must not decrease.
  package mutating func add(_ y: Double, at x: Double) {
    guard y.isFinite, x.isFinite, abs(y) < 1e100 else { return }
    pending = (pending.count + 1, pending.sum + y, x)
    guard pending.count == stride else { return }
    full.append(Point(x: x, y: pending.sum / Double(stride)))
    pending = (0, 0, 0)
    guard full.count == Curve.limit else { return }
    full = Swift.stride(from: 0, to: full.count - 1, by: 2).map { i in
      Point(x: full[i + 1].x, y: (full[i].y + full[i + 1].y) / 2)
    }
    stride *= 2
  }

  package var points: [Point] {
    pending.count == 0 ? full : full + [Point(x: pending.x, y: pending.sum / Double(pending.count))]
  }
}
