import CPango

/// Concatenated polygons, in pixels. As in images, y points down.
struct Outline {
  struct Point {
    var x, y: Double
    /// Whether a polygon begins here. A polygon's last corner repeats its first.
    let isFirst: Bool
  }
  var points: [Point] = []

  /// The longest side of a polygon, in pixels: longer sides are divided, so that they can bend.
  let longest: Double

  /// Adds the polygons of Cairo's path.
  mutating func append(_ cairo: OpaquePointer?) {
    guard let path = cairo_copy_path_flat(cairo) else { return }
    defer { cairo_path_destroy(path) }
    var (i, first, last) = (0, Point(x: 0, y: 0, isFirst: true), Point(x: 0, y: 0, isFirst: true))
    let count = Int(path.pointee.num_data)
    while i < count {
      let header = path.pointee.data[i].header
      switch header.type {
      case CAIRO_PATH_MOVE_TO:
        let point = path.pointee.data[i + 1].point
        first = Point(x: point.x, y: point.y, isFirst: true)
        last = first
      case CAIRO_PATH_LINE_TO:
        // A glyph's path ends with a move to its origin, which is not part of the outline.
        if last.isFirst { points.append(first) }
        let point = path.pointee.data[i + 1].point
        line(from: last, to: point.x, point.y)
        last = Point(x: point.x, y: point.y, isFirst: false)
      default:
        if !last.isFirst && (last.x, last.y) != (first.x, first.y) { line(from: last, to: first.x, first.y) }
        last = first
      }
      i += Int(header.length)
    }
  }

  private mutating func line(from last: Point, to x: Double, _ y: Double) {
    let (dx, dy) = (x - last.x, y - last.y)
    let pieces = max(1, Int((max(abs(dx), abs(dy)) / longest).rounded(.up)))
    for k in 1...pieces {
      let share = Double(k) / Double(pieces)
      points.append(Point(x: last.x + share * dx, y: last.y + share * dy, isFirst: false))
    }
  }

  /// The sides of the polygons from a point on, with heights above the baseline.
  func sides(from start: Int, baseline: Double) -> [(SIMD2<Double>, SIMD2<Double>)] {
    zip(points[start...], points[start...].dropFirst()).filter { !$1.isFirst }.map {
      (SIMD2($0.x, baseline - $0.y), SIMD2($1.x, baseline - $1.y))
    }
  }

  /// The mean thickness of strokes, in pixels: twice the area by the length of the outlines.
  var meanThickness: Double {
    let length = zip(points, points.dropFirst()).reduce(0) { sum, side in
      let (dx, dy) = (side.1.x - side.0.x, side.1.y - side.0.y)
      return side.1.isFirst ? sum : sum + (dx * dx + dy * dy).squareRoot()
    }
    return length > 0 ? abs(signedArea) / length : 0
  }

  /// Twice the area within the outlines, negative if their orientation is reversed.
  var signedArea: Double {
    zip(points, points.dropFirst()).reduce(0) { $1.1.isFirst ? $0 : $0 + $1.0.x * $1.1.y - $1.1.x * $1.0.y }
  }
}
