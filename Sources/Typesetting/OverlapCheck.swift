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

  /// In ems: ink that overlaps by less, to the side or in height, is kerning, or a serif.
  private static let tolerance = 0.25
  private static let size = 100

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

  /// Whether the ink of `first` lies over that of the letter behind it, from whichever side it is read.
  private static func overlaps(
    _ first: [Unicode.Scalar], _ letter: Unicode.Scalar, _ setter: FaceSetter, restoresAdvances: Bool
  ) -> Bool {
    let start = String(String.UnicodeScalarView(first))
    let word = start + String(letter)
    do {
      try setter.set(word, size: size, letterSpacing: 0, restoresAdvances: restoresAdvances)
    } catch {
      return false
    }
    var (before, after): (Box?, Box?) = (nil, nil)
    var x = 0.0
    setter.forEachGlyph { info, cluster, font in
      defer { x += Double(info.geometry.width) }
      var ink = PangoRectangle()
      pango_font_get_glyph_extents(font, info.glyph, &ink, nil)
      guard ink.width > 0, ink.height > 0 else { return }
      let left = x + Double(info.geometry.x_offset) + Double(ink.x)
      let top = Double(info.geometry.y_offset) + Double(ink.y)
      let box = Box(left: left, right: left + Double(ink.width), top: top, bottom: top + Double(ink.height))
      if cluster < start.utf8.count { before = box.joined(with: before) } else { after = box.joined(with: after) }
    }
    guard let before, let after else { return false }
    let em = Double(size) * Double(PANGO_SCALE)
    return min(before.right, after.right) - max(before.left, after.left) > tolerance * em
      && min(before.bottom, after.bottom) - max(before.top, after.top) > tolerance * em
  }

  private struct Box {
    var left, right, top, bottom: Double

    func joined(with other: Box?) -> Box {
      guard let other else { return self }
      return Box(
        left: min(left, other.left), right: max(right, other.right), top: min(top, other.top),
        bottom: max(bottom, other.bottom))
    }
  }
}
