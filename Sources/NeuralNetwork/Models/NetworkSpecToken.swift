/// One layer of a spec string, read from left to right.
struct NetworkSpecToken {
  /// Position of the layer in the string, from 1.
  let position: Int
  private let scalars: [Unicode.Scalar]
  private var index = 0

  init(_ scalars: ArraySlice<Unicode.Scalar>, position: Int) {
    (self.scalars, self.position) = (Array(scalars), position)
  }

  var isAtEnd: Bool { index == scalars.count }

  /// The layer, for messages, with unprintable characters replaced.
  var text: String {
    String(String.UnicodeScalarView(scalars.prefix(60).map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }

  /// An error at the current position.
  func failure(_ message: String) -> NetworkSpecError {
    NetworkSpecError(position: position + index, message: "\(text): \(message)")
  }

  /// Whether `word` is next; if so, reads it.
  mutating func take(_ word: String) -> Bool {
    let wanted = Array(word.unicodeScalars)
    guard scalars[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  mutating func require(_ word: String, _ what: String) throws(NetworkSpecError) {
    if !take(word) { throw failure("expected \(what)") }
  }

  func requireEnd() throws(NetworkSpecError) {
    if !isAtEnd { throw failure("nothing more is expected here") }
  }

  /// A whole number of up to nine digits.
  mutating func number(_ what: String) throws(NetworkSpecError) -> Int {
    let digits = scalars[index...].prefix { ("0"..."9").contains($0) }
    guard (1...9).contains(digits.count), let value = Int(String(String.UnicodeScalarView(digits))) else {
      throw failure(digits.isEmpty ? "expected \(what)" : "the number is too large")
    }
    index += digits.count
    return value
  }

  /// A number such as 0.25.
  mutating func fraction(_ what: String) throws(NetworkSpecError) -> Double {
    let digits = scalars[index...].prefix { ("0"..."9").contains($0) || $0 == "." }
    guard let value = Double(String(String.UnicodeScalarView(digits))) else { throw failure("expected \(what)") }
    index += digits.count
    return value
  }

  /// Two numbers: lines, columns.
  mutating func extent(_ what: String) throws(NetworkSpecError) -> Extent {
    let height = try number(what)
    try require(",", what)
    return Extent(height, try number(what))
  }

  /// A name in braces; empty if there is none.
  mutating func name() throws(NetworkSpecError) -> String {
    guard take("{") else { return "" }
    let name = scalars[index...].prefix { $0 != "}" }
    if name.isEmpty { throw failure("a name in braces must not be empty") }
    index += name.count
    try require("}", "} after the name")
    return String(String.UnicodeScalarView(name))
  }
}
