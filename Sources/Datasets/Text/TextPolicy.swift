import Foundation
import Messages
import Settings

/// What happens to the texts of a data set before anything is done with them. A part of the model: evaluation treats references
/// as training treated labels.
package struct TextPolicy: Codable, Sendable, Equatable {
  package var normalization: Normalization
  package var whitespace: Whitespace
  /// The base direction of texts; nil for texts in the order of the page, and for models whose letters all run from left to right.
  package var direction: TextDirection?

  /// A normalization form of Unicode Standard Annex 15.
  package enum Normalization: String, OptionChoice { case nfc, nfd, nfkc, nfkd, none }

  /// What happens to white space.
  package enum Whitespace: String, OptionChoice {
    /// White space at the ends is removed; elsewhere, each run of it becomes one U+0020. A line break in the middle stays, since
    /// an image of one line cannot show it: the audit reports it.
    case collapse
    /// Only one line break at the end of a text file is removed.
    case keep
  }

  package init(
    normalization: Normalization = .nfc, whitespace: Whitespace = .collapse, direction: TextDirection? = .auto
  ) {
    (self.normalization, self.whitespace, self.direction) = (normalization, whitespace, direction)
  }

  /// The policy of models that were trained before there was a choice.
  package static let ofOlderModels = TextPolicy(normalization: .nfc, whitespace: .keep, direction: nil)

  /// What the policy changes in a text.
  func changes(in text: String) -> (form: Bool, whitespace: Bool) {
    let normal = normalization.applied(to: text)
    return (!sameScalars(normal, text), whitespace == .collapse && !sameScalars(collapsed(normal), normal))
  }

  /// The text by this policy. It is stable: applied to its own result, it changes nothing.
  package func applied(to text: String) -> String {
    let normal = normalization.applied(to: text)
    return whitespace == .collapse ? collapsed(normal) : normal
  }
}

extension TextPolicy.Normalization {
  /// The text in this form.
  package func applied(to text: String) -> String {
    // Scalars below U+00A0 are the same in all forms.
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    switch self {
    case .none: return text
    // Scalars below U+0300 do not combine with each other, and recompose after canonical decomposition.
    case .nfc:
      return text.unicodeScalars.allSatisfy({ $0.value < 0x300 }) ? text : text.precomposedStringWithCanonicalMapping
    case .nfd: return text.decomposedStringWithCanonicalMapping
    case .nfkc: return text.precomposedStringWithCompatibilityMapping
    case .nfkd: return text.decomposedStringWithCompatibilityMapping
    }
  }
}

/// The text with white space collapsed, see ``TextPolicy/Whitespace/collapse``.
private func collapsed(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  var isChanged = false
  // The white space since the last letter.
  var (pending, breaks) = (0, String.UnicodeScalarView())
  var isFirst = true
  for scalar in text.unicodeScalars {
    if scalar.properties.isWhitespace {
      if scalar.isLineBreak { breaks.append(scalar) }
      if scalar != " " { isChanged = true }
      pending += 1
      continue
    }
    if pending > 0 {
      if isFirst || pending > 1 { isChanged = true }
      if !isFirst { if breaks.isEmpty { result.append(" ") } else { result.append(contentsOf: breaks) } }
      (pending, breaks) = (0, String.UnicodeScalarView())
    }
    result.append(scalar)
    isFirst = false
  }
  return isChanged || pending > 0 ? String(result) : text
}

extension Unicode.Scalar {
  fileprivate var isLineBreak: Bool {
    (0x0A...0x0D).contains(value) || value == 0x85 || value == 0x2028 || value == 0x2029
  }
}

/// Whether two strings consist of the same scalars. `==` would also accept canonically equivalent ones.
func sameScalars(_ a: String, _ b: String) -> Bool {
  a.utf8.elementsEqual(b.utf8)
}
