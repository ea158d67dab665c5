/// Names and texts from outside may contain anything. In messages, logs and tables they must not break or forge a line,
/// or send control sequences to the terminal.
extension String {
  /// The text with control characters escaped as `\n` or `\u{1b}`.
  package var onOneLine: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.isControl {
        result += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The text on one line; a long text is cut.
  package var shortened: String {
    let start = unicodeScalars.prefix(200)
    return String(start).onOneLine + (start.endIndex == unicodeScalars.endIndex ? "" : "...")
  }
}

extension Unicode.Scalar {
  /// Whether the scalar is a control character (general category Cc).
  package var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}

/// "1 rank", "2 ranks".
package func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
