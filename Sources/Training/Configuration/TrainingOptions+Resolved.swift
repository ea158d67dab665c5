import Foundation

extension TrainingOptions {
  /// Every option with the value that a new run would have: `akuru train --print-config`. As the file of `--config` it
  /// gives the same run. Data sets and run directory may be left open.
  ///
  /// - Throws: ``ConfigurationError`` for options that contradict each other.
  public func resolved() throws -> TrainingOptions {
    if resume == true {
      throw ConfigurationError(
        "--print-config does not go with --resume: RUN/config.json has the configuration of a run")
    }
    let open = [\TrainingOptions.train, \.validation, \.runDir].filter { self[keyPath: $0] == nil }
    var complete = self
    for option in open { complete[keyPath: option] = "open" }
    let configuration = try TrainingConfiguration(complete)
    var resolved = try TrainingOptions(configuration)
    // The set itself is long; its name or file gives it again.
    resolved.augment = augment ?? configuration.recipe.augment.name
    for option in open { resolved[keyPath: option] = nil }
    return resolved
  }

  /// For printing: also the options without a value, which are null. `resume` is no part of a configuration.
  public var withEveryOption: some Encodable { EveryOption(options: self) }

  /// The options that give this configuration.
  private init(_ configuration: TrainingConfiguration) throws {
    func object(_ value: some Encodable) throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: Any] ?? [:]
    }
    var values = try object(configuration)
    values["recipe"] = nil
    values.merge(try object(configuration.recipe)) { $1 }
    values["augment"] = nil
    // What goes with other options only.
    if configuration.recipe.model.hasPrefix("[") { values["height"] = nil }
    if configuration.initFrom == nil { values["alphabetChange"] = nil }
    let unknown = values.keys.filter { !TrainingOptions.keys.contains($0) }.sorted()
    if !unknown.isEmpty { throw ConfigurationError("no option is named \(unknown.joined(separator: ", "))") }
    self = try JSONDecoder().decode(TrainingOptions.self, from: JSONSerialization.data(withJSONObject: values))
  }
}

private struct EveryOption: Encodable {
  let options: TrainingOptions

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for case let (name?, value) in Mirror(reflecting: options).children where name != "resume" {
      // An optional's own coding writes null, where the synthesised one of a structure leaves the key out.
      guard let value = value as? any Encodable else { continue }
      try container.encode(value, forKey: Key(stringValue: name))
    }
  }
}
