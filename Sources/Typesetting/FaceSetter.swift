import CPango
import Foundation
import Messages

/// A glyph of a shaped word, in visual order.
package struct ShapedGlyph: Equatable, Sendable {
  /// The glyph's index in the font.
  package let glyph: UInt32
  /// The UTF-8 offset of its cluster.
  package let cluster: Int
  /// Advance in pixels.
  package let width: Float
}

/// Sets words in one face. Its font map has the files of the face and its fallbacks only, so no other font can be substituted.
/// Owns its Pango objects; one thread at a time.
final class FaceSetter {
  let face: FontFace
  private let map: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  let layout: OpaquePointer
  private let font: UnsafeMutablePointer<PangoFont>
  /// The fonts of the face's fallbacks.
  private var fallbacks: [UnsafeMutablePointer<PangoFont>] = []
  /// Pango descriptions by size in pixels.
  private var descriptions: [Int: OpaquePointer] = [:]

  init(_ face: FontFace, direction: BaseDirection = .auto) throws(TypesettingError) {
    self.face = face
    let config = FcConfigCreate()
    defer { FcConfigDestroy(config) }
    for part in [face] + face.fallbacks where FcConfigAppFontAddFile(config, part.file) == 0 {
      throw .font(part.name, why: "\(part.file) cannot be loaded")
    }
    guard let map = akuru_font_map_new(config) else { throw .font(face.name, why: "\(face.file) cannot be loaded") }
    let context = pango_font_map_create_context(map)!
    self.map = map
    self.context = context
    func load(_ part: FontFace) throws(TypesettingError) -> UnsafeMutablePointer<PangoFont> {
      let description = pango_font_description_from_string(part.description)
      defer { pango_font_description_free(description) }
      pango_font_description_set_absolute_size(description, 40 * Double(PANGO_SCALE))
      let font = pango_font_map_load_font(map, context, description)
      guard let font, akuru_font_file(font).map({ String(cString: $0) }) == part.file else {
        if let font { g_object_unref(font) }
        throw .font(part.name, why: "\(part.file) has no face \(part.description)")
      }
      return font
    }
    do throws(TypesettingError) {
      font = try load(face)
    } catch {
      g_object_unref(UnsafeMutableRawPointer(context))
      g_object_unref(map)
      throw error
    }

    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(context, options)
    layout = pango_layout_new(context)
    pango_layout_set_single_paragraph_mode(layout, 1)
    pango_layout_set_auto_dir(layout, direction == .auto ? 1 : 0)
    pango_context_set_base_dir(context, direction == .rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR)
    for part in face.fallbacks { fallbacks.append(try load(part)) }
  }

  deinit {
    for description in descriptions.values { pango_font_description_free(description) }
    g_object_unref(UnsafeMutableRawPointer(layout))
    for font in [font] + fallbacks { g_object_unref(font) }
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(map)
  }

  /// Whether the face or a fallback has a glyph for the scalar.
  func has(_ scalar: Unicode.Scalar) -> Bool {
    nominalGlyph(scalar) != 0 || fallbacks.contains { akuru_nominal_glyph($0, scalar.value) != 0 }
  }

  /// The face's own glyph for the single scalar; 0 if none.
  func nominalGlyph(_ scalar: Unicode.Scalar) -> UInt32 { akuru_nominal_glyph(font, scalar.value) }

  /// Lays out a word in one line: `size` is the em in pixels, `letterSpacing` in pixels between clusters.
  /// - Parameter restoresAdvances: whether signs get the advance back that HarfBuzz takes away from marks.
  /// - Throws: `TypesettingError.text` if the font lacks a glyph or a sign has no base.
  func set(
    _ word: String, size: Int, letterSpacing: Float, restoresAdvances: Bool = true
  ) throws(TypesettingError) {
    let attributes = pango_attr_list_new()
    pango_attr_list_insert(attributes, pango_attr_fallback_new(fallbacks.isEmpty ? 0 : 1))
    if letterSpacing != 0 {
      pango_attr_list_insert(
        attributes, pango_attr_letter_spacing_new(Int32((letterSpacing * Float(PANGO_SCALE)).rounded())))
    }
    pango_layout_set_attributes(layout, attributes)
    pango_attr_list_unref(attributes)
    pango_layout_set_font_description(layout, description(size))
    pango_layout_set_text(layout, word, -1)
    if restoresAdvances { restoreAdvances(word) }
    try check(word)
  }

  /// Restores the advance of spacing marks. HarfBuzz removes it from every glyph that a font classes as a mark, and old
  /// Sinhala fonts such as LKLUG class vowel signs to the right of their letter as marks: the next letter would be
  /// drawn over them.
  private func restoreAdvances(_ word: String) {
    let scalars = word.decomposedStringWithCanonicalMapping.unicodeScalars
      .filter { $0.properties.generalCategory == .spacingMark }
    if scalars.isEmpty { return }
    let iterator = pango_layout_get_iter(layout)
    defer { pango_layout_iter_free(iterator) }
    repeat {
      // Not the read-only call, so that the layout is measured again.
      guard let run = pango_layout_iter_get_run(iterator) else { continue }
      let (string, font) = (run.pointee.glyphs.pointee, run.pointee.item.pointee.analysis.font!)
      let marks = Set(scalars.map { akuru_nominal_glyph(font, $0.value) }).subtracting([0])
      for i in 0..<Int(string.num_glyphs) where marks.contains(string.glyphs[i].glyph) {
        let advance = akuru_advance(font, string.glyphs[i].glyph)
        // The width may include letter spacing.
        if string.glyphs[i].geometry.width < advance / 2 { string.glyphs[i].geometry.width += advance }
      }
    } while pango_layout_iter_next_run(iterator) != 0
  }

  private func description(_ size: Int) -> OpaquePointer {
    if let known = descriptions[size] { return known }
    let description = pango_font_description_from_string(face.description)!
    let families = ([face] + face.fallbacks).map(\.family).joined(separator: ",")
    pango_font_description_set_family(description, families)
    pango_font_description_set_absolute_size(description, Double(size) * Double(PANGO_SCALE))
    descriptions[size] = description
    return description
  }

  /// The glyphs of the current word.
  func glyphs() -> [ShapedGlyph] {
    var glyphs: [ShapedGlyph] = []
    forEachGlyph { info, cluster, _ in
      if akuru_glyph_is_empty(info.glyph) != 0 { return }
      glyphs.append(
        ShapedGlyph(
          glyph: info.glyph, cluster: cluster, width: Float(info.geometry.width) / Float(PANGO_SCALE)))
    }
    return glyphs
  }

  /// The clusters of the current word, by UTF-8 offset.
  func clusters(of word: String) -> [Int: GlyphCluster] {
    var glyphs: [Int: [UInt32]] = [:]
    var fonts: [Int: UnsafeMutablePointer<PangoFont>] = [:]
    forEachGlyph { info, cluster, font in
      glyphs[cluster, default: []].append(info.glyph)
      fonts[cluster] = font
    }
    let starts = glyphs.keys.sorted()
    var clusters: [Int: GlyphCluster] = [:]
    for (start, end) in zip(starts, starts.dropFirst() + [word.utf8.count]) {
      let text = String(decoding: word.utf8.dropFirst(start).prefix(end - start), as: UTF8.self)
      let font = fonts[start] ?? font
      clusters[start] = GlyphCluster(text, glyphs: glyphs[start]!) { akuru_nominal_glyph(font, $0.value) }
    }
    return clusters
  }

  /// Calls `body` for the glyphs of the current word, from left to right, with the UTF-8 offset of their cluster and
  /// their font.
  func forEachGlyph(_ body: (PangoGlyphInfo, Int, UnsafeMutablePointer<PangoFont>?) -> Void) {
    let iterator = pango_layout_get_iter(layout)
    defer { pango_layout_iter_free(iterator) }
    repeat {
      guard let run = pango_layout_iter_get_run_readonly(iterator) else { continue }
      let (string, item) = (run.pointee.glyphs.pointee, run.pointee.item.pointee)
      for i in 0..<Int(string.num_glyphs) {
        body(string.glyphs[i], Int(item.offset) + Int(string.log_clusters[i]), item.analysis.font)
      }
    } while pango_layout_iter_next_run(iterator) != 0
  }

  private func check(_ word: String) throws(TypesettingError) {
    // U+25CC, which shaping inserts under a sign without a base.
    var (missing, circle) = (-1, false)
    forEachGlyph { info, cluster, font in
      if akuru_glyph_is_empty(info.glyph) != 0 { return }
      if akuru_glyph_is_missing(info.glyph) != 0 && missing < 0 { missing = cluster }
      if let font, info.glyph != 0, info.glyph == akuru_nominal_glyph(font, 0x25CC) { circle = true }
    }
    if missing >= 0 {
      let lacking = word.unicodeScalars.first { !$0.properties.isDefaultIgnorableCodePoint && !has($0) }
      let scalar = lacking ?? word.unicodeScalars[word.utf8.index(word.startIndex, offsetBy: missing)]
      throw .text("word \"\(word)\": font \"\(face.name)\" has no glyph for \(scalar.codePoint) \"\(scalar)\"")
    }
    if circle && !word.unicodeScalars.contains("\u{25CC}") {
      throw .text(
        "word \"\(word)\": a sign has no letter to stand on (drawn with a dotted circle); correct its spelling")
    }
  }
}
