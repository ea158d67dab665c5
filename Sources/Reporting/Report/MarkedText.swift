import Recognition

/// Texts for a page, with their differences marked. The units are letters as readers see them, so that marks do not
/// break the shaping of conjuncts.
package enum MarkedText {
  /// A text in the language of its script, isolated from the direction of the surrounding text.
  package static func html(_ text: String) -> HTML {
    text.isEmpty
      ? "<i class=\"none\">nothing</i>"
      : "<bdi dir=\"\(direction(of: text))\" lang=\"\(language(of: text))\">\(text)</bdi>"
  }

  /// The base direction: that of the first strong letter, as UAX #9 has it.
  package static func direction(of text: String) -> String {
    for scalar in text.unicodeScalars where scalar.properties.isAlphabetic {
      let isRightToLeft = rightToLeft.contains { $0.contains(scalar.value) }
      return isRightToLeft ? "rtl" : "ltr"
    }
    return "auto"
  }

  private static let rightToLeft: [ClosedRange<UInt32>] = [
    0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF,
  ]

  /// Both texts, with their differences in `mark`.
  package static func html(reference: String, prediction: String) -> (reference: HTML, prediction: HTML) {
    let (a, b) = (parts(of: reference), parts(of: prediction))
    let edits = EditAlignment(reference: a.map(Part.init), prediction: b.map(Part.init)).edits
    let wrongInA = Set(edits.filter { $0.reference != nil }.map(\.place.reference))
    let wrongInB = Set(edits.filter { $0.prediction != nil }.map(\.place.prediction))
    // What was read has the direction of what is written, even if its first letter is wrong.
    let direction = direction(of: reference.isEmpty ? prediction : reference)
    return (marked(a, wrongInA, direction), marked(b, wrongInB, direction))
  }

  private static func marked(_ parts: [String], _ wrong: Set<Int>, _ direction: String) -> HTML {
    if parts.isEmpty { return html("") }
    var inner: HTML = ""
    var i = 0
    while i < parts.count {
      var end = i + 1
      while end < parts.count && wrong.contains(end) == wrong.contains(i) { end += 1 }
      let piece = parts[i..<end].joined()
      inner += wrong.contains(i) ? "<mark>\(piece)</mark>" : "\(piece)"
      i = end
    }
    return "<bdi dir=\"\(direction)\" lang=\"\(language(of: parts.joined()))\">\(inner)</bdi>"
  }

  /// Grapheme clusters, joined where a zero-width joiner makes two of them one sign.
  package static func parts(of text: String) -> [String] {
    var parts: [String] = []
    for character in text.precomposedStringWithCanonicalMapping {
      if parts.last?.unicodeScalars.last == "\u{200D}" {
        parts[parts.count - 1].append(character)
      } else {
        parts.append(String(character))
      }
    }
    return parts
  }

  /// Compares scalars, unlike String.
  private struct Part: Equatable {
    let scalars: [Unicode.Scalar]
    init(_ text: String) { scalars = Array(text.unicodeScalars) }
  }

  /// The language of most texts in a script, by which browsers and screen readers choose font and voice; empty,
  /// which is HTML's "unknown", for other scripts.
  package static func language(of text: String) -> String {
    for scalar in text.unicodeScalars {
      if let match = languages.first(where: { $0.range.contains(scalar.value) }) { return match.language }
    }
    return ""
  }

  private static let languages: [(range: ClosedRange<UInt32>, language: String)] = [
    (0x0370...0x03FF, "el"), (0x0530...0x058F, "hy"), (0x0590...0x05FF, "he"), (0x0600...0x06FF, "ar"),
    (0x0700...0x074F, "syr"), (0x0780...0x07BF, "dv"), (0x07C0...0x07FF, "nqo"), (0x0900...0x097F, "hi"),
    (0x0980...0x09FF, "bn"), (0x0A00...0x0A7F, "pa"),
    (0x0A80...0x0AFF, "gu"), (0x0B00...0x0B7F, "or"), (0x0B80...0x0BFF, "ta"), (0x0C00...0x0C7F, "te"),
    (0x0C80...0x0CFF, "kn"), (0x0D00...0x0D7F, "ml"), (0x0D80...0x0DFF, "si"), (0x0E00...0x0E7F, "th"),
    (0x0E80...0x0EFF, "lo"), (0x0F00...0x0FFF, "bo"), (0x1000...0x109F, "my"), (0x10A0...0x10FF, "ka"),
    (0x1200...0x137F, "am"), (0x1780...0x17FF, "km"), (0x3040...0x30FF, "ja"), (0x4E00...0x9FFF, "zh"),
    (0xAC00...0xD7AF, "ko"), (0x1E900...0x1E95F, "ff-Adlm"),
  ]
}
