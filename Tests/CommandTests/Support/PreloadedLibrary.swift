import Foundation
import TestSupport

/// A small C library that stands before others in a process of `akuru`, by `LD_PRELOAD`: it is compiled for a test.
struct PreloadedLibrary {
  private let folder = try! TemporaryDirectory()
  let path: String

  init(_ source: String) throws {
    path = folder.file("library.so")
    try GlyphData.write([source], to: folder.file("library.c"))
    // Swift comes with it.
    let result = try run("clang", ["-shared", "-fPIC", "-O1", "-o", path, folder.file("library.c"), "-ldl"])
    guard result.exitCode == 0 else { throw NotRunning(description: result.transcript) }
  }

  /// What a process gets that uses it.
  var environment: [String: String] { ["LD_PRELOAD": path] }
}
