import Messages

/// The letters of the Sinhala script and the rules of their order (Unicode Standard, section 13.2 "Sinhala";
/// SLS 1134:2011).
package enum SinhalaOrthography {
  package static let alLakuna: Unicode.Scalar = "\u{0DCA}"
  package static let anusvara: Unicode.Scalar = "\u{0D82}"
  package static let visarga: Unicode.Scalar = "\u{0D83}"
  package static let zeroWidthJoiner: Unicode.Scalar = "\u{200D}"

  /// අ ... ඖ
  package static let independentVowels = scalars(0x0D85...0x0D96)
  /// ක ... ෆ, without the unassigned code points
  package static let consonants = scalars(0x0D9A...0x0DC6).filter {
    ![0x0DB2, 0x0DBC, 0x0DBE, 0x0DBF].contains($0.value)
  }
  /// ඟ ඦ ඬ ඳ ඹ, which neither begin a word nor lose their vowel
  package static let prenasalized: [Unicode.Scalar] = ["ඟ", "ඦ", "ඬ", "ඳ", "ඹ"]
  /// ා ... ෟ, ෲ, ෳ
  package static let vowelSigns =
    scalars(0x0DCF...0x0DDF).filter { ![0x0DD5, 0x0DD7].contains($0.value) } + scalars(0x0DF2...0x0DF3)

  private static func scalars(_ range: ClosedRange<UInt32>) -> [Unicode.Scalar] {
    range.map { Unicode.Scalar($0)! }
  }

  private enum Kind { case vowel, consonant, vowelSign, alLakuna, modifier, joiner, other }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    switch scalar.value {
    case 0x0D82, 0x0D83: .modifier
    case 0x0D85...0x0D96: .vowel
    case 0x0DB2, 0x0DBC, 0x0DBE, 0x0DBF, 0x0DD5, 0x0DD7: .other
    case 0x0D9A...0x0DC6: .consonant
    case 0x0DCA: .alLakuna
    case 0x0DCF...0x0DD6, 0x0DD8...0x0DDF, 0x0DF2, 0x0DF3: .vowelSign
    case 0x200D: .joiner
    default: .other
    }
  }

  /// The problem of a word of Sinhala letters, or nil. Rules: a vowel sign or al-lakuna follows a consonant only,
  /// anusvara and visarga a vowel, consonant or vowel sign, and a joiner occurs between al-lakuna and a consonant only.
  package static func problem(in word: String) -> String? {
    if word.isEmpty { return "it is empty" }
    var previous = Kind.other
    for scalar in word.unicodeScalars {
      let kind = kind(of: scalar)
      let allowed =
        switch kind {
        case .vowel: previous != .joiner
        case .consonant: true
        case .vowelSign, .alLakuna: previous == .consonant
        case .modifier: previous == .vowel || previous == .consonant || previous == .vowelSign
        case .joiner: previous == .alLakuna
        case .other: false
        }
      if !allowed { return "\(scalar.codePoint) may not stand there" }
      previous = kind
    }
    return previous == .joiner ? "it ends in a joiner" : nil
  }
}
