import ArgumentParser
import Files
import Foundation
import Messages

/// Reads JSON for the scripts in `Launch`, which cannot parse escapes and nesting themselves.
struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a value of a JSON file, for scripts.",
    discussion: """
      Example: akuru config --get identity.blasCore runs/first/config.json

      Prints text as it is and numbers as in JSON. A key that is absent or null prints nothing.
      """,
    shouldDisplay: false)

  /// The size limit of a file, in bytes.
  private static let largestFile = 16 << 20

  @Option(help: "Key; a key of a nested object follows the object's after a dot.") var get: String
  @Argument(help: "JSON file (standard input).") var file: String?

  func run() throws {
    runAlone {
      if let text = try text(of: value()) { try printLine(text) }
      return .done
    }
  }

  /// The value of the key; nil if there is none.
  private func value() throws -> JSONValue? {
    let contents = try contents()
    guard let object = try? JSONDecoder().decode(JSONValue.self, from: Data(contents)), case .object = object else {
      throw failure("is not a JSON object")
    }
    return get.split(separator: ".", omittingEmptySubsequences: false).reduce(.some(object)) { $0?[String($1)] }
  }

  /// A value on one line, which a shell can use unchanged.
  private func text(of value: JSONValue?) throws -> String? {
    switch value {
    case nil, .null: return nil
    case .array, .object: throw failure("\(get) is not a single value")
    case .text(let text):
      guard text.unicodeScalars.allSatisfy({ $0 != "\0" && !CharacterSet.newlines.contains($0) }) else {
        throw failure("\(get) has a line break or a NUL")
      }
      return text
    case .boolean, .integer, .unsigned, .number: return value?.words
    }
  }

  private func contents() throws -> [UInt8] {
    guard let file else {
      let data = try FileHandle.standardInput.read(upToCount: Config.largestFile + 1) ?? Data()
      guard data.count <= Config.largestFile else { throw tooLarge }
      return Array(data)
    }
    do {
      return try WholeFile.read(file, limit: Config.largestFile)
    } catch {
      switch error {
      case .system(let error): throw failure("cannot be read: \(error.reason)")
      case .tooLarge: throw tooLarge
      }
    }
  }

  private var tooLarge: ConfigurationError { failure("is larger than \(Config.largestFile >> 20) MiB") }

  private func failure(_ problem: String) -> ConfigurationError {
    ConfigurationError("\(file ?? "standard input"): \(problem)")
  }
}
