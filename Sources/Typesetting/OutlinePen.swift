import CPango
import Tensors

/// A word's outlines after an ``OutlineVariation``, as polygons in pixels, ready to be painted. The origin is where the
/// layout's upper left corner is.
struct OutlinePen {
  private struct Point {
    var x, y: Double
    /// Whether a polygon begins here.
    let isFirst: Bool
  }
  private var points: [Point] = []
  private let variation: OutlineVariation
  /// Width of the line around the outlines, in pixels; negative to take away.
  private var lineWidth = 0.0

  /// What the painted outlines cover at most.
  private(set) var bounds = (left: 0.0, top: 0.0, right: 0.0, bottom: 0.0)

  /// The longest side of a polygon, in ems: longer ones are divided, so that they can bend.
  private static let longestSide = 0.1
  /// What is left at least of the mean thickness of strokes.
  private static let leastShare = 0.4
  /// Up to here strokes on the baseline may get thicker, in ems.
  private static let bowlHeight = 0.4
  /// Signs that are lower are small, in ems.
  private static let signHeight = 0.47

  /// - Parameters:
  ///   - setter: has set `word`.
  ///   - size: the em in pixels.
  ///   - letterSpacing: what the word was set with, in pixels.
  init(_ setter: FaceSetter, word: String, size: Int, letterSpacing: Float, variation: OutlineVariation) {
    self.variation = variation
    let em = Double(size)
    let baseline = Double(pango_layout_get_baseline(setter.layout)) / Double(PANGO_SCALE)
    outline(setter, setter.clusters(of: word), em: em, baseline: baseline, letterSpacing: letterSpacing)
    addStress(em: em, baseline: baseline)
    distort(em: em, baseline: baseline, setter.face)
    setWeight(em: em)
  }

  /// Takes the polygons of each glyph out of Cairo's path, and gives the glyph its own size and place.
  private mutating func outline(
    _ setter: FaceSetter, _ clusters: [Int: GlyphCluster], em: Double, baseline: Double, letterSpacing: Float
  ) {
    // Without bounds: Cairo leaves out glyphs that are far from its surface.
    let surface = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, nil)
    let cairo = cairo_create(surface)
    let single = pango_glyph_string_new()!
    defer {
      pango_glyph_string_free(single)
      cairo_destroy(cairo)
      cairo_surface_destroy(surface)
    }
    cairo_set_tolerance(cairo, 0.05)
    pango_glyph_string_set_size(single, 1)
    var x = 0.0
    func append(_ info: PangoGlyphInfo, _ font: UnsafeMutablePointer<PangoFont>?) {
      single.pointee.glyphs[0] = info
      cairo_new_path(cairo)
      cairo_move_to(cairo, x, baseline)
      pango_cairo_glyph_string_path(cairo, font, single)
      appendPath(cairo, longest: OutlinePen.longestSide * em)
    }
    setter.forEachGlyph { info, cluster, font in
      let start = points.count
      append(info, font)
      if let cluster = clusters[cluster] {
        if info.glyph == cluster.letterGlyph, variation.forms.applies(to: cluster.scalars) {
          var alone = info
          alone.glyph = akuru_nominal_glyph(font, cluster.scalars[0].value)
          let letter = Double(akuru_glyph_top(font, alone.glyph)) / Double(PANGO_SCALE)
          let own = points[start...]
          let hood = variation.forms.arc == nil ? nil : hoodSpan(from: start, cluster.scalars, letter: letter, baseline)
          if hood != nil {
            points.removeSubrange(start...)
            append(alone, font)
          }
          reshape(from: start, letter: letter, cluster.scalars, baseline: baseline)
          if let hood, !addHood(from: start, over: hood, letter: letter, em: em, baseline: baseline) {
            points.replaceSubrange(start..., with: own)
          }
        }
        // Pango adds the spacing to the widths.
        let standsOnOthers = Float(info.geometry.width) / Float(PANGO_SCALE) <= max(0, letterSpacing)
        vary(
          info.glyph, points: start..<points.count, isSign: cluster.isSign(info.glyph), standsOnOthers: standsOnOthers,
          em: em, baseline: baseline)
      }
      x += Double(info.geometry.width) / Double(PANGO_SCALE)
    }
  }

  /// Gives a glyph its traditional form.
  /// - Parameter letter: height of the cluster's letter without signs, in pixels.
  private mutating func reshape(
    from start: Int, letter: Double, _ cluster: [Unicode.Scalar], baseline: Double
  ) {
    let glyph = points[start...]
    guard letter > 0, let left = glyph.map(\.x).min(), let right = glyph.map(\.x).max(), right > left else { return }
    let size = SIMD2(right - left, baseline - glyph.map(\.y).min()!)
    for i in glyph.indices {
      let height = variation.forms.height(
        baseline - points[i].y, x: points[i].x - left, letter: letter, size: size, in: cluster)
      points[i].y = baseline - height
    }
  }

  /// From where to where a hood would stand that is an arc; nil if the glyph has no hood.
  private func hoodSpan(
    from start: Int, _ cluster: [Unicode.Scalar], letter: Double, _ baseline: Double
  ) -> ClosedRange<Double>? {
    guard TraditionalForms.hasHood(cluster), letter > 0 else { return nil }
    let hood = points[start...].lazy.filter { baseline - $0.y > 1.05 * letter }.map(\.x)
    guard let left = hood.min(), let right = hood.max(), right > left else { return nil }
    let edge = points[start...].lazy.map(\.x).min()!
    return min(left, 0.7 * (edge + 0.05 * letter) + 0.3 * left)...right
  }

  /// Draws a hood above a letter that stands alone yet; false if the letter has no place for it.
  private mutating func addHood(
    from start: Int, over span: ClosedRange<Double>, letter: Double, em: Double, baseline: Double
  ) -> Bool {
    let outline = zip(points[start...], points[start...].dropFirst()).filter { !$1.isFirst }.map {
      (SIMD2($0.x, baseline - $0.y), SIMD2($1.x, baseline - $1.y))
    }
    guard let arc = variation.forms.arc,
      let shape = HoodShape(arc, over: outline, span: span, letter: letter, thickness: (variation.thickness ?? 0) * em)
    else { return false }
    for i in start..<points.count {
      points[i].y = baseline - shape.lowered(SIMD2(points[i].x, baseline - points[i].y))
    }
    for (i, corner) in shape.polygon.enumerated() {
      points.append(Point(x: corner.x, y: baseline - corner.y, isFirst: i == 0))
    }
    return true
  }

  /// A glyph's own size and place, the same wherever it stands in the word.
  private mutating func vary(
    _ glyph: PangoGlyph, points range: Range<Int>, isSign: Bool, standsOnOthers: Bool, em: Double, baseline: Double
  ) {
    guard let first = range.first else { return }
    var (low, high) = (SIMD2(points[first].x, points[first].y), SIMD2(points[first].x, points[first].y))
    for point in points[range] {
      low = pointwiseMin(low, SIMD2(point.x, point.y))
      high = pointwiseMax(high, SIMD2(point.x, point.y))
    }
    func numbers(_ number: UInt32) -> SIMD4<UInt32> {
      KeyedRandom.philox(
        counter: SIMD4(glyph, number, 1, RandomPurpose.synthesis.rawValue), key: key(variation.seed))
    }
    let (block, more) = (numbers(0), numbers(1))
    func unit(_ word: UInt32) -> Double { Double(word) * 0x1p-31 - 1 }
    var scale = 1 + variation.glyphScale * SIMD2(unit(block.x), unit(block.y))
    var center = SIMD2((low.x + high.x) / 2, baseline)
    let isSmall = isSign && high.y - low.y < OutlinePen.signHeight * em
    if isSmall {
      scale *= variation.signScale
      center.y = (low.y + high.y) / 2
    }
    var shift = center
    if standsOnOthers {
      shift += variation.markShift * em * SIMD2(unit(block.z), unit(block.w))
    } else if isSmall {
      shift.y -= variation.signRise * em
    }
    let slope = variation.glyphSlope * unit(more.x)
    for i in range {
      points[i].y += slope * (points[i].x - center.x)
      let place = shift + scale * (SIMD2(points[i].x, points[i].y) - center)
      (points[i].x, points[i].y) = (place.x, place.y)
    }
  }

  private mutating func appendPath(_ cairo: OpaquePointer?, longest: Double) {
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
        // A glyph's path ends with a move to its origin, which is no part of the outline.
        if last.isFirst { points.append(first) }
        let point = path.pointee.data[i + 1].point
        line(from: last, to: point.x, point.y, longest)
        last = Point(x: point.x, y: point.y, isFirst: false)
      default:
        if !last.isFirst { line(from: last, to: first.x, first.y, longest) }
        last = first
      }
      i += Int(header.length)
    }
  }

  private mutating func line(from last: Point, to x: Double, _ y: Double, _ longest: Double) {
    let (dx, dy) = (x - last.x, y - last.y)
    let pieces = max(1, Int((max(abs(dx), abs(dy)) / longest).rounded(.up)))
    for k in 1...pieces {
      let share = Double(k) / Double(pieces)
      points.append(Point(x: last.x + share * dx, y: last.y + share * dy, isFirst: false))
    }
  }

  /// Makes strokes on the baseline thicker: lets the sides rise that face upwards, the more the lower they are.
  private mutating func addStress(em: Double, baseline: Double) {
    let (stroke, highest) = (meanThickness, OutlinePen.bowlHeight * em)
    guard variation.stress > 0, stroke > 0 else { return }
    let area = signedArea
    var start = 0
    while start < points.count {
      let end = points[(start + 1)...].firstIndex(where: \.isFirst) ?? points.count
      // The last corner is the first one again.
      let count = end - start - 1
      let rises = (0..<max(0, count)).map { k -> Double in
        let (last, next) = (points[start + (k + count - 1) % count], points[start + (k + 1) % count])
        let (dx, dy) = (next.x - last.x, next.y - last.y)
        let length = (dx * dx + dy * dy).squareRoot()
        let height = baseline - points[start + k].y
        guard length > 0, height > 0.3 * stroke, height < highest else { return 0 }
        let upwards = (area > 0 ? dx : -dx) / length
        let share = min(1, (highest - height) / (highest - stroke))
        return max(0, upwards) * share
      }
      for k in rises.indices { points[start + k].y -= variation.stress * em * rises[k] }
      if count > 0 { points[end - 1].y = points[start].y }
      start = end
    }
  }

  /// Zones, width, slant, wobble and bend.
  private mutating func distort(em: Double, baseline: Double, _ face: FontFace) {
    let width = max(variation.width, 0.6 / face.relativeWidth)
    let field = WobbleField(
      seed: variation.seed, cell: variation.wobbleCell * em, strength: variation.wobble * em)
    let body = baseline - variation.upperStart * em
    for i in points.indices {
      let x = points[i].x
      var y = points[i].y
      if y < body { y = body + variation.upper * (y - body) }
      if y > baseline { y = baseline + variation.lower * (y - baseline) }
      let shift = field.shift(x, y)
      points[i].x = width * (x + shift.x) + variation.slant * (baseline - y)
      points[i].y = y + shift.y
    }
    guard variation.bend != 0, let left = points.map(\.x).min(), let right = points.map(\.x).max(), right > left else {
      return
    }
    let reach = max(variation.bendMiddle, 1 - variation.bendMiddle)
    for i in points.indices {
      let t = ((points[i].x - left) / (right - left) - variation.bendMiddle) / reach
      points[i].y += variation.bend * em * (t * t - 0.5)
    }
  }

  /// The mean thickness of strokes, in pixels: twice the area by the length of the outlines.
  private var meanThickness: Double {
    let length = zip(points, points.dropFirst()).reduce(0) { sum, side in
      let (dx, dy) = (side.1.x - side.0.x, side.1.y - side.0.y)
      return side.1.isFirst ? sum : sum + (dx * dx + dy * dy).squareRoot()
    }
    return length > 0 ? abs(signedArea) / length : 0
  }

  /// Twice the area within the outlines, negative if they run the other way round.
  private var signedArea: Double {
    zip(points, points.dropFirst()).reduce(0) { $1.1.isFirst ? $0 : $0 + $1.0.x * $1.1.y - $1.1.x * $1.0.y }
  }

  /// The line's width, and the bounds.
  private mutating func setWeight(em: Double) {
    guard !points.isEmpty else { return }
    let thickness = meanThickness
    if let wanted = variation.thickness, thickness > 0 {
      lineWidth = max(wanted * em, OutlinePen.leastShare * thickness) - thickness
    }
    let reach = abs(lineWidth) + 1
    bounds = (
      points.map(\.x).min()! - reach, points.map(\.y).min()! - reach, points.map(\.x).max()! + reach,
      points.map(\.y).max()! + reach
    )
  }

  /// Paints into a surface of coverage, in which the origin is at (x, y).
  func paint(_ cairo: OpaquePointer?, x: Double, y: Double) {
    for (i, point) in points.enumerated() {
      if point.isFirst {
        if i > 0 { cairo_close_path(cairo) }
        cairo_move_to(cairo, x + point.x, y + point.y)
      } else {
        cairo_line_to(cairo, x + point.x, y + point.y)
      }
    }
    cairo_close_path(cairo)
    cairo_set_source_rgba(cairo, 0, 0, 0, 1)
    if lineWidth == 0 { return cairo_fill(cairo) }
    cairo_fill_preserve(cairo)
    if lineWidth < 0 {
      // Hair lines thinner than the pen lose most of their ink, not all of it.
      cairo_set_operator(cairo, CAIRO_OPERATOR_DEST_OUT)
      cairo_set_source_rgba(cairo, 0, 0, 0, 0.8)
    }
    cairo_set_line_join(cairo, variation.isRound ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER)
    cairo_set_miter_limit(cairo, 2)
    cairo_rotate(cairo, variation.penAngle)
    cairo_scale(cairo, 1, max(0.05, variation.penHeight))
    cairo_set_line_width(cairo, abs(lineWidth))
    cairo_stroke(cairo)
  }
}

private func key(_ seed: UInt64) -> SIMD2<UInt32> {
  SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
}

/// A field of shifts that varies softly over the plane, from numbers that depend on the place only.
private struct WobbleField {
  let seed: UInt64
  let cell: Double
  let strength: Double

  func shift(_ x: Double, _ y: Double) -> SIMD2<Double> {
    guard strength > 0 else { return .zero }
    let (u, v) = (x / cell, y / cell)
    let (i, j) = (u.rounded(.down), v.rounded(.down))
    let (s, t) = (smooth(u - i), smooth(v - j))
    let (a, b) = (point(i, j), point(i + 1, j))
    let (c, d) = (point(i, j + 1), point(i + 1, j + 1))
    let upper = a + s * (b - a)
    let lower = c + s * (d - c)
    return upper + t * (lower - upper)
  }

  private func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }

  private func point(_ i: Double, _ j: Double) -> SIMD2<Double> {
    let block = KeyedRandom.philox(
      counter: SIMD4(UInt32(bitPattern: Int32(i)), UInt32(bitPattern: Int32(j)), 0, RandomPurpose.synthesis.rawValue),
      key: key(seed))
    let unit = SIMD2(Double(block.x), Double(block.y)) * 0x1p-31 - 1
    return unit * strength
  }
}
