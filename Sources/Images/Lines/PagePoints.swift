// Plane geometry of outlines. Only operations that IEEE 754 rounds exactly: the same bits on every machine.

extension PagePoint {
  static func - (a: PagePoint, b: PagePoint) -> PagePoint { PagePoint(a.x - b.x, a.y - b.y) }
  static func + (a: PagePoint, b: PagePoint) -> PagePoint { PagePoint(a.x + b.x, a.y + b.y) }
  static func * (factor: Double, a: PagePoint) -> PagePoint { PagePoint(factor * a.x, factor * a.y) }

  func dot(_ other: PagePoint) -> Double { x * other.x + y * other.y }

  func distance(to other: PagePoint) -> Double {
    let (dx, dy) = (other.x - x, other.y - y)
    return (dx * dx + dy * dy).squareRoot()
  }

  /// The vector of length 1 in this direction; nil for a vector of (nearly) no length.
  var unit: PagePoint? {
    let length = (x * x + y * y).squareRoot()
    return length > 1e-6 ? PagePoint(x / length, y / length) : nil
  }

  /// This direction, turned clockwise by a quarter: downward for one to the right.
  var down: PagePoint { PagePoint(-y, x) }

  /// Rightward, downward, leftward or upward.
  var nearestAxis: PagePoint {
    abs(y) > abs(x) ? PagePoint(0, y < 0 ? -1 : 1) : PagePoint(x < 0 ? -1 : 1, 0)
  }
}

extension LineOutline.Box {
  /// The same box with its corners in order.
  var ordered: LineOutline.Box {
    LineOutline.Box(
      from: PagePoint(min(from.x, to.x), min(from.y, to.y)), to: PagePoint(max(from.x, to.x), max(from.y, to.y)))
  }

  var center: PagePoint { 0.5 * (from + to) }
}

extension [PagePoint] {
  /// The points without those that repeat the one before.
  var withoutRepeats: [PagePoint] {
    var points: [PagePoint] = []
    points.reserveCapacity(count)
    for point in self where points.last.map({ $0.distance(to: point) > 1e-3 }) ?? true { points.append(point) }
    return points
  }

  /// The length of the path through the points.
  var pathLength: Double { zip(self, dropFirst()).reduce(0) { $0 + $1.0.distance(to: $1.1) } }

  /// The center of the path through the points, which has a length.
  var pathCenter: PagePoint {
    var (sum, length) = (PagePoint(0, 0), 0.0)
    for (a, b) in zip(self, dropFirst()) {
      let piece = a.distance(to: b)
      sum = sum + piece / 2 * (a + b)
      length += piece
    }
    return 1 / length * sum
  }

  /// The polygon's area: positive if it goes clockwise on the page.
  var area: Double { moments.area }

  /// The polygon's center of area, or the mean of its corners if it has (nearly) no area.
  var center: PagePoint {
    let (area, moment) = moments
    guard abs(area) > 1 else { return 1 / Double(count) * reduce(PagePoint(0, 0), +) }
    return self[0] + 1 / area * moment
  }

  private var moments: (area: Double, moment: PagePoint) {
    var (area, moment) = (0.0, PagePoint(0, 0))
    for i in 1..<Swift.max(2, count) where count > 2 {
      let (a, b) = (self[i] - self[0], self[(i + 1) % count] - self[0])
      let part = (a.x * b.y - a.y * b.x) / 2
      area += part
      moment = moment + part / 3 * (a + b)
    }
    return (area, moment)
  }

  /// The polygon as a box, if it is an upright rectangle.
  var uprightBox: LineOutline.Box? {
    guard count == 4, let box = bounds else { return nil }
    let isUpright = indices.allSatisfy { i in
      let (a, b) = (self[i], self[(i + 1) % 4])
      let isCorner = (a.x == box.from.x || a.x == box.to.x) && (a.y == box.from.y || a.y == box.to.y)
      return isCorner && (a.x == b.x) != (a.y == b.y)
    }
    return isUpright ? box : nil
  }

  /// The smallest upright box around the points; nil without points.
  var bounds: LineOutline.Box? {
    guard let first else { return nil }
    var (from, to) = (first, first)
    for point in self {
      from = PagePoint(Swift.min(from.x, point.x), Swift.min(from.y, point.y))
      to = PagePoint(Swift.max(to.x, point.x), Swift.max(to.y, point.y))
    }
    return LineOutline.Box(from: from, to: to)
  }
}
