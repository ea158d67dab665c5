/// Any JSON, for files whose form another version may have decided.
enum JSONValue: Decodable, Sendable, Equatable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  /// What is under a key; nil when this is no object, or has no such key.
  subscript(key: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields[key]
  }

  var fields: [String: JSONValue] {
    guard case .object(let fields) = self else { return [:] }
    return fields
  }

  var texts: [String] {
    guard case .array(let values) = self else { return [] }
    return values.map(\.words)
  }

  var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// For people.
  var words: String {
    switch self {
    case .null: "none"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .array(let values): values.map(\.words).joined(separator: ", ")
    case .object(let fields): fields.sorted { $0.key < $1.key }.map { "\($0): \($1.words)" }.joined(separator: ", ")
    }
  }
}
