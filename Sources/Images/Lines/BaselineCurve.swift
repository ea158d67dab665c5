/// A smooth curve along a baseline, one column per pixel of its length, that goes on straight at both ends.
///
/// Positions are averaged over about half of the line's height, so that corners of the polyline make no kinks. Directions
/// are averaged over more, until neighboring columns do not meet within the line's reach: letters are never folded.
package struct BaselineCurve {
  private let points: [PagePoint]
  /// The place of each point along the polyline.
  private let places: [Double]
  /// The line's height, a guess that decides how much is smoothed.
  private let height: Double
  private let startDirection: PagePoint
  private let endDirection: PagePoint

  var length: Double { places[places.count - 1] }

  /// - Parameter points: 2 or more, without repeated points.
  package init(_ points: [PagePoint], height: Double) {
    (self.points, self.height) = (points, max(4, min(height, 1_000)))
    var places = [0.0]
    for i in 1..<points.count { places.append(places[i - 1] + points[i - 1].distance(to: points[i])) }
    self.places = places
    // A short last piece may point anywhere: the direction of an end is that over the line's height.
    let total = places[places.count - 1]
    let piece = min(total, max(height, 4))
    let (inner, outer) = (Self.point(at: piece, points, places), Self.point(at: total - piece, points, places))
    startDirection = (inner - points[0]).unit ?? PagePoint(1, 0)
    endDirection = (points[points.count - 1] - outer).unit ?? startDirection
  }

  /// The columns along the whole of `polygon`; nil if they are more than `most`.
  package func columns(spanning polygon: [PagePoint], most: Int) -> StripColumns? {
    let (before, after, reach) = extent(of: polygon)
    guard before + length + after <= Double(most) else { return nil }
    let radius = Int(height / 4)
    let pad = Double(2 * radius + 4)
    let (xs, ys) = samples(from: -(before + pad).rounded(.up), to: length + after + pad)
    let smoothX = averaged(averaged(xs, radius, isCut: false), radius, isCut: false)
    let smoothY = averaged(averaged(ys, radius, isCut: false), radius, isCut: false)
    var columns = evenlySpaced(smoothX, smoothY)
    smoothDirections(of: &columns, reach: reach)
    return columns
  }

  /// How far the polygon goes beyond the start and the end, and how far from the curve, 3 heights at most.
  private func extent(of polygon: [PagePoint]) -> (before: Double, after: Double, reach: Double) {
    var (before, after, reach) = (0.0, 0.0, 0.0)
    let last = points.count - 1
    for vertex in polygon {
      var (nearest, isAtStart, isAtEnd) = (Double.infinity, false, false)
      for i in 0..<last {
        let edge = points[i + 1] - points[i]
        let offset = vertex - points[i]
        let part = (offset.x * edge.x + offset.y * edge.y) / (edge.x * edge.x + edge.y * edge.y)
        let inside = max(0, min(part, 1))
        let (x, y) = (offset.x - inside * edge.x, offset.y - inside * edge.y)
        let square = x * x + y * y
        guard square < nearest else { continue }
        (nearest, isAtStart, isAtEnd) = (square, i == 0 && part < 0, i == last - 1 && part > 1)
      }
      let (fromStart, fromEnd) = (vertex - points[0], vertex - points[last])
      if isAtStart { before = max(before, -fromStart.dot(startDirection)) }
      if isAtEnd { after = max(after, fromEnd.dot(endDirection)) }
      if !isAtStart && !isAtEnd { reach = max(reach, nearest.squareRoot()) }
    }
    return (before, after, max(height, min(reach, 3 * height)))
  }

  /// Points of the polyline and its straight ends, one pixel apart.
  private func samples(from first: Double, to last: Double) -> ([Double], [Double]) {
    let count = Int(last - first) + 1
    var (xs, ys, segment) = ([Double](), [Double](), 1)
    xs.reserveCapacity(count)
    ys.reserveCapacity(count)
    for k in 0..<count {
      let s = first + Double(k)
      let (origin, direction, distance): (PagePoint, PagePoint, Double)
      if s <= 0 {
        (origin, direction, distance) = (points[0], startDirection, s)
      } else if s >= length {
        (origin, direction, distance) = (points[points.count - 1], endDirection, s - length)
      } else {
        while places[segment] < s { segment += 1 }
        let part = (s - places[segment - 1]) / (places[segment] - places[segment - 1])
        (origin, direction, distance) = (points[segment - 1], points[segment] - points[segment - 1], part)
      }
      xs.append(origin.x + distance * direction.x)
      ys.append(origin.y + distance * direction.y)
    }
    return (xs, ys)
  }

  private static func point(at s: Double, _ points: [PagePoint], _ places: [Double]) -> PagePoint {
    guard let next = places.firstIndex(where: { $0 >= s }), next > 0 else { return points[0] }
    let part = (s - places[next - 1]) / (places[next] - places[next - 1])
    let (a, b) = (points[next - 1], points[next])
    return PagePoint(a.x + part * (b.x - a.x), a.y + part * (b.y - a.y))
  }

  /// Columns one pixel apart along the smoothed curve, with the directions of its pieces.
  private func evenlySpaced(_ xs: [Double], _ ys: [Double]) -> StripColumns {
    var columns = StripColumns()
    var (passed, wanted) = (0.0, 0.5)
    for k in 1..<xs.count {
      let (dx, dy) = (xs[k] - xs[k - 1], ys[k] - ys[k - 1])
      let step = (dx * dx + dy * dy).squareRoot()
      guard step > 1e-9 else { continue }
      while wanted < passed + step {
        let part = (wanted - passed) / step
        columns.x.append(xs[k - 1] + part * dx)
        columns.y.append(ys[k - 1] + part * dy)
        columns.dx.append(dx / step)
        columns.dy.append(dy / step)
        wanted += 1
      }
      passed += step
    }
    return columns
  }

  /// Averages directions over wider and wider windows until no column meets its neighbor within twice the reach.
  private func smoothDirections(of columns: inout StripColumns, reach: Double) {
    let (rawX, rawY) = (columns.dx, columns.dy)
    var radius = Int(height / 2)
    while true {
      let (xs, ys) = (averaged(rawX, radius, isCut: true), averaged(rawY, radius, isCut: true))
      var (turn, lastX, lastY) = (0.0, startDirection.x, startDirection.y)
      for i in 0..<columns.count {
        let length = (xs[i] * xs[i] + ys[i] * ys[i]).squareRoot()
        let (x, y) = length > 1e-3 ? (xs[i] / length, ys[i] / length) : (lastX, lastY)
        if i > 0 { turn = max(turn, abs(x - lastX) + abs(y - lastY)) }
        (columns.dx[i], columns.dy[i], lastX, lastY) = (x, y, x, y)
      }
      if turn * reach <= 0.5 || radius > columns.count { return }
      radius *= 2
    }
  }
}

/// Means over 2 * radius + 1 values. At the ends the window is cut on one side (`isCut`) or narrowed on both, which leaves
/// what is straight as it is.
private func averaged(_ values: [Double], _ radius: Int, isCut: Bool) -> [Double] {
  let count = values.count
  var sums = [0.0]
  sums.reserveCapacity(count + 1)
  let base = values.first ?? 0
  for value in values { sums.append(sums[sums.count - 1] + (value - base)) }
  return (0..<count).map { i in
    let (before, after) = (min(radius, i), min(radius, count - 1 - i))
    let (from, to) = isCut ? (i - before, i + after) : (i - min(before, after), i + min(before, after))
    return base + (sums[to + 1] - sums[from]) / Double(to - from + 1)
  }
}
