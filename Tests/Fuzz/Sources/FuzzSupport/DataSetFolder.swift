import Foundation

/// A data set folder with a few files, links and a loop in it, beside a file that it must not be able to name.
public struct DataSetFolder: Sendable {
  private let scratch = Scratch()
  public var path: String { scratch.file("data") }
  private let resolved: String

  public init() {
    let files = FileManager.default
    try! files.createDirectory(atPath: scratch.file("data/sub"), withIntermediateDirectories: true)
    for name in ["secret.png", "data/a.png", "data/sub/b.png", "data/ක.png"] {
      require(files.createFile(atPath: scratch.file(name), contents: Data("x".utf8)), "cannot write \(name)")
    }
    for (name, target) in [
      ("out", ".."), ("loop", "loop"), ("in", "sub"), ("l.png", "a.png"), ("o.png", "../secret.png"),
    ] {
      try! files.createSymbolicLink(atPath: scratch.file("data/\(name)"), withDestinationPath: target)
    }
    resolved = DataSetFolder.resolve(scratch.file("data"))!
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to name: String) { scratch.write(bytes, to: "data/\(name)") }

  /// Checks that a file of the folder is not outside of it.
  public func requireInside(_ path: String) {
    guard let target = DataSetFolder.resolve(path) else { return }
    require(target.hasPrefix(resolved), "\(path.debugDescription) leads to \(target)")
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
