import Images

/// What is wrong with one line of a page; its other lines stay good.
struct LineFault: Error {
  let reason: String
}

/// Numbers and points as PAGE and ALTO write them.
enum PageNumbers {
  /// A number of at most a million either way.
  static func number(_ text: String, _ name: String) throws(LineFault) -> Double {
    let numbers = try list(text, name)
    guard numbers.count == 1 else { throw LineFault(reason: "\(name) \(quoted(text)) is not a number; mend it") }
    return numbers[0]
  }

  /// Points, as "x,y x,y" (PAGE 2013, PointsType) or "x y x y" (ALTO, PointsType).
  static func points(_ text: String, _ name: String) throws(LineFault) -> [PagePoint] {
    try points(try list(text, name), name)
  }

  static func points(_ numbers: [Double], _ name: String) throws(LineFault) -> [PagePoint] {
    guard numbers.count.isMultiple(of: 2) else {
      throw LineFault(reason: "\(name) has an odd number of coordinates; write x and y of each point")
    }
    return stride(from: 0, to: numbers.count, by: 2).map { PagePoint(numbers[$0], numbers[$0 + 1]) }
  }

  /// Numbers between which there is white space, one comma, or both.
  static func list(_ text: String, _ name: String) throws(LineFault) -> [Double] {
    let bytes = Array(text.utf8)
    var numbers: [Double] = []
    var position = 0
    func skipSpace() { while position < bytes.count, isSpace(bytes[position]) { position += 1 } }
    skipSpace()
    while position < bytes.count {
      let start = position
      while position < bytes.count, !isSpace(bytes[position]), bytes[position] != comma { position += 1 }
      guard let number = number(bytes[start..<position]) else {
        let word = String(decoding: bytes[start..<min(position, start + 40)], as: UTF8.self)
        throw LineFault(
          reason: "\(name) holds \(quoted(word)), which is not a number of a million at most; mend it")
      }
      numbers.append(number)
      guard numbers.count <= 2 * PageLimits.points else {
        throw LineFault(reason: "\(name) has more than 10,000 points; simplify it")
      }
      skipSpace()
      guard position < bytes.count, bytes[position] == comma else { continue }
      position += 1
      skipSpace()
      guard position < bytes.count else {
        throw LineFault(reason: "\(name) ends with a comma; write x and y of each point")
      }
    }
    return numbers
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    if bytes.count < 8, !bytes.isEmpty, bytes.allSatisfy(digits.contains) {
      let value = Double(bytes.reduce(0) { 10 * $0 + Int($1 - digits.lowerBound) })
      return value <= PageLimits.pixels ? value : nil
    }
    // Not what else Swift reads: infinity, NaN, hexadecimal.
    guard bytes.count <= 40, bytes.allSatisfy({ digits.contains($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(String(decoding: bytes, as: UTF8.self)), abs(value) <= PageLimits.pixels
    else { return nil }
    return value
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
}

private let comma = UInt8(ascii: ",")
