import CPango

/// A word's outlines by an ``OutlineVariation``, ready to be painted. The origin is the layout's upper left corner.
struct OutlinePen {
  private var outline: Outline
  private let variation: OutlineVariation
  /// Width of the line around the outlines, in pixels; negative to thin strokes.
  private var lineWidth = 0.0

  /// The bounds of the painted outlines.
  private(set) var bounds = (left: 0.0, top: 0.0, right: 0.0, bottom: 0.0)

  /// The smallest share of the mean stroke thickness that is kept.
  private static let leastShare = 0.4
  /// The height up to which strokes on the baseline get thicker, in ems.
  private static let bowlHeight = 0.4

  /// - Parameters:
  ///   - setter: the setter whose current word is `word`.
  ///   - size: the em in pixels.
  ///   - letterSpacing: the word's letter spacing, in pixels.
  init(_ setter: FaceSetter, word: String, size: Int, letterSpacing: Float, variation: OutlineVariation) {
    self.variation = variation
    let glyphs = GlyphOutlines(setter, word: word, size: size, letterSpacing: letterSpacing, variation: variation)
    outline = glyphs.outline
    let em = Double(size)
    addStress(em: em, baseline: glyphs.baseline)
    distort(em: em, baseline: glyphs.baseline, setter.face)
    setWeight(em: em)
  }

  /// Makes strokes on the baseline thicker: raises the sides that face upwards, lower ones more.
  private mutating func addStress(em: Double, baseline: Double) {
    let (stroke, highest) = (outline.meanThickness, OutlinePen.bowlHeight * em)
    guard variation.stress > 0, stroke > 0, stroke < highest else { return }
    let area = outline.signedArea
    var start = 0
    while start < outline.points.count {
      let end = outline.points[(start + 1)...].firstIndex(where: \.isFirst) ?? outline.points.count
      // The last corner repeats the first.
      let count = end - start - 1
      let rises = (0..<max(0, count)).map { k -> Double in
        let (last, next) = (outline.points[start + (k + count - 1) % count], outline.points[start + (k + 1) % count])
        let (dx, dy) = (next.x - last.x, next.y - last.y)
        let length = (dx * dx + dy * dy).squareRoot()
        let height = baseline - outline.points[start + k].y
        guard length > 0, height > 0.3 * stroke, height < highest else { return 0 }
        let upwards = (area > 0 ? dx : -dx) / length
        let share = min(1, (highest - height) / (highest - stroke))
        return max(0, upwards) * share
      }
      for k in rises.indices { outline.points[start + k].y -= variation.stress * em * rises[k] }
      if count > 0 { outline.points[end - 1].y = outline.points[start].y }
      start = end
    }
  }

  /// Applies zones, width, slant, wobble and bend.
  private mutating func distort(em: Double, baseline: Double, _ face: FontFace) {
    let width = max(variation.width, 0.6 / face.relativeWidth)
    let field = WobbleField(
      key: variation.key, cell: variation.wobbleCell * em, strength: variation.wobble * em)
    let body = baseline - variation.upperStart * em
    for i in outline.points.indices {
      let x = outline.points[i].x
      var y = outline.points[i].y
      if y < body { y = body + variation.upper * (y - body) }
      if y > baseline { y = baseline + variation.lower * (y - baseline) }
      let shift = field.shift(x, y)
      outline.points[i].x = width * (x + shift.x) + variation.slant * (baseline - y)
      outline.points[i].y = y + shift.y
    }
    let xs = outline.points.map(\.x)
    guard variation.bend != 0, let left = xs.min(), let right = xs.max(), right > left else { return }
    let reach = max(variation.bendMiddle, 1 - variation.bendMiddle)
    for i in outline.points.indices {
      let t = ((outline.points[i].x - left) / (right - left) - variation.bendMiddle) / reach
      outline.points[i].y += variation.bend * em * (t * t - 0.5)
    }
  }

  /// Sets the line's width and the bounds.
  private mutating func setWeight(em: Double) {
    guard !outline.points.isEmpty else { return }
    let thickness = outline.meanThickness
    if let wanted = variation.thickness, thickness > 0 {
      lineWidth = max(wanted * em, OutlinePen.leastShare * thickness) - thickness
    }
    let reach = abs(lineWidth) + 1
    let (xs, ys) = (outline.points.map(\.x), outline.points.map(\.y))
    bounds = (xs.min()! - reach, ys.min()! - reach, xs.max()! + reach, ys.max()! + reach)
  }

  /// Paints into a surface of coverage, in which the origin is at (x, y).
  func paint(_ cairo: OpaquePointer?, x: Double, y: Double) {
    for (i, point) in outline.points.enumerated() {
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
      // Hairlines thinner than the pen lose most of their ink, not all of it.
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
