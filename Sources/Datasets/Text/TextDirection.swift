import Settings

/// The base direction of texts, by which their letters are put into the order of the page: Unicode Standard Annex 9. A part of
/// the model.
package enum TextDirection: String, OptionChoice {
  /// That of the first strong letter of each text (rules P2 and P3).
  case auto
  /// From left to right.
  case ltr
  /// From right to left.
  case rtl
  /// None: texts are in the order of the page already.
  case ofThePage = "none"
}

extension Unicode.Scalar {
  /// Whether the letter is, or may come to be, of a script or an embedding that runs from right to left. In a text without such
  /// letters, the order of the page is that of the text, unless its base direction is from right to left.
  ///
  /// The ranges hold all of Bidi_Class R, AL and AN, with what Unicode keeps free for them (DerivedBidiClass), and the controls
  /// of direction.
  var mayRunRightToLeft: Bool {
    switch value {
    case 0..<0x590: false
    case 0x590...0x8FF, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFB1D...0xFDFF, 0xFE70...0xFEFF,
      0x10800...0x10FFF, 0x1E800...0x1EFFF:
      true
    default: false
    }
  }
}
