import Hashing

/// A strict scanner for the JSON that a safetensors header may contain: objects, strings, lists of whole numbers.
///
/// A general JSON parser would hide keys that appear twice, and numbers such as 1e3 or 4.0.
struct HeaderScanner {
  typealias Fault = SafeTensorsHeader.Fault

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Reads an object. Calls `member` with the key after each colon; `member` reads the value.
  mutating func object(
    _ member: (inout HeaderScanner, _ key: String) throws(Fault) -> Void
  ) throws(Fault) {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try string().text
      try expect(":")
      try member(&self, key)
    } while skip(",")
    try expect("}")
  }

  /// Reads a list of at most `limit` non-negative whole numbers.
  mutating func integers(atMost limit: Int) throws(Fault) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if skip("]") { return numbers }
    repeat {
      guard numbers.count < limit else { throw Fault(why: "a list of more than \(limit) numbers") }
      numbers.append(try integer())
    } while skip(",")
    try expect("]")
    return numbers
  }

  private mutating func integer() throws(Fault) -> Int {
    skipSpace()
    let start = position
    var number = 0
    while let digit = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !overflow && !carry else { throw Fault(why: "a number is too large") }
      number = sum
      position += 1
    }
    let digits = position - start
    guard digits == 1 || (digits > 1 && bytes[start] != UInt8(ascii: "0")) else {
      throw Fault(why: "a number is not a whole number from 0 on (header byte \(start))")
    }
    return number
  }

  /// Reads a string. `range` is the position of its text between the quotes.
  mutating func string() throws(Fault) -> (text: String, range: Range<Int>) {
    try expect("\"")
    let start = position
    var text: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw Fault(why: "a control character in a string (header byte \(position))") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        text += try escape()
      } else {
        text.append(byte)
      }
    }
    let range = start..<position
    try expect("\"")
    guard let text = String(validating: text, as: UTF8.self) else {
      throw Fault(why: "a string is not UTF-8 (header byte \(start))")
    }
    return (text, range)
  }

  /// Reads the escape after a backslash and returns it as UTF-8.
  private mutating func escape() throws(Fault) -> [UInt8] {
    let fault = Fault(why: "a bad escape in a string (header byte \(position))")
    guard let letter = current else { throw fault }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var value = try hexadecimal()
      if (0xD800..<0xDC00).contains(value) {
        guard current == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
        else { throw fault }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw fault }
      return Array(String(Character(scalar)).utf8)
    default: throw fault
    }
  }

  private mutating func hexadecimal() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw Fault(why: "a bad escape in a string (header byte \(position))")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// Checks that only white space is left.
  mutating func end() throws(Fault) {
    skipSpace()
    guard position == bytes.count else { throw Fault(why: "text behind the header's JSON (header byte \(position))") }
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Skips white space (except before a string's text) and requires the given character.
  private mutating func expect(_ character: Unicode.Scalar) throws(Fault) {
    guard skip(character) else {
      throw Fault(why: "its header is not the expected JSON: no '\(character)' at header byte \(position)")
    }
  }
}
