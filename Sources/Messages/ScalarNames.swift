extension Unicode.Scalar {
  /// The scalar as it is readable alone: a combining mark gets a dotted circle, and an invisible scalar its name.
  package var shownAlone: String {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}\(self)"
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .format, .control: codePoint
    default: "\(self)"
    }
  }

  /// The code point in the form U+0DCF.
  package var codePoint: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The scalar made visible: a combining mark on a dotted circle, an invisible scalar by its Unicode name.
  package var shownOrNamed: String {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}" + String(self)
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
      properties.name ?? properties.nameAlias ?? "unnamed"
    default: String(self)
    }
  }
}
