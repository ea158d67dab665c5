import CPango
import Tensors

/// The outlines of a word's glyphs, each with its own form, size and position by an ``OutlineVariation``. The origin is
/// the layout's upper left corner.
struct GlyphOutlines {
  private(set) var outline: Outline
  private let variation: OutlineVariation
  /// The em in pixels.
  private let em: Double
  /// The distance of the baseline below the origin, in pixels.
  let baseline: Double

  /// The longest side of a polygon, in ems.
  private static let longestSide = 0.1
  /// Signs with a lower height count as small, in ems.
  private static let signHeight = 0.47

  /// - Parameters:
  ///   - setter: the setter whose current word is `word`.
  ///   - size: the em in pixels.
  ///   - letterSpacing: the word's letter spacing, in pixels.
  init(_ setter: FaceSetter, word: String, size: Int, letterSpacing: Float, variation: OutlineVariation) {
    self.variation = variation
    em = Double(size)
    baseline = Double(pango_layout_get_baseline(setter.layout)) / Double(PANGO_SCALE)
    outline = Outline(longest: GlyphOutlines.longestSide * em)
    append(setter, setter.clusters(of: word), letterSpacing: letterSpacing)
  }

  /// Reads the polygons of each glyph from Cairo's path, and applies the glyph's own form, size and position.
  private mutating func append(_ setter: FaceSetter, _ clusters: [Int: GlyphCluster], letterSpacing: Float) {
    // Unbounded, since Cairo omits glyphs that are far from a bounded surface.
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
      outline.append(cairo)
    }
    setter.forEachGlyph { info, cluster, font in
      let start = outline.points.count
      append(info, font)
      if let cluster = clusters[cluster] {
        if info.glyph == cluster.letterGlyph, variation.forms.applies(to: cluster.scalars) {
          var alone = info
          alone.glyph = akuru_nominal_glyph(font, cluster.scalars[0].value)
          let letter = Double(akuru_glyph_top(font, alone.glyph)) / Double(PANGO_SCALE)
          let own = outline.points[start...]
          let hood = variation.forms.arc == nil ? nil : hoodSpan(from: start, cluster.scalars, letter: letter)
          if hood != nil {
            outline.points.removeSubrange(start...)
            append(alone, font)
          }
          reshape(from: start, letter: letter, cluster.scalars)
          if let hood, !addHood(from: start, over: hood, letter: letter) {
            outline.points.replaceSubrange(start..., with: own)
            reshape(from: start, letter: letter, cluster.scalars)
          }
        }
        // Pango adds the spacing to the widths.
        let standsOnOthers = Float(info.geometry.width) / Float(PANGO_SCALE) <= max(0, letterSpacing)
        vary(info.glyph, from: start, isSign: cluster.isSign(info.glyph), standsOnOthers: standsOnOthers)
      }
      x += Double(info.geometry.width) / Double(PANGO_SCALE)
    }
  }

  /// Gives a glyph its traditional form.
  /// - Parameter letter: height of the cluster's letter without signs, in pixels.
  private mutating func reshape(from start: Int, letter: Double, _ cluster: [Unicode.Scalar]) {
    let glyph = outline.points[start...]
    guard letter > 0, let left = glyph.map(\.x).min(), let right = glyph.map(\.x).max(), right > left else { return }
    let size = SIMD2(right - left, baseline - glyph.map(\.y).min()!)
    for i in glyph.indices {
      let height = variation.forms.height(
        baseline - outline.points[i].y, x: outline.points[i].x - left, letter: letter, size: size, in: cluster)
      outline.points[i].y = baseline - height
    }
  }

  /// The horizontal span of a hood drawn as an arc; nil if the glyph has no hood.
  private func hoodSpan(from start: Int, _ cluster: [Unicode.Scalar], letter: Double) -> ClosedRange<Double>? {
    guard TraditionalForms.hasHood(cluster), letter > 0 else { return nil }
    let hood = outline.points[start...].lazy.filter { baseline - $0.y > 1.05 * letter }.map(\.x)
    guard let left = hood.min(), let right = hood.max(), right > left else { return nil }
    let edge = outline.points[start...].lazy.filter { baseline - $0.y > 0.7 * letter }.map(\.x).min()!
    return min(left, 0.7 * (edge + 0.05 * letter) + 0.3 * left)...right
  }

  /// Draws a hood above a letter that has none yet; returns false if the letter has no room for it.
  private mutating func addHood(from start: Int, over span: ClosedRange<Double>, letter: Double) -> Bool {
    let sides = outline.sides(from: start, baseline: baseline)
    guard let arc = variation.forms.arc,
      let shape = HoodShape(
        arc, over: sides, span: span, letter: letter, thickness: (variation.thickness ?? 0) * em,
        closing: variation.closing * em)
    else { return false }
    for i in start..<outline.points.count {
      outline.points[i].y = baseline - shape.lowered(SIMD2(outline.points[i].x, baseline - outline.points[i].y))
    }
    for (i, corner) in shape.polygon.enumerated() {
      outline.points.append(Outline.Point(x: corner.x, y: baseline - corner.y, isFirst: i == 0))
    }
    return true
  }

  /// Applies a glyph's own size and shift, the same at all positions in the word.
  private mutating func vary(_ glyph: PangoGlyph, from start: Int, isSign: Bool, standsOnOthers: Bool) {
    guard let first = outline.points[start...].first else { return }
    var (low, high) = (SIMD2(first.x, first.y), SIMD2(first.x, first.y))
    for point in outline.points[start...] {
      low = pointwiseMin(low, SIMD2(point.x, point.y))
      high = pointwiseMax(high, SIMD2(point.x, point.y))
    }
    func numbers(_ number: UInt32) -> SIMD4<UInt32> {
      KeyedRandom.philox(
        counter: SIMD4(glyph, number, 1, RandomPurpose.synthesis.rawValue), key: variation.key)
    }
    let (block, more) = (numbers(0), numbers(1))
    func unit(_ word: UInt32) -> Double { Double(word) * 0x1p-31 - 1 }
    var scale = 1 + variation.glyphScale * SIMD2(unit(block.x), unit(block.y))
    var center = SIMD2((low.x + high.x) / 2, baseline)
    let isSmall = isSign && high.y - low.y < GlyphOutlines.signHeight * em
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
    for i in start..<outline.points.count {
      outline.points[i].y += slope * (outline.points[i].x - center.x)
      let place = shift + scale * (SIMD2(outline.points[i].x, outline.points[i].y) - center)
      (outline.points[i].x, outline.points[i].y) = (place.x, place.y)
    }
  }
}
