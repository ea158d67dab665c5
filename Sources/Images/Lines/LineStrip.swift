/// A strip of a page that becomes the image of a line: pixel (i, j) is at height `top` + j + 1/2 of column i.
struct LineStrip {
  let columns: StripColumns
  /// The height v of the first row's upper edge.
  let top: Int
  let height: Int
  /// What is outside of it becomes paper; empty if nothing is.
  let polygon: [PagePoint]

  var width: Int { columns.count }

  /// A strip without mask.
  init(columns: StripColumns, top: Int, height: Int, limits: ImageLimits) throws(LineError) {
    (self.columns, self.top, self.height, polygon) = (columns, top, height, [])
    try check(limits)
  }

  /// The part of `columns` that the polygon crosses, as high as the polygon is there. A spike that is narrow (2 % of the
  /// columns) stands out by the polygon's median height at most.
  init(_ columns: StripColumns, fittedTo polygon: [PagePoint], limits: ImageLimits) throws(LineError) {
    let extents = ColumnExtents(columns, polygon)
    guard let range = extents.columns else { throw .noArea }
    let (top, bottom) = extents.reach(in: range)
    // The centers of rows between top and bottom.
    let (first, last) = (Int((top - 0.5).rounded(.up)), Int((bottom - 0.5).rounded(.down)))
    guard range.count >= 2, last - first >= 1 else { throw .noArea }
    let count = last - first + 1
    (self.columns, self.top, height, self.polygon) = (columns[range], first, count, polygon)
    try check(limits)
  }

  private func check(_ limits: ImageLimits) throws(LineError) {
    guard width >= 2, height >= 2 else { throw .noArea }
    if limits.refusal(width: width, height: height) != nil { throw .tooLarge("\(width) x \(height) pixels") }
  }

  /// Whether a pixel of the page is in the line's region.
  func touches(pageWidth: Int, pageHeight: Int) -> Bool {
    if let box = polygon.bounds, box.from.x >= 0, box.from.y >= 0, box.to.x <= Double(pageWidth),
      box.to.y <= Double(pageHeight)
    {
      return true
    }
    let extents = polygon.isEmpty ? nil : ColumnExtents(columns, polygon)
    let (low, high) = (Double(top), Double(top + height))
    for i in 0..<width {
      var (from, to) = extents.map { (max(low, $0.top[i]), min(high, $0.bottom[i])) } ?? (low, high)
      // Cuts the column by the page's four sides.
      clip(&from, &to, start: columns.x[i], step: -columns.dy[i], to: Double(pageWidth))
      clip(&from, &to, start: columns.y[i], step: columns.dx[i], to: Double(pageHeight))
      if to - from >= 0.5 { return true }
    }
    return false
  }
}

/// Leaves of heights `from`...`to` those where start + step * height is in 0...limit.
private func clip(_ from: inout Double, _ to: inout Double, start: Double, step: Double, to limit: Double) {
  if abs(step) < 1e-9 {
    if start < 0 || start > limit { to = -.infinity }
    return
  }
  let (a, b) = (-start / step, (limit - start) / step)
  from = max(from, min(a, b))
  to = min(to, max(a, b))
}

/// How far a polygon reaches above and below in each column: infinity and -infinity where it does not cross.
struct ColumnExtents {
  private(set) var top: [Double]
  private(set) var bottom: [Double]

  init(_ columns: StripColumns, _ polygon: [PagePoint]) {
    var top = [Double](repeating: .infinity, count: columns.count)
    var bottom = [Double](repeating: -.infinity, count: columns.count)
    columns.forEachCrossing(of: polygon) { i, v, _ in
      top[i] = min(top[i], v)
      bottom[i] = max(bottom[i], v)
    }
    (self.top, self.bottom) = (top, bottom)
  }

  func isEmpty(_ column: Int) -> Bool { !(top[column] < bottom[column]) }

  /// From the first column that the polygon crosses to the last; nil if there is none.
  var columns: Range<Int>? {
    guard let first = top.indices.first(where: { !isEmpty($0) }) else { return nil }
    return first..<top.indices.last { !isEmpty($0) }! + 1
  }

  /// The smallest top and the largest bottom, without the excess of narrow spikes.
  func reach(in range: Range<Int>) -> (top: Double, bottom: Double) {
    var (highest, lowest, tops, bottoms, count) = (Double.infinity, -Double.infinity, 0.0, 0.0, 0.0)
    for i in range where !isEmpty(i) {
      highest = min(highest, top[i])
      lowest = max(lowest, bottom[i])
      tops += top[i]
      bottoms += bottom[i]
      count += 1
    }
    let (meanTop, meanBottom) = (tops / count, bottoms / count)
    let spread = meanBottom - meanTop
    // The usual case: nothing stands out.
    if highest >= meanTop - spread && lowest <= meanBottom + spread { return (highest, lowest) }
    let filled = range.filter { !isEmpty($0) }
    let height = filled.map { bottom[$0] - top[$0] }.sorted()[filled.count / 2]
    let few = filled.count / 50
    return (
      max(highest, filled.map { top[$0] }.sorted()[few] - height),
      min(lowest, filled.map { bottom[$0] }.sorted()[filled.count - 1 - few] + height)
    )
  }
}
