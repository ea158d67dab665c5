import Foundation

/// A data set folder with a few files, links and a loop in it, beside a file that it must not be able to name.
public struct DataSetFolder: Sendable {
  private let scratch = Scratch()
  public var path: String { scratch.file("data") }

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
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to name: String) { scratch.write(bytes, to: "data/\(name)") }

  /// Checks that a path stays in the folder. Links that stand there may lead anywhere.
  public func requireInside(_ path: String) {
    require(path.utf8.starts(with: (self.path + "/").utf8), "\(path.debugDescription) is outside")
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    require(!parts.contains { $0.elementsEqual("..".utf8) }, "\(path.debugDescription) goes up")
  }
}
