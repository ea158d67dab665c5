import Files
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private let folder = try! TemporaryDirectory()

  @Test func aFileIsReplacedWhole() throws {
    let path = try folder.write("old", "name")
    try AtomicFile.write(Array("new".utf8), to: path)
    #expect(try folder.text("name") == "new")
    #expect(try folder.names() == ["name"])
  }

  @Test func whatFailsLeavesTheOldFile() throws {
    let path = try folder.write("old", "name")
    let error = thrown(FileError.self) {
      try AtomicFile.write(to: path) { (file) throws(FileError) in
        try file.write(Array("half".utf8))
        throw FileError("write", file.path, code: ENOSPC)
      }
    }
    #expect(error == FileError("write", path, code: ENOSPC), "the error names the file that people know")
    #expect(try folder.text("name") == "old")
    #expect(try folder.names() == ["name"])
    let missing = thrown(FileError.self) { try AtomicFile.write([1], to: folder.file("no/name")) }
    #expect(missing?.code == ENOENT && missing?.path == folder.file("no/name"))
  }

  @Test func onlyTemporariesAreRemoved() throws {
    let stale = [".best.safetensors.tmp-1", ".step-00000005.safetensors.tmp-4711"]
    let others = [".hidden", ".tmp-", ".x.tmp-12a", "best.safetensors.tmp-1", "notes.txt"]
    for name in stale + others { try folder.write("x", name) }
    #expect(try AtomicFile.removeTemporaries(in: folder.path) == stale)
    #expect(try folder.names() == others.sorted())
    #expect(try AtomicFile.removeTemporaries(in: folder.path) == [])
  }
}
