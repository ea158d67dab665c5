/// Thrown by every rank if ranks differ in something that must be equal.
package struct RanksDisagree: CollectiveFailure, CustomStringConvertible, Equatable {
  /// The first item that differs.
  package let item: String
  /// The ranks that do not have the most frequent value. In a tie, the value of the lowest rank wins.
  package let oddRanks: [Int]
  package let description: String
}

extension Communicator {
  /// Compares named values over all ranks, byte by byte. Every rank throws ``RanksDisagree`` for the first value that
  /// differs.
  ///
  /// - Parameter remedies: what to do if an item differs, by its name; the end of the message.
  package func requireAgreement(
    on items: [(name: String, value: String)], remedies: [String: String] = [:]
  ) throws {
    let names = items.map(\.name).joined(separator: ", ")
    let fields = try allGather(encode([hostName, names] + items.map(\.value))).map(decode)
    let hosts = fields.map { String(decoding: $0.first ?? [], as: UTF8.self) }
    for (i, name) in (["the list of compared items"] + items.map(\.name)).enumerated() {
      let values = fields.map { i + 1 < $0.count ? $0[i + 1] : [] }
      let (common, odd) = parties(values)
      if odd.isEmpty { continue }
      let text = sentence(name, values, common: common, odd: odd, hosts: hosts)
      throw RanksDisagree(item: name, oddRanks: odd, description: text + (remedies[name].map { "; \($0)" } ?? ""))
    }
  }
}

/// The ranks that have the most frequent value, and the others.
private func parties(_ values: [[UInt8]]) -> (common: [Int], odd: [Int]) {
  var frequency: [[UInt8]: Int] = [:]
  for value in values { frequency[value, default: 0] += 1 }
  let most = frequency.values.max() ?? 0
  let common = values.first { frequency[$0] == most } ?? []
  return (values.indices.filter { values[$0] == common }, values.indices.filter { values[$0] != common })
}

/// "ranks disagree about NAME: rank 1 on b has "x", rank 0 on a has "y"".
private func sentence(_ name: String, _ values: [[UInt8]], common: [Int], odd: [Int], hosts: [String]) -> String {
  let like = odd.filter { values[$0] == values[odd[0]] }
  let (a, b) = shortened(values[odd[0]], values[common[0]])
  let others = odd.count - like.count
  let more = others == 0 ? "" : " (\(others) more differ otherwise)"
  return "ranks disagree about \(name): \(named(like, hosts)) \(a)\(more), \(named(common, hosts)) \(b)"
}

/// "rank 1 on b has", or "ranks 1 on b, 2 on c have"; at most four are listed.
private func named(_ ranks: [Int], _ hosts: [String]) -> String {
  let list = ranks.prefix(4).map { "\($0) on \(hosts[$0])" }.joined(separator: ", ")
  let more = ranks.count > 4 ? " and \(ranks.count - 4) more" : ""
  return ranks.count == 1 ? "rank \(list) has" : "ranks \(list)\(more) have"
}

/// Both values in quotes, without line breaks; long ones are cut to the part around the first byte that differs. Texts
/// that differ only in their normalization look alike, so their scalars are spelled out.
private func shortened(_ a: [UInt8], _ b: [UInt8]) -> (String, String) {
  let same = zip(a, b).prefix { $0 == $1 }.count
  let texts = [a, b].map { bytes in
    let start = bytes.count <= 60 ? 0 : max(0, min(same - 20, bytes.count - 60))
    let text = String(decoding: bytes[start...].prefix(60), as: UTF8.self)
    let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
    let line = String(String.UnicodeScalarView(scalars))
    return "\"\(start > 0 ? "..." : "")\(line)\(start + 60 < bytes.count ? "..." : "")\""
  }
  if String(decoding: a, as: UTF8.self) != String(decoding: b, as: UTF8.self) { return (texts[0], texts[1]) }
  let spelled = texts.map { text in
    text.unicodeScalars.map { $0.isASCII ? String($0) : $0.escaped(asASCII: true) }.joined()
  }
  return (spelled[0], spelled[1])
}

/// Each field as its length in bytes (8, little-endian) and its bytes.
func encode(_ fields: [String]) -> [UInt8] {
  fields.flatMap { field in
    let bytes = Array(field.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
  }
}

/// The fields of ``encode(_:)``; stops at the first truncated one.
func decode(_ bytes: [UInt8]) -> [[UInt8]] {
  var (fields, rest) = ([[UInt8]](), bytes[...])
  while rest.count >= 8 {
    let length = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    guard length <= UInt64(rest.count) else { break }
    fields.append(Array(rest.prefix(Int(length))))
    rest = rest.dropFirst(Int(length))
  }
  return fields
}
