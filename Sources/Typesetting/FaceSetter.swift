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

/// Sets words in one face. Its font map has one file only, so no other font can be substituted. Owns its Pango objects;
/// one thread at a time.
final class FaceSetter {
  let face: FontFace
  private let map: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  let layout: OpaquePointer
  /// U+25CC, which shaping inserts under a sign without a base.
  private let dottedCircle: UInt32
  private let font: UnsafeMutablePointer<PangoFont>
  /// Pango descriptions by size in pixels.
  private var descriptions: [Int: OpaquePointer] = [:]

  init(_ face: FontFace) throws(TypesettingError) {
    self.face = face
    let config = FcConfigCreate()
    defer { FcConfigDestroy(config) }
    guard FcConfigAppFontAddFile(config, face.file) != 0, let map = akuru_font_map_new(config) else {
      throw .font(face.name, why: "\(face.file) cannot be loaded")
    }
    let context = pango_font_map_create_context(map)!
    let description = pango_font_description_from_string(face.description)
    defer { pango_font_description_free(description) }
    pango_font_description_set_absolute_size(description, 40 * Double(PANGO_SCALE))
    guard let font = pango_font_map_load_font(map, context, description) else {
      g_object_unref(UnsafeMutableRawPointer(context))
      g_object_unref(map)
      throw .font(face.name, why: "\(face.file) has no face \(face.description)")
    }
    self.map = map
    self.font = font
    self.context = context
    dottedCircle = akuru_nominal_glyph(font, 0x25CC)

    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(context, options)
    layout = pango_layout_new(context)
    pango_layout_set_single_paragraph_mode(layout, 1)
    if akuru_font_file(font).map({ String(cString: $0) }) != face.file {
      throw .font(face.name, why: "another file stands in for \(face.file)")
    }
  }

  deinit {
    for description in descriptions.values { pango_font_description_free(description) }
    g_object_unref(UnsafeMutableRawPointer(layout))
    g_object_unref(font)
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(map)
  }

  /// Whether the font has a glyph for the scalar.
  func has(_ scalar: Unicode.Scalar) -> Bool { nominalGlyph(scalar) != 0 }

  /// The font's glyph for the single scalar; 0 if none.
  func nominalGlyph(_ scalar: Unicode.Scalar) -> UInt32 { akuru_nominal_glyph(font, scalar.value) }

  /// Lays out a word in one line: `size` is the em in pixels, `letterSpacing` in pixels between clusters.
  /// - Throws: `TypesettingError.text` if the font lacks a glyph or a sign has no base.
  func set(_ word: String, size: Int, letterSpacing: Float) throws(TypesettingError) {
    let attributes = pango_attr_list_new()
    pango_attr_list_insert(attributes, pango_attr_fallback_new(0))
    if letterSpacing != 0 {
      pango_attr_list_insert(
        attributes, pango_attr_letter_spacing_new(Int32((letterSpacing * Float(PANGO_SCALE)).rounded())))
    }
    pango_layout_set_attributes(layout, attributes)
    pango_attr_list_unref(attributes)
    pango_layout_set_font_description(layout, description(size))
    pango_layout_set_text(layout, word, -1)
    restoreAdvances(word)
    try check(word)
  }

  /// Restores the advance of spacing marks. HarfBuzz removes it from every glyph that a font classes as a mark, and old
  /// Sinhala fonts such as LKLUG class vowel signs to the right of their letter as marks: the next letter would be
  /// drawn over them.
  private func restoreAdvances(_ word: String) {
    var marks: Set<UInt32> = []
    for scalar in word.decomposedStringWithCanonicalMapping.unicodeScalars
    where scalar.properties.generalCategory == .spacingMark {
      marks.insert(nominalGlyph(scalar))
    }
    if marks.isEmpty { return }
    let iterator = pango_layout_get_iter(layout)
    defer { pango_layout_iter_free(iterator) }
    repeat {
      // Not the read-only call, so that the layout is measured again.
      guard let run = pango_layout_iter_get_run(iterator) else { continue }
      let string = run.pointee.glyphs.pointee
      for i in 0..<Int(string.num_glyphs) where marks.contains(string.glyphs[i].glyph) {
        let advance = akuru_advance(run.pointee.item.pointee.analysis.font, string.glyphs[i].glyph)
        // The width may include letter spacing.
        if string.glyphs[i].geometry.width < advance / 2 { string.glyphs[i].geometry.width += advance }
      }
    } while pango_layout_iter_next_run(iterator) != 0
  }

  private func description(_ size: Int) -> OpaquePointer {
    if let known = descriptions[size] { return known }
    let description = pango_font_description_from_string(face.description)!
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
    forEachGlyph { info, cluster, _ in glyphs[cluster, default: []].append(info.glyph) }
    let starts = glyphs.keys.sorted()
    var clusters: [Int: GlyphCluster] = [:]
    for (start, end) in zip(starts, starts.dropFirst() + [word.utf8.count]) {
      let text = String(decoding: word.utf8.dropFirst(start).prefix(end - start), as: UTF8.self)
      clusters[start] = GlyphCluster(text, glyphs: glyphs[start]!, nominalGlyph: nominalGlyph)
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
    var (missing, circle) = (-1, false)
    forEachGlyph { info, cluster, _ in
      if akuru_glyph_is_empty(info.glyph) != 0 { return }
      if akuru_glyph_is_missing(info.glyph) != 0 && missing < 0 { missing = cluster }
      if info.glyph == dottedCircle && dottedCircle != 0 { circle = true }
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
