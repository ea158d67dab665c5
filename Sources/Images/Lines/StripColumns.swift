/// The columns of a strip along a line of writing: where each stands on the page, and the direction of reading there.
/// A point at height v of column i is at (x, y) + v * (-dy, dx): v grows downward as the letters stand.
package struct StripColumns {
  /// Where the columns cross the baseline.
  package var x: [Double] = []
  package var y: [Double] = []
  /// Unit vectors to the next column.
  package var dx: [Double] = []
  package var dy: [Double] = []

  package var count: Int { x.count }

  init() {}

  /// Columns on a straight line: `count` of them, one pixel apart, the center of the first at `first` + 1/2 from `origin`.
  init(origin: PagePoint, direction: PagePoint, first: Int, count: Int) {
    x.reserveCapacity(count)
    y.reserveCapacity(count)
    for i in first..<first + count {
      let s = Double(i) + 0.5
      x.append(origin.x + s * direction.x)
      y.append(origin.y + s * direction.y)
    }
    dx = [Double](repeating: direction.x, count: count)
    dy = [Double](repeating: direction.y, count: count)
  }

  subscript(range: Range<Int>) -> StripColumns {
    var part = StripColumns()
    part.x = Array(x[range])
    part.y = Array(y[range])
    part.dx = Array(dx[range])
    part.dy = Array(dy[range])
    return part
  }

  /// Calls `body(column, v, turn)` for each place where an edge of the closed polygon crosses a column; `turn` is 1 or -1.
  /// The sum of the turns above a point is the winding number of the polygon around it.
  @inline(__always)
  func forEachCrossing(of polygon: [PagePoint], _ body: (Int, Double, Int) -> Void) {
    guard polygon.count >= 3 else { return }
    var sides = [Int8](repeating: 0, count: polygon.count)
    for start in stride(from: 0, to: count, by: 32) {
      let block = start..<min(start + 32, count)
      findSides(of: polygon, block, &sides)
      var previous = polygon.count - 1
      for current in polygon.indices {
        defer { previous = current }
        // Both ends are on the same side of all columns of the block.
        if sides[current] == sides[previous] && sides[current] != 0 { continue }
        let (a, b) = (polygon[previous], polygon[current])
        for i in block {
          let (dx, dy) = (dx[i], dy[i])
          let (ax, ay, bx, by) = (a.x - x[i], a.y - y[i], b.x - x[i], b.y - y[i])
          let (along, next) = (ax * dx + ay * dy, bx * dx + by * dy)
          guard (along < 0) != (next < 0) else { continue }
          let (from, to) = (ay * dx - ax * dy, by * dx - bx * dy)
          body(i, from + along / (along - next) * (to - from), along < 0 ? 1 : -1)
        }
      }
    }
  }

  /// For each point: 1 or -1 if it is surely after or before all columns of the block, else 0.
  private func findSides(of points: [PagePoint], _ block: Range<Int>, _ sides: inout [Int8]) {
    let middle = (block.lowerBound + block.upperBound) / 2
    let (mx, my, mdx, mdy) = (x[middle], y[middle], dx[middle], dy[middle])
    var (reach, turn) = (1.0, 0.0)
    for i in block {
      reach = max(reach, abs(x[i] - mx) + abs(y[i] - my))
      turn = max(turn, abs(dx[i] - mdx) + abs(dy[i] - mdy))
    }
    for (index, point) in points.enumerated() {
      let (px, py) = (point.x - mx, point.y - my)
      let along = px * mdx + py * mdy
      let slack = (abs(px) + abs(py)) * turn + reach + 1
      sides[index] = along > slack ? 1 : along < -slack ? -1 : 0
    }
  }
}
