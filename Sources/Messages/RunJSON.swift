import Foundation

/// The JSON of the run directory: sorted keys, plain slashes, and non-finite numbers as the strings "NaN",
/// "Infinity" and "-Infinity" (JSON has no such numbers).
package enum RunJSON {
  /// One line without a trailing line feed.
  package static func line(_ value: some Encodable) throws -> String {
    String(decoding: try encoder([.sortedKeys, .withoutEscapingSlashes]).encode(value), as: UTF8.self)
  }

  /// Several lines, for people; ends with a line feed.
  package static func pretty(_ value: some Encodable) throws -> String {
    let text = try encoder([.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]).encode(value)
    return String(decoding: text, as: UTF8.self) + "\n"
  }

  /// Reads what ``line(_:)`` and ``pretty(_:)`` write.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from text: String, userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.userInfo = userInfo
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(type, from: Data(text.utf8))
  }

  private static func encoder(_ format: JSONEncoder.OutputFormatting) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = format
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }
}
