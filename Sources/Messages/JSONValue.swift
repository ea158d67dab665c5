/// Any JSON value, for files that another version may have written in another form.
package enum JSONValue: Codable, Sendable, Equatable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// A whole number above the largest Int.
  case unsigned(UInt64)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let unsigned = try? value.decode(UInt64.self) {
      self = .unsigned(unsigned)
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

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let fields): try container.encode(fields)
    }
  }

  /// The value of a key; nil if this is no object or lacks the key.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields[key]
  }

  package var fields: [String: JSONValue] {
    guard case .object(let fields) = self else { return [:] }
    return fields
  }

  package var texts: [String] {
    guard case .array(let values) = self else { return [] }
    return values.map(\.words)
  }

  package var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// The value as text for people.
  package var words: String {
    switch self {
    case .null: "none"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .array(let values): values.map(\.words).joined(separator: ", ")
    case .object(let fields): fields.sorted { $0.key < $1.key }.map { "\($0): \($1.words)" }.joined(separator: ", ")
    }
  }
}
