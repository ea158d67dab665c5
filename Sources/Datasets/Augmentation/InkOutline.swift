import Images

/// The position of the writing in an image: for each row the first and the last pixel of ink. A map's effect on these
/// points gives the exact extent of the changed writing, since they contain its convex hull.
struct InkOutline {
  /// One row of ink: pixels `first ..< end` of row `y`.
  struct Row {
    let y: Int
    let first: Int
    let end: Int
  }
  /// The bounds of the ink, in pixels.
  struct Box {
    var left, right, top, bottom: Double
  }
  private(set) var rows: [Row] = []
  /// Columns of paper left and right of all ink.
  private(set) var margins = (left: 0, right: 0)

  /// Reserves memory for images of `count` rows.
  mutating func reserve(rows count: Int) { rows.reserveCapacity(count) }

  /// A pixel is ink if it is darker than the middle between the image's darkest and lightest value. An image of
  /// (nearly) one gray counts as ink everywhere.
  mutating func trace(_ image: GrayView) {
    rows.removeAll(keepingCapacity: true)
    var (darkest, lightest) = (UInt8.max, UInt8.min)
    for i in 0..<image.count {
      let value = image.pixels[i]
      darkest = min(darkest, value)
      lightest = max(lightest, value)
    }
    let isEven = lightest - darkest < 16
    let threshold = isEven ? 255 : UInt8((Int(darkest) + Int(lightest)) / 2)
    margins = (image.width, image.width)
    for y in 0..<image.height {
      let row = image.pixels + y * image.width
      var (first, end) = (0, image.width)
      while first < end && row[first] > threshold { first += 1 }
      while end > first && row[end - 1] > threshold { end -= 1 }
      guard first < end else { continue }
      rows.append(Row(y: y, first: first, end: end))
      margins = (min(margins.left, first), min(margins.right, image.width - end))
    }
  }

  /// The smallest box around the mapped ink. Not empty after ``trace(_:)``.
  func box(under map: AffineMap) -> Box {
    var (left, right, top, bottom) = (Double.infinity, -Double.infinity, Double.infinity, -Double.infinity)
    // A row is one pixel high: its corners are half a pixel above and below its center.
    let (halfX, halfY) = (abs(map.b) / 2, abs(map.e) / 2)
    for row in rows {
      let y = Double(row.y) + 0.5
      let (start, end) = (map(x: Double(row.first), y: y), map(x: Double(row.end), y: y))
      (left, right) = (min(left, min(start.x, end.x) - halfX), max(right, max(start.x, end.x) + halfX))
      (top, bottom) = (min(top, min(start.y, end.y) - halfY), max(bottom, max(start.y, end.y) + halfY))
    }
    return Box(left: left, right: right, top: top, bottom: bottom)
  }

  /// The same for a projective map, whose denominator must be positive on the ink.
  func box(under map: PerspectiveMap) -> Box {
    var box = Box(left: .infinity, right: -.infinity, top: .infinity, bottom: -.infinity)
    for row in rows {
      for y in row.y...row.y + 1 {
        for i in 0..<2 {
          let p = map(x: Double(i == 0 ? row.first : row.end), y: Double(y))
          (box.left, box.right) = (min(box.left, p.x), max(box.right, p.x))
          (box.top, box.bottom) = (min(box.top, p.y), max(box.bottom, p.y))
        }
      }
    }
    return box
  }
}
