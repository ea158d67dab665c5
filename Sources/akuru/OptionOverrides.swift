import ArgumentParser
import Messages
import Settings

extension Overrides {
  /// The options given to a command: each `@Option` and `@Flag` of it and of its groups that has a value, by name.
  ///
  /// - Parameter names: the names of the options to include.
  init(of arguments: some ParsableArguments, names: [String]) {
    self.init(given(of: arguments).filter { names.contains($0.key) })
  }
}

/// The values by name, including those of groups. `ArgumentParser` keeps the option `name` in a property `_name`.
private func given(of arguments: some ParsableArguments) -> [String: JSONValue] {
  var values: [String: JSONValue] = [:]
  for (label, value) in Mirror(reflecting: arguments).children {
    guard let label else { continue }
    if let group = value as? any ArgumentGroup {
      values.merge(given(of: group.arguments)) { $1 }
    } else if let option = value as? any GivenOption, let given = option.given {
      values[String(label.drop { $0 == "_" })] = given
    }
  }
  return values
}

private protocol ArgumentGroup {
  associatedtype Arguments: ParsableArguments
  var arguments: Arguments { get }
}

extension OptionGroup: ArgumentGroup {
  fileprivate var arguments: Value { wrappedValue }
}

private protocol GivenOption {
  /// The value; nil if there is none. A flag that is off counts as not given.
  var given: JSONValue? { get }
}

extension Option: GivenOption {
  fileprivate var given: JSONValue? {
    switch wrappedValue {
    case let number as Int: .integer(number)
    case let number as UInt64: .unsigned(number)
    case let number as Double: .number(number)
    case let text as String: .text(text)
    default: nil
    }
  }
}

extension Flag: GivenOption {
  fileprivate var given: JSONValue? { wrappedValue as? Bool == true ? .boolean(true) : nil }
}
