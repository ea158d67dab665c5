import Messages

/// Settings that belong together, declared beside the code that uses them.
///
/// Each stored property is an option: its name is the key in a configuration file and, in kebab case, the flag of the
/// command line. Its initial value is the default. All groups are encoded as one flat JSON object.
package protocol SettingsGroup: Codable, Sendable, Equatable {
  /// Checks every value, including those from a file or a checkpoint.
  /// - Throws: `ConfigurationError` that names the option.
  func validate() throws
}

extension SettingsGroup {
  /// The names of the options.
  package var optionNames: [String] { Mirror(reflecting: self).children.compactMap(\.label) }

  /// Throws an error that an option's value breaks a rule, unless `condition` holds.
  ///
  /// - Parameters:
  ///   - key: the option.
  ///   - value: the option's value.
  ///   - rule: the rule, for example "must be positive".
  package func require(_ condition: Bool, _ key: some CodingKey, _ value: Any, _ rule: String)
    throws(ConfigurationError)
  {
    if !condition { throw ConfigurationError(option: key.stringValue, " \(value): \(rule)") }
  }

  /// Requires a share: at least 0 and below 1. Accepts nil.
  package func requireShare(_ value: Double?, _ key: some CodingKey) throws(ConfigurationError) {
    if let value { try require(value >= 0 && value < 1, key, value, "must be from 0 to below 1") }
  }

  /// Requires a count. Accepts nil.
  package func requireCount(
    _ value: Int?, _ key: some CodingKey, from least: Int = 1, to most: Int = 1_000_000_000
  ) throws(ConfigurationError) {
    guard let value else { return }
    let rule = most == .max ? "must be at least \(least)" : "must be \(least) to \(grouped(most))"
    try require((least...most).contains(value), key, value, rule)
  }

  /// Requires that an option is given only together with another one that makes it useful.
  package func require(_ key: some CodingKey, isNil: Bool, unless condition: Bool, goesWith other: String)
    throws(ConfigurationError)
  {
    if !isNil && !condition { throw ConfigurationError(option: key.stringValue, " goes with \(other) only") }
  }
}

/// A number with commas between groups of three digits.
private func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  return String(digits.enumerated().flatMap { $0 > 0 && (digits.count - $0) % 3 == 0 ? [",", $1] : [$1] })
}
