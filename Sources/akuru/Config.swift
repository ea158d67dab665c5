import ArgumentParser
import Foundation
import Images
import Training

/// Reads JSON for the scripts in `Launch`, which must not guess at escapes and nesting.
struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a value of a JSON file, for scripts.",
    discussion: """
      Example: akuru config --get identity.blasCore runs/first/config.json

      Prints text as it is and numbers as in JSON. A key that is absent or null prints nothing.
      """,
    shouldDisplay: false)

  /// The largest file, in bytes.
  private static let largestFile = 16 << 20

  @Option(help: "Key; a key of a nested object follows the object's after a dot.") var get: String
  @Argument(help: "JSON file (standard input).") var file: String?

  func run() throws {
    runAlone {
      if let text = try text(of: value()) { try printLine(text) }
      return .done
    }
  }

  /// What stands under the key; nil when nothing does.
  private func value() throws -> Any? {
    let contents = try contents()
    guard let object = try? JSONSerialization.jsonObject(with: contents) as? [String: Any] else {
      throw failure("is not a JSON object")
    }
    var value: Any? = object
    for key in get.split(separator: ".", omittingEmptySubsequences: false) {
      value = (value as? [String: Any])?[String(key)]
    }
    return value is NSNull ? nil : value
  }

  /// A value on one line, which a shell can take as it is.
  private func text(of value: Any?) throws -> String? {
    guard let value else { return nil }
    guard let text = value as? String else {
      guard !(value is [Any]), !(value is [String: Any]),
        let data = try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
      else { throw failure("\(get) is not a single value") }
      let written = String(decoding: data, as: UTF8.self)
      // Foundation writes 0.1 with 17 digits.
      return written.contains(".") ? Double(written).map { "\($0)" } ?? written : written
    }
    guard text.unicodeScalars.allSatisfy({ $0 != "\0" && !CharacterSet.newlines.contains($0) }) else {
      throw failure("\(get) has a line break or a NUL")
    }
    return text
  }

  private func contents() throws -> Data {
    guard let file else { return try bounded(FileHandle.standardInput) }
    // A named pipe must not block.
    let descriptor = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure("cannot be read: it is not a file")
    }
    return try bounded(handle)
  }

  private func bounded(_ handle: FileHandle) throws -> Data {
    var data = Data()
    do {
      while data.count <= Config.largestFile,
        let part = try handle.read(upToCount: Config.largestFile + 1 - data.count), !part.isEmpty
      {
        data += part
      }
    } catch {
      throw failure("cannot be read")
    }
    guard data.count <= Config.largestFile else { throw failure("is larger than \(Config.largestFile >> 20) MiB") }
    return data
  }

  private func failure(_ problem: String) -> ConfigurationError {
    ConfigurationError("\(file ?? "standard input"): \(problem)")
  }
}
