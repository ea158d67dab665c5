import CPango
import Images

/// The setting and cropping of a word.
package struct WordAppearance: Equatable, Sendable {
  /// The em in pixels.
  package var size: Int
  /// Pixels between clusters, negative to tighten.
  package var letterSpacing: Float
  /// The share of the font's empty line height that is kept above and below the ink, 0...1.
  package var leading: Float
  /// White pixels around the crop.
  package var left, right, top, bottom: Int
  /// nil for the font's own outlines.
  package var variation: OutlineVariation?

  package init(
    size: Int = 32, letterSpacing: Float = 0, leading: Float = 0, left: Int = 0, right: Int = 0, top: Int = 0,
    bottom: Int = 0, variation: OutlineVariation? = nil
  ) {
    self.variation = variation
    self.size = size
    self.letterSpacing = letterSpacing
    self.leading = leading
    (self.left, self.right, self.top, self.bottom) = (left, right, top, bottom)
  }
}

/// Draws words, shaped by HarfBuzz and set by Pango, in black on white with gray antialiasing and without hinting. Has
/// its own Pango objects: one per thread.
package final class WordRenderer {
  /// The widest image, in pixels.
  package static let largestWidth = 16_384

  private let setters: [FaceSetter]
  /// Coverage, 0...255, with a margin around the ink.
  private var canvas: [UInt8] = []

  package init(faces: [FontFace], direction: BaseDirection = .auto) throws(TypesettingError) {
    var setters: [FaceSetter] = []
    for face in faces { setters.append(try FaceSetter(face, direction: direction)) }
    self.setters = setters
  }

  /// Whether a face has a glyph for the scalar.
  package func has(_ scalar: Unicode.Scalar, face: Int) -> Bool { setters[face].has(scalar) }

  /// The glyphs of a word, from left to right.
  /// - Throws: `TypesettingError.text`, as `render`.
  package func shape(
    _ word: String, face: Int, size: Int = 32, letterSpacing: Float = 0
  ) throws(TypesettingError) -> [ShapedGlyph] {
    try setters[face].set(word, size: size, letterSpacing: letterSpacing)
    return setters[face].glyphs()
  }

  /// Draws a planned image, and returns the text that it shows.
  /// - Throws: `TypesettingError.text`, as `render`.
  package func draw(_ word: WordImage) throws(TypesettingError) -> (image: GrayImage, text: String) {
    let image = try render(word.text, face: word.face, appearance: word.appearance)
    return (image, try shown(word.text, face: word.face))
  }

  /// The word without the joiners (ZWJ) that do not change the face's picture of it, because the face does not join
  /// these letters: nobody could read them.
  /// - Throws: `TypesettingError.text`, as `render`.
  package func shown(_ word: String, face: Int) throws(TypesettingError) -> String {
    var scalars = Array(word.unicodeScalars)
    for i in scalars.indices.reversed() where scalars[i] == "\u{200D}" {
      let with = try visibleGlyphs(scalars, face: face)
      var rest = scalars
      rest.remove(at: i)
      if try visibleGlyphs(rest, face: face) == with { scalars = rest }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private func visibleGlyphs(_ scalars: [Unicode.Scalar], face: Int) throws(TypesettingError) -> [UInt32] {
    // HarfBuzz represents a joiner by the glyph of a space without a width.
    let space = setters[face].nominalGlyph(" ")
    return try shape(String(String.UnicodeScalarView(scalars)), face: face).filter { $0.glyph != space || $0.width > 0 }
      .map(\.glyph)
  }

  /// The picture of a word: all of its ink, and the white margins of `appearance`.
  /// - Throws: `TypesettingError.text` if the face lacks a glyph, a sign has no base, nothing is drawn, or the word is
  ///   too long.
  package func render(
    _ word: String, face: Int, appearance: WordAppearance
  ) throws(TypesettingError) -> GrayImage {
    let setter = setters[face]
    try setter.set(word, size: appearance.size, letterSpacing: appearance.letterSpacing)
    var (ink, logical) = (PangoRectangle(), PangoRectangle())
    pango_layout_get_pixel_extents(setter.layout, &ink, &logical)
    let pen = appearance.variation.map {
      OutlinePen(setter, word: word, size: appearance.size, letterSpacing: appearance.letterSpacing, variation: $0)
    }
    if let pen {
      let (left, top) = (pen.bounds.left.rounded(.down), pen.bounds.top.rounded(.down))
      ink = PangoRectangle(
        x: Int32(left), y: Int32(top), width: Int32(pen.bounds.right.rounded(.up) - left),
        height: Int32(pen.bounds.bottom.rounded(.up) - top))
    }
    // Extents come from outlines; antialiasing and rounded positions may extend slightly further.
    var margin = 4
    while true {
      let (width, height) = (Int(ink.width) + 2 * margin, Int(ink.height) + 2 * margin)
      guard width + appearance.left + appearance.right <= Self.largestWidth, height <= Self.largestWidth else {
        throw .text("word \"\(word.prefix(40))...\": wider than \(Self.largestWidth) pixels; split it")
      }
      let stride = (width + 3) & ~3
      draw(setter, pen, stride: stride, width: width, height: height, x: margin - Int(ink.x), y: margin - Int(ink.y))
      if let variation = appearance.variation, variation.closing > 0 {
        canvas.withUnsafeMutableBufferPointer {
          $0.close(width: width, height: height, stride: stride, gap: variation.closing * Double(appearance.size))
        }
      }
      guard let box = inkBox(stride: stride, width: width, height: height) else {
        throw .text("word \"\(word)\": font \"\(setter.face.name)\" draws nothing for it; take it out")
      }
      if box.left == 0 || box.top == 0 || box.right == width || box.bottom == height {
        margin *= 4
        continue
      }
      // The line's upper and lower edge in canvas coordinates, if they are outside the ink.
      let lineTop = margin - Int(ink.y) + Int(logical.y)
      let above = Int(Float(max(0, box.top - lineTop)) * appearance.leading) + appearance.top
      let below =
        Int(Float(max(0, lineTop + Int(logical.height) - box.bottom)) * appearance.leading) + appearance.bottom
      return crop(box, stride: stride, above: above, below: below, left: appearance.left, right: appearance.right)
    }
  }

  private func draw(_ setter: FaceSetter, _ pen: OutlinePen?, stride: Int, width: Int, height: Int, x: Int, y: Int) {
    let bytes = stride * height
    if canvas.count < bytes { canvas = [UInt8](repeating: 0, count: bytes) }
    canvas.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress!.update(repeating: 0, count: bytes)
      let surface = cairo_image_surface_create_for_data(
        buffer.baseAddress!, CAIRO_FORMAT_A8, Int32(width), Int32(height), Int32(stride))
      let cairo = cairo_create(surface)
      if let pen {
        pen.paint(cairo, x: Double(x), y: Double(y))
      } else {
        cairo_move_to(cairo, Double(x), Double(y))
        pango_cairo_show_layout(cairo, setter.layout)
      }
      cairo_destroy(cairo)
      cairo_surface_finish(surface)
      cairo_surface_destroy(surface)
    }
  }

  /// Half-open bounds of the drawn ink.
  private struct Box {
    var left, right, top, bottom: Int
  }

  private func inkBox(stride: Int, width: Int, height: Int) -> Box? {
    canvas.withUnsafeBufferPointer { pixels in
      var box = Box(left: width, right: 0, top: height, bottom: 0)
      for y in 0..<height {
        let row = y * stride
        guard let first = (0..<width).first(where: { pixels[row + $0] != 0 }) else { continue }
        let last = (0..<width).last { pixels[row + $0] != 0 }!
        box.left = min(box.left, first)
        box.right = max(box.right, last + 1)
        box.top = min(box.top, y)
        box.bottom = y + 1
      }
      return box.right > 0 ? box : nil
    }
  }

  private func crop(_ box: Box, stride: Int, above: Int, below: Int, left: Int, right: Int) -> GrayImage {
    let (inkWidth, inkHeight) = (box.right - box.left, box.bottom - box.top)
    var image = GrayImage(width: inkWidth + left + right, height: inkHeight + above + below)
    let width = image.width
    canvas.withUnsafeBufferPointer { source in
      image.pixels.withUnsafeMutableBufferPointer { target in
        for y in 0..<inkHeight {
          let from = (box.top + y) * stride + box.left
          let to = (above + y) * width + left
          for x in 0..<inkWidth { target[to + x] = 255 - source[from + x] }
        }
      }
    }
    return image
  }
}
