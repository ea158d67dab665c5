import Messages

extension Audit {
  /// Checks for scalars that are in a text by mistake.
  func checkMistakes(in record: Record, _ finding: Finding) {
    let scalars = record.text.unicodeScalars
    if let sign = record.text.placeholder {
      finding(
        .placeholder, false,
        "the text holds \(sign.shownOrNamed) three times in a row, which may stand for what could not be read; write what the image "
          + "shows, or leave the line out")
    }
    // Nothing below U+0300 is a mistake of this kind.
    if record.text.utf8.allSatisfy({ $0 < 0xCC }) { return }
    if scalars.contains("\u{FFFD}") {
      finding(
        .replacementCharacter, false, "the text holds U+FFFD, which stands for a letter that was lost; write the letter"
      )
    }
    if let scalar = scalars.first(where: { $0.properties.generalCategory == .unassigned }) {
      let what = scalar.properties.isNoncharacterCodePoint ? "is no character" : "has no meaning in Unicode"
      finding(.unassignedScalar, false, "the text holds \(scalar.codePoint), which \(what); correct the text")
    }
    if let mark = scalars.first, mark.isMark {
      finding(
        .leadingMark, false,
        "the text begins with \(mark.codePoint) \(mark.shownOrNamed), a mark without its letter; add the letter or "
          + "remove the mark")
    }
  }
}

extension String {
  /// Signs that people write for what they cannot read. Dots, dashes and the like are not among them: they lead the eye through a
  /// table of contents.
  private static let placeholders: Set<Unicode.Scalar> = [
    "~", "?", "#", "@", "^", "\u{A4}", "\u{25A0}", "\u{25A1}", "\u{25CA}",
  ]

  /// The first of them that stands three times in a row.
  fileprivate var placeholder: Unicode.Scalar? {
    var (last, times): (Unicode.Scalar?, Int) = (nil, 0)
    for scalar in unicodeScalars {
      times = scalar == last ? times + 1 : 1
      last = scalar
      if times == 3, String.placeholders.contains(scalar) { return scalar }
    }
    return nil
  }

  /// Scalars that take up space in an image: no marks, spaces or format controls.
  var letterCount: Int {
    unicodeScalars.count { scalar in
      if scalar.isASCII { return scalar.value > 0x20 && scalar.value != 0x7F }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .spacingMark, .spaceSeparator, .lineSeparator, .paragraphSeparator,
        .control,
        .format:
        return false
      default: return true
      }
    }
  }
}

extension Unicode.Scalar {
  var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark: true
    default: false
    }
  }

  var isLetterOrDigit: Bool { properties.isAlphabetic || properties.numericType != nil }
}
