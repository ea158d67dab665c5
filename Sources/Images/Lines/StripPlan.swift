/// Decides which strip of its page a line is: where it runs, which way is up, and what its mask is.
struct StripPlan {
  private let baseline: [PagePoint]
  private let polygon: [PagePoint]
  private let box: LineOutline.Box?
  private let rotation: Double
  private let limits: ImageLimits

  init(_ outline: LineOutline, limits: ImageLimits) {
    baseline = outline.baseline.withoutRepeats
    var polygon = outline.polygon.withoutRepeats
    if polygon.count > 1 && polygon.first == polygon.last { polygon.removeLast() }
    self.polygon = polygon.count >= 3 ? polygon : []
    (box, rotation, self.limits) = (outline.box?.ordered, outline.rotation, limits)
  }

  func strip() throws(LineError) -> LineStrip {
    guard !polygon.isEmpty || box != nil else { throw .noHeight(baselinePoints: baseline.count) }
    if baseline.count >= 2, let strip = try stripAlongBaseline() { return strip }
    let direction = directionWithoutBaseline()
    if let box = polygon.isEmpty ? box : polygon.uprightBox { return try crop(box, direction) }
    return try stripAlongMiddle(direction)
  }

  // MARK: With a baseline

  /// nil if the baseline is too short to say a direction, or the box too low to be a strip along it.
  private func stripAlongBaseline() throws(LineError) -> LineStrip? {
    let points = oriented(baseline)
    guard let region = polygon.isEmpty ? box.flatMap({ region(around: points, in: $0) }) : polygon else { return nil }
    let length = points.pathLength
    let height = max(8, abs(region.area) / length)
    guard length >= height / 2 else { return nil }
    if let line = StraightLine(points) { return try strip(along: line, region) }
    guard length <= Double(limits.width) else { throw .tooLarge("a baseline of \(Int(length)) pixels") }
    let curve = BaselineCurve(points, height: height)
    guard let columns = curve.columns(spanning: region, most: limits.width) else {
      throw .tooLarge("wider than \(limits.width) pixels")
    }
    return try LineStrip(columns, fittedTo: region, limits: limits)
  }

  /// The baseline's points in the direction of reading. One that is drawn from right to left is turned around if the line
  /// is above it, as with scripts that are written so; if the line is below it, it stands on its head on the page.
  private func oriented(_ points: [PagePoint]) -> [PagePoint] {
    let chord = points[points.count - 1] - points[0]
    let isLeftward = chord.x < 0 && abs(chord.y) <= abs(chord.x)
    // A baseline that comes back to its start has no direction but the one drawn.
    guard isLeftward, chord.distance(to: PagePoint(0, 0)) * 4 >= points.pathLength else { return points }
    let offset = center - points.pathCenter
    return offset.dot((-1 * chord).down) > 0 ? points : points.reversed()
  }

  private var center: PagePoint { polygon.isEmpty ? box?.center ?? PagePoint(0, 0) : polygon.center }

  /// The strip along the baseline that is in the box from side to side: as high above it as the box is above its highest
  /// point, and as deep below it. nil if that is less than two pixels.
  private func region(around points: [PagePoint], in box: LineOutline.Box) -> [PagePoint]? {
    let chord = points[points.count - 1] - points[0]
    let direction = chord.nearestAxis
    let corners = [box.from, box.to]
    let (along, across) = (corners.map { $0.dot(direction) }, corners.map { $0.dot(direction.down) })
    let heights = points.map { $0.dot(direction.down) }
    let (above, below) = (max(0, heights.min()! - across.min()!), max(0, across.max()! - heights.max()!))
    guard above + below >= 2 else { return nil }
    let (first, last) = (points[0], points[points.count - 1])
    let before = max(0, first.dot(direction) - along.min()!)
    let after = max(0, along.max()! - last.dot(direction))
    let path = [first - before * direction] + points + [last + after * direction]
    return path.map { $0 - above * direction.down } + path.reversed().map { $0 + below * direction.down }
  }

  private func strip(along line: StraightLine, _ region: [PagePoint]) throws(LineError) -> LineStrip {
    var (low, high) = (Double.infinity, -Double.infinity)
    for point in region {
      let s = (point - line.origin).dot(line.direction)
      (low, high) = (min(low, s), max(high, s))
    }
    let (first, last) = (Int((low - 0.5).rounded(.up)), Int((high - 0.5).rounded(.down)))
    guard last > first else { throw .noArea }
    guard last - first < limits.width else { throw .tooLarge("\(last - first + 1) pixels wide") }
    let columns = StripColumns(origin: line.origin, direction: line.direction, first: first, count: last - first + 1)
    return try LineStrip(columns, fittedTo: region, limits: limits)
  }

  // MARK: Without a baseline

  /// The axis nearest to a short baseline, or to the direction of reading that the file says.
  private func directionWithoutBaseline() -> PagePoint {
    if baseline.count >= 2 {
      let points = oriented(baseline)
      return (points[points.count - 1] - points[0]).nearestAxis
    }
    let turns = Int((rotation.truncatingRemainder(dividingBy: 360) / 90).rounded(.toNearestOrEven))
    return [PagePoint(1, 0), PagePoint(0, -1), PagePoint(-1, 0), PagePoint(0, 1)][(turns + 4) % 4]
  }

  private func crop(_ box: LineOutline.Box, _ direction: PagePoint) throws(LineError) -> LineStrip {
    let corners = [box.from, box.to].map { PagePoint($0.x.rounded(), $0.y.rounded()) }
    let (along, across) = (corners.map { $0.dot(direction) }, corners.map { $0.dot(direction.down) })
    let (first, last) = (Int(along.min()!), Int(along.max()!))
    let (top, bottom) = (Int(across.min()!), Int(across.max()!))
    guard last - first >= 2, bottom - top >= 2 else { throw .noArea }
    guard last - first <= limits.width else { throw .tooLarge("\(last - first) x \(bottom - top) pixels") }
    let columns = StripColumns(origin: PagePoint(0, 0), direction: direction, first: first, count: last - first)
    return try LineStrip(columns: columns, top: top, height: bottom - top, limits: limits)
  }

  /// The polygon, straightened along a straight line through its middle if that slopes clearly: over 4 heights or more, by
  /// 0.3 heights and 3 pixels. What is less may come of the letters, as of a `T` and a `g`.
  private func stripAlongMiddle(_ direction: PagePoint) throws(LineError) -> LineStrip {
    let upright = try strip(along: StraightLine(origin: PagePoint(0, 0), direction: direction), polygon)
    let columns = upright.columns
    let extents = ColumnExtents(columns, polygon)
    let filled = columns.x.indices.filter { !extents.isEmpty($0) }
    let count = Double(filled.count)
    let middle = filled.reduce(0) { $0 + Double($1) } / count
    let mean = filled.reduce(0) { $0 + (extents.top[$1] + extents.bottom[$1]) / 2 } / count
    let height = filled.reduce(0) { $0 + extents.bottom[$1] - extents.top[$1] } / count
    var (products, squares) = (0.0, 0.0)
    for i in filled {
      let s = Double(i) - middle
      products += s * ((extents.top[i] + extents.bottom[i]) / 2 - mean)
      squares += s * s
    }
    let (slope, width) = (products / max(squares, 1), Double(columns.count))
    let rise = abs(slope) * width
    guard width >= 4 * height, rise > 3, rise > 0.3 * height, abs(slope) <= 1,
      let sloped = (direction + slope * direction.down).unit
    else { return upright }
    let first = PagePoint(columns.x[0], columns.y[0])
    let origin = first + middle * direction + mean * direction.down
    return try strip(along: StraightLine(origin: origin, direction: sloped), polygon)
  }
}

/// A line that columns can stand on without bending.
private struct StraightLine {
  var origin: PagePoint
  var direction: PagePoint

  init(origin: PagePoint, direction: PagePoint) { (self.origin, self.direction) = (origin, direction) }

  /// nil for points that are more than 0.75 pixels off. Points within one row or column of pixels give the row's own
  /// direction and a whole origin, so that nothing is resampled.
  init?(_ points: [PagePoint]) {
    let chord = points[points.count - 1] - points[0]
    guard let unit = chord.unit else { return nil }
    let axis = chord.nearestAxis
    func range(_ normal: PagePoint) -> (low: Double, high: Double) {
      let offsets = points.map { ($0 - points[0]).dot(normal) }
      return (offsets.min()!, offsets.max()!)
    }
    let level = range(axis.down)
    if level.high - level.low <= 1 {
      let exact = points[0] + (level.low + level.high) / 2 * axis.down
      self.init(origin: PagePoint(exact.x.rounded(), exact.y.rounded()), direction: axis)
      return
    }
    let (low, high) = range(unit.down)
    guard high - low <= 1.5 else { return nil }
    // Points that go back are no line.
    let places = points.map { ($0 - points[0]).dot(unit) }
    guard zip(places, places.dropFirst()).allSatisfy({ $0 <= $1 }) else { return nil }
    self.init(origin: points[0] + (low + high) / 2 * unit.down, direction: unit)
  }
}
