import Foundation
import Training

/// A folder of a test's own, removed with everything in it when the test ends.
final class ScratchFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/akuru-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The names in a folder below, sorted.
  func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
  }

  func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  func write(_ text: String, _ name: String) throws -> String { try write(text.utf8, name) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}

func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Runs a command and returns its status; nil when it does not exist.
func run(_ command: String, _ arguments: String...) -> Int32? {
  for folder in ["/usr/bin", "/bin"] where FileManager.default.isExecutableFile(atPath: "\(folder)/\(command)") {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(folder)/\(command)")
    process.arguments = arguments
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    return process.terminationStatus
  }
  return nil
}

/// A file system in memory, to be full or read-only. Only root can mount one.
final class MemoryFileSystem {
  let path: String
  private let folder: ScratchFolder

  /// Whether this process may mount; found by trying.
  static let isAvailable = geteuid() == 0 && (try? MemoryFileSystem(kilobytes: 64)) != nil

  struct CannotMount: Error {}

  init(kilobytes: Int) throws {
    folder = try ScratchFolder()
    path = folder.path
    guard run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path) == 0 else { throw CannotMount() }
  }

  func makeReadOnly() -> Bool { run("mount", "-o", "remount,ro", path) == 0 }

  deinit { _ = run("umount", path) }
}

/// The error that `body` throws as an `Expected`; nil when it throws none or another.
func thrown<Expected: Error>(_ type: Expected.Type = Expected.self, _ body: () throws -> Void) -> Expected? {
  do {
    try body()
    return nil
  } catch {
    return error as? Expected
  }
}
