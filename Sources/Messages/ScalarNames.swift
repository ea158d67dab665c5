extension Unicode.Scalar {
  /// The scalar as a reader can see it alone: a sign that stands on other letters gets a dotted circle to stand on, and what
  /// cannot be seen is named.
  package var shownAlone: String {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}\(self)"
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .format, .control: codePoint
    default: "\(self)"
    }
  }

  /// U+0DCF.
  package var codePoint: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The scalar as one can see it: marks on a dotted circle, what is invisible by its Unicode name.
  package var shownOrNamed: String {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}" + String(self)
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
      properties.name ?? properties.nameAlias ?? "unnamed"
    default: String(self)
    }
  }
}
