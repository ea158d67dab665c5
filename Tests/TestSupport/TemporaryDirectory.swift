import Foundation

/// A folder of a test's own that is removed with everything in it when the object goes.
public final class TemporaryDirectory: Sendable {
  public let path: String
  public var url: URL { URL(fileURLWithPath: path, isDirectory: true) }

  public init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("akuru-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of a file in it, which need not exist.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The names in a folder below, sorted.
  public func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
  }

  /// Writes a file, and the folders above it that are missing. Returns its path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  @discardableResult
  public func write(_ text: String, _ name: String) throws -> String { try write(text.utf8, name) }

  public func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }
}

public func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The error that `body` throws as an `Expected`; nil when it throws none or another.
public func thrown<Expected: Error>(_ type: Expected.Type = Expected.self, _ body: () throws -> Void) -> Expected? {
  do {
    try body()
    return nil
  } catch {
    return error as? Expected
  }
}
