import Foundation

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

extension Double {
  func formatted(decimals: Int) -> String {
    String(format: "%.\(decimals)f", self)
  }

  /// To the nearest thousandth: what measured times are good for.
  var inThousandths: Double { (self * 1000).rounded() / 1000 }
}

/// A rate as a percentage with two decimals.
func percent(_ rate: Double) -> String {
  (100 * rate).formatted(decimals: 2) + " %"
}

/// Seconds as 1:02:03 or 2:03.
func clockTime(_ seconds: Double) -> String {
  let total = Int(seconds.isFinite ? min(max(seconds, 0), 1e9) : 0)
  let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
  return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
}

/// To the nearest thousandth.
func secondsSince1970() -> Double { Date().timeIntervalSince1970.inThousandths }

extension Unicode.Scalar {
  /// The scalar as a reader can see it alone: a sign that stands on other letters gets a dotted circle to stand on, and what
  /// cannot be seen is named.
  var shownAlone: String {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}\(self)"
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .format, .control: codePoint
    default: "\(self)"
    }
  }

  /// U+0DCF.
  var codePoint: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
