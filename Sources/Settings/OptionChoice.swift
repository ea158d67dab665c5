import Messages

/// An option whose value is one of a few names.
public protocol OptionChoice: RawRepresentable, CaseIterable, Codable, Sendable where RawValue == String {}

extension OptionChoice {
  /// - Throws: `ConfigurationError` that names the option and its possible values.
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
