import CPango

/// Looks for letters that a face draws over each other.
///
/// HarfBuzz takes the advance away from glyphs that a font classes as marks. Fonts that class vowel signs to the right of their
/// letter so, such as LKLUG, have the next letter drawn over the sign. ``FaceSetter`` gives such signs their advance back.
package struct OverlapCheck {
  /// Signs and letters whose ink lies over that of the next letter, by how the system draws them.
  package let bySystem: [Unicode.Scalar]
  /// Those that lie there in the images of this program as well.
  package let inImages: [Unicode.Scalar]

  /// In ems: letters that lie over each other by less, to the side or in height, have a serif or a line there.
  private static let tolerance = 0.25
  /// The share of the ink of one of two letters: what overlaps less is a letter in the bow of another.
  private static let share = 0.01
  private static let size = 50

  /// - Parameter letters: those to look at; nil is all of the face.
  /// - Throws: `TypesettingError.font`.
  package init(_ face: FontFace, letters: Set<Unicode.Scalar>? = nil) throws(TypesettingError) {
    let setter = try FaceSetter(face)
    var (bySystem, inImages): ([Unicode.Scalar], [Unicode.Scalar]) = ([], [])
    for scalar in OverlapCheck.candidates where setter.has(scalar) && letters?.contains(scalar) ?? true {
      guard let letter = OverlapCheck.letter(besides: scalar, setter) else { continue }
      let isMark = scalar.properties.generalCategory == .spacingMark
      let first = isMark ? [letter, scalar] : [scalar]
      if OverlapCheck.overlaps(first, letter, setter, restoresAdvances: false) { bySystem.append(scalar) }
      if OverlapCheck.overlaps(first, letter, setter, restoresAdvances: true) { inImages.append(scalar) }
    }
    (self.bySystem, self.inImages) = (bySystem, inImages)
  }

  /// Spacing marks, and letters of scripts whose letters stand apart. Joined scripts let letters overlap; Chinese, Japanese and
  /// Korean letters have a square each.
  private static let candidates: [Unicode.Scalar] = (UInt32(0x41)..<0x1_2000).compactMap { value in
    guard let scalar = Unicode.Scalar(value) else { return nil }
    switch value {
    case 0x600..<0x8A0, 0x1800..<0x18B0, 0x2E80..<0xA4D0, 0xA840..<0xA880, 0xAC00..<0xD7FF, 0xF900..<0x1_0000,
      0x1_0840..<0x1_1000:
      return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .spacingMark, .otherLetter: return scalar
    default: return nil
    }
  }

  /// A letter of the same block: for signs, one that they can stand on.
  private static func letter(besides scalar: Unicode.Scalar, _ setter: FaceSetter) -> Unicode.Scalar? {
    let block = scalar.value & ~0x7F
    // In the blocks of India, the first consonant is there.
    let values = [block | 0x15] + (block...(block | 0x7F))
    return values.lazy.compactMap(Unicode.Scalar.init).first { letter in
      guard letter.properties.generalCategory == .otherLetter, setter.has(letter) else { return false }
      return !isBadlySpelled([letter, scalar], setter)
    }
  }

  private static func isBadlySpelled(_ scalars: [Unicode.Scalar], _ setter: FaceSetter) -> Bool {
    do {
      try setter.set(String(String.UnicodeScalarView(scalars)), size: size, letterSpacing: 0)
      return false
    } catch {
      return true
    }
  }

  /// Whether ink of `first` lies over that of the letter behind it, from whichever side it is read.
  private static func overlaps(
    _ first: [Unicode.Scalar], _ letter: Unicode.Scalar, _ setter: FaceSetter, restoresAdvances: Bool
  ) -> Bool {
    let start = String(String.UnicodeScalarView(first))
    do {
      try setter.set(start + String(letter), size: size, letterSpacing: 0, restoresAdvances: restoresAdvances)
    } catch {
      return false
    }
    var (before, after) = (Ink(), Ink())
    var x = 0.0
    setter.forEachGlyph { info, cluster, font in
      if cluster < start.utf8.count { before.add(info, font, x: x) } else { after.add(info, font, x: x) }
      x += Double(info.geometry.width) / Double(PANGO_SCALE)
    }
    guard let (one, two) = before.box.flatMap({ box in after.box.map { (box, $0) } }) else { return false }
    let least = Int(tolerance * Double(size))
    return one.columns.clamped(to: two.columns).count > least && one.rows.clamped(to: two.rows).count > least
      && Double(before.count(with: after)) > share * Double(min(before.count(with: before), after.count(with: after)))
  }
}

/// Black and white glyphs on one line.
private struct Ink {
  private static let (width, height, baseline, left) = (512, 200, 130, 100)
  private var coverage = [UInt8](repeating: 0, count: width * height)

  /// Draws a glyph at a position in pixels.
  mutating func add(_ info: PangoGlyphInfo, _ font: UnsafeMutablePointer<PangoFont>?, x: Double) {
    let single = pango_glyph_string_new()!
    defer { pango_glyph_string_free(single) }
    pango_glyph_string_set_size(single, 1)
    single.pointee.glyphs[0] = info
    coverage.withUnsafeMutableBufferPointer { buffer in
      let surface = cairo_image_surface_create_for_data(
        buffer.baseAddress!, CAIRO_FORMAT_A8, Int32(Ink.width), Int32(Ink.height), Int32(Ink.width))
      let cairo = cairo_create(surface)
      cairo_move_to(cairo, Double(Ink.left) + x, Double(Ink.baseline))
      pango_cairo_show_glyph_string(cairo, font, single)
      cairo_destroy(cairo)
      cairo_surface_finish(surface)
      cairo_surface_destroy(surface)
    }
  }

  /// The columns and rows with ink; nil without any.
  var box: (columns: Range<Int>, rows: Range<Int>)? {
    let places = coverage.indices.filter { coverage[$0] > 127 }
    guard let first = places.first, let last = places.last else { return nil }
    let columns = places.map { $0 % Ink.width }
    return (columns.min()!..<columns.max()! + 1, first / Ink.width..<last / Ink.width + 1)
  }

  /// The number of pixels that are black in both.
  func count(with other: Ink) -> Int {
    zip(coverage, other.coverage).reduce(0) { $0 + ($1.0 > 127 && $1.1 > 127 ? 1 : 0) }
  }
}
