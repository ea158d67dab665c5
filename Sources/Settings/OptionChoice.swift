import Messages

/// An option that takes one of some names.
public protocol OptionChoice: RawRepresentable, CaseIterable, Codable, Sendable where RawValue == String {}

extension OptionChoice {
  /// - Throws: ``ConfigurationError`` naming the option and the names that it takes.
  public init(from decoder: any Decoder) throws {
    let name = try decoder.singleValueContainer().decode(String.self)
    guard let choice = Self(rawValue: name) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        option: decoder.codingPath.last?.stringValue ?? "", " \(name.shortened): it is one of \(names)")
    }
    self = choice
  }
}
