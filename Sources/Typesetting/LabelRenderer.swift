import CPango
import Images

/// Sets any text in the fonts of the system, with substitution for missing letters: for labels that people
/// read, not for training data. One thread at a time.
package final class LabelRenderer {
  private let map: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  private let layout: OpaquePointer

  /// - Parameter size: the em in pixels.
  package init(size: Int) {
    map = pango_cairo_font_map_new()
    context = pango_font_map_create_context(map)
    layout = pango_layout_new(context)
    // Pango's own choice for Sinhala may be LKLUG, whose vowel signs HarfBuzz draws over the next letter.
    let description = pango_font_description_from_string("Noto Sans,Noto Sans Sinhala,Noto Serif Sinhala,Sans")
    pango_font_description_set_absolute_size(description, Double(size) * Double(PANGO_SCALE))
    pango_layout_set_font_description(layout, description)
    pango_font_description_free(description)
    pango_layout_set_single_paragraph_mode(layout, 1)
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
  }

  deinit {
    g_object_unref(UnsafeMutableRawPointer(layout))
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(map)
  }

  /// The width of the text in one line, in pixels.
  package func width(of text: String) -> Int {
    set(text, width: -1, height: -1)
    var (width, height): (Int32, Int32) = (0, 0)
    pango_layout_get_pixel_size(layout, &width, &height)
    return Int(width)
  }

  /// The lines into which the text breaks at that width in pixels.
  package func lines(of text: String, width: Int) -> Int {
    set(text, width: Int32(width) * PANGO_SCALE, height: Int32.max / 2)
    return Int(pango_layout_get_line_count(layout))
  }

  private func set(_ text: String, width: Int32, height: Int32) {
    pango_layout_set_width(layout, width)
    pango_layout_set_height(layout, height)
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
  }

  /// The text in black on white, in the given box, in lines; a text that is too long for it is cut with an ellipsis.
  package func render(_ text: String, width: Int, height: Int) -> GrayImage {
    set(text, width: Int32(width) * PANGO_SCALE, height: Int32(height) * PANGO_SCALE)
    let stride = (width + 3) & ~3
    var coverage = [UInt8](repeating: 0, count: stride * height)
    coverage.withUnsafeMutableBufferPointer { buffer in
      let surface = cairo_image_surface_create_for_data(
        buffer.baseAddress!, CAIRO_FORMAT_A8, Int32(width), Int32(height), Int32(stride))
      let cairo = cairo_create(surface)
      pango_cairo_show_layout(cairo, layout)
      cairo_destroy(cairo)
      cairo_surface_finish(surface)
      cairo_surface_destroy(surface)
    }
    var image = GrayImage(width: width, height: height)
    for y in 0..<height { for x in 0..<width { image[x, y] = 255 - coverage[y * stride + x] } }
    return image
  }
}
