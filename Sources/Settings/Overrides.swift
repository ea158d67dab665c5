import Files
import Foundation
import Messages

/// The options that a user gave, by their names in a configuration file. Options that were not given keep a preset's
/// value.
package struct Overrides: Sendable, Equatable {
  private struct Given: Equatable {
    var value: JSONValue
    /// The file that gives the option; nil for the command line.
    var file: String?
  }

  private var options: [String: Given] = [:]

  package init() {}

  /// Options of the command line, or of a file.
  package init(_ values: [String: JSONValue], file: String? = nil) {
    options = values.mapValues { Given(value: $0, file: file) }
  }

  /// Reads a JSON file of options.
  ///
  /// - Parameters:
  ///   - names: the names of all options.
  ///   - unwrap: gives the options in an object that holds them in another form.
  /// - Throws: `ConfigurationError` for a file that cannot be read, is no JSON object or has an unknown key.
  package init(
    file path: String, names: [String], unwrap: ([String: JSONValue]) -> [String: JSONValue] = { $0 }
  ) throws(ConfigurationError) {
    let object = unwrap(try Overrides.contents(of: path))
    for name in object.keys.sorted() where !names.contains(name) {
      let remedy = closestMatch(to: name, among: names).map { "did you mean \"\($0)\"?" }
      throw ConfigurationError("\(path): unknown option \"\(name.shortened)\"; \(remedy ?? "see akuru train --help")")
    }
    // null means that the option is not given.
    options = object.filter { $1 != .null }.mapValues { Given(value: $0, file: path) }
  }

  /// The JSON object in a file.
  /// - Throws: `ConfigurationError` for a file that cannot be read, or is no JSON object.
  package static func contents(of path: String) throws(ConfigurationError) -> [String: JSONValue] {
    let bytes: [UInt8]
    do {
      bytes = try WholeFile.read(path, limit: Overrides.largestFile)
    } catch {
      switch error {
      case .system: throw ConfigurationError("\(path): cannot be read; check the path given to --config")
      case .tooLarge:
        throw ConfigurationError("\(path): is larger than \(Overrides.largestFile >> 20) MiB; is it a file of options?")
      }
    }
    guard let object = try? JSONDecoder().decode([String: JSONValue].self, from: Data(bytes)) else {
      throw ConfigurationError("\(path): is not a JSON object of options")
    }
    return object
  }

  /// The size limit of a file of options, in bytes. The `config.json` of a run has the alphabet as well.
  private static let largestFile = 4 << 20

  /// The value of an option; nil if it was not given.
  package subscript(name: String) -> JSONValue? {
    get { options[name]?.value }
    set { options[name] = newValue.map { Given(value: $0, file: nil) } }
  }

  /// The text of an option; nil if it was not given, or is no text.
  package func text(_ name: String) -> String? {
    guard case .text(let text) = self[name] else { return nil }
    return text
  }

  /// The number of an option; nil if it was not given, or is no whole number.
  package func integer(_ name: String) -> Int? { self[name]?.integer }

  /// Whether an option was given and is true.
  package func isOn(_ name: String) -> Bool { self[name] == .boolean(true) }

  /// The names of the options that were given, sorted.
  package var names: [String] { options.keys.sorted() }

  /// These options, and those of `others` that these do not give.
  package func over(_ others: Overrides) -> Overrides {
    var all = self
    all.options.merge(others.options) { own, _ in own }
    return all
  }

  /// `preset`, overridden by the given options.
  ///
  /// - Parameter preset: settings that are encoded as a flat JSON object.
  /// - Throws: `ConfigurationError` that names an option whose value has the wrong type, and its file.
  package func applied<Settings: Codable>(to preset: Settings) throws -> Settings {
    var values = try RunJSON.decode([String: JSONValue].self, from: RunJSON.line(preset))
    for (name, given) in options { values[name] = given.value }
    return try located {
      do {
        return try decode(Settings.self, values)
      } catch let error as DecodingError {
        throw wrongKind(of: Settings.self, preset: preset) ?? ConfigurationError("the options cannot be read: \(error)")
      }
    }
  }

  /// Runs `work`. If it throws a `ConfigurationError`, adds the name of the file that gives the option.
  package func located<Value>(_ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch let error as ConfigurationError {
      guard let option = error.option, let file = options[option]?.file else { throw error }
      throw error.inFile(file)
    }
  }

  private func decode<Settings: Decodable>(_: Settings.Type, _ values: [String: JSONValue]) throws -> Settings {
    try RunJSON.decode(Settings.self, from: RunJSON.line(values), userInfo: [.takesArguments: true])
  }

  /// Finds the option that cannot be decoded, and the type that it needs, by trying values of each type.
  private func wrongKind<Settings: Codable>(of _: Settings.Type, preset: Settings) -> ConfigurationError? {
    let base = (try? RunJSON.decode([String: JSONValue].self, from: RunJSON.line(preset))) ?? [:]
    /// Whether an option accepts the type of a value.
    func takes(_ name: String, _ value: JSONValue) -> Bool {
      do {
        _ = try decode(Settings.self, base.merging([name: value]) { $1 })
        return true
      } catch {
        return !(error is DecodingError)
      }
    }
    let wrong = names.first { !takes($0, self[$0] ?? .null) }
    guard let name = wrong, let given = options[name] else { return nil }
    let kinds: [(JSONValue, String)] = [
      (.boolean(true), "true or false"), (.number(0.5), "a number"), (.integer(-1), "a whole number"),
      (.integer(1), "a whole number, not below zero"), (.text("x"), "text"),
    ]
    let kind = kinds.first { takes(name, $0.0) }?.1 ?? "another value"
    guard let file = given.file else {
      return ConfigurationError(option: name, " \(given.value.words): must be \(kind)")
    }
    return ConfigurationError("\(file): option \"\(name)\" must be \(kind)")
  }
}

extension CodingUserInfoKey {
  /// Set while a user's options are decoded: a value may be an argument, for example the name of a file that holds the
  /// value.
  package static let takesArguments = CodingUserInfoKey(rawValue: "akuru.takesArguments")!
}
