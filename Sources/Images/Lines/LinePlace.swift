/// Where the image of a line, as `LineCutter` cuts it, stands on its page.
public struct LinePlace: Sendable {
  private let strip: LineStrip
  /// How far the line's polygon reaches in each column; nil without a polygon.
  private let extents: ColumnExtents?
  /// Whether all columns have one direction.
  private let isStraight: Bool

  /// Columns of a curved line from one corner of a polygon to the next.
  private static let step = 16

  init(_ strip: LineStrip) {
    self.strip = strip
    let columns = strip.columns
    extents = strip.polygon.isEmpty ? nil : ColumnExtents(columns, strip.polygon)
    isStraight = columns.dx.allSatisfy { $0 == columns.dx[0] } && columns.dy.allSatisfy { $0 == columns.dy[0] }
  }

  /// The part of the page that a part of the line's image shows: a polygon, clockwise as the letters stand, from the corner at the
  /// top left. What is outside of the line's own polygon is left out above and below.
  ///
  /// - Parameter part: pixels of the line's image, (0, 0) at its corner.
  public func polygon(of part: LineOutline.Box) -> [PagePoint] {
    let width = Double(strip.width)
    let (from, to) = (max(0, min(part.from.x, width)), max(0, min(part.to.x, width)))
    let (top, bottom) = heights(from, to, part.from.y, part.to.y)
    let count = isStraight ? 1 : max(1, Int(to - from) / LinePlace.step)
    let places = (0...count).map { from + (to - from) * Double($0) / Double(count) }
    return places.map { point($0, top) } + places.reversed().map { point($0, bottom) }
  }

  /// Rows `from` to `to` of the image as heights, cut by the line's polygon in these columns.
  private func heights(_ left: Double, _ right: Double, _ from: Double, _ to: Double) -> (Double, Double) {
    let (top, bottom) = (Double(strip.top) + from, Double(strip.top) + to)
    guard let extents else { return (top, bottom) }
    let first = max(0, min(Int(left), strip.width - 1))
    var (highest, lowest) = (Double.infinity, -Double.infinity)
    for i in first...max(first, min(Int(right), strip.width - 1)) where !extents.isEmpty(i) {
      (highest, lowest) = (min(highest, extents.top[i]), max(lowest, extents.bottom[i]))
    }
    let (cutTop, cutBottom) = (max(top, highest), min(bottom, lowest))
    return cutTop < cutBottom ? (cutTop, cutBottom) : (top, bottom)
  }

  /// The point at height `v` of a place along the columns.
  private func point(_ place: Double, _ v: Double) -> PagePoint {
    let columns = strip.columns
    let i = max(0, min(Int(place), columns.count - 1))
    let part = place - Double(i) - 0.5
    let (dx, dy) = (columns.dx[i], columns.dy[i])
    return PagePoint(columns.x[i] + part * dx - v * dy, columns.y[i] + part * dy + v * dx)
  }
}

extension LineCutter {
  /// Where the image that ``cut(_:)`` makes of a line stands on the page.
  public func place(of outline: LineOutline) throws(LineError) -> LinePlace {
    LinePlace(try outline.strip(pageWidth: page.width, pageHeight: page.height, limits: limits))
  }
}
