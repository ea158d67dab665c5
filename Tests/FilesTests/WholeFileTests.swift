import Files
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct WholeFileTests {
  private let folder = try! TemporaryDirectory()

  /// Why a file cannot be read: "large N", "large" for one that grew, or the system's error.
  private func refusal(_ path: String, limit: Int) -> String? {
    switch thrown(WholeFile.ReadError.self, { _ = try WholeFile.read(path, limit: limit) }) {
    case .tooLarge(let size?): "large \(size)"
    case .tooLarge(nil): "large"
    case .system(let error): error.reason
    case nil: nil
    }
  }

  @Test func theLimitIsTheLargestFile() throws {
    let path = try folder.write("12345", "file")
    #expect(try WholeFile.read(path, limit: 5) == Array("12345".utf8))
    #expect(try WholeFile.read(path, limit: .max) == Array("12345".utf8))
    #expect(refusal(path, limit: 4) == "large 5" && refusal(path, limit: 0) == "large 5")
    try folder.write("", "empty")
    #expect(try WholeFile.read(folder.file("empty"), limit: 0) == [])
    #expect(refusal(folder.path, limit: 9) == "Is a directory")
    #expect(refusal(folder.file("none"), limit: 9) == "No such file or directory")
    #expect(refusal("/dev/zero", limit: 9) == "not a regular file")
  }

  /// The kernel's files say that they are empty, and hold something: as a file that grows while it is read.
  @Test func aFileThatGrewIsReadOrTooLarge() throws {
    let path = "/proc/self/status"
    let whole = try WholeFile.read(path, limit: 1 << 20)
    #expect(String(decoding: whole, as: UTF8.self).hasPrefix("Name:") && whole.last == 0x0A)
    #expect(whole.count > 500)
    #expect(refusal(path, limit: 100) == "large" && refusal(path, limit: 1) == "large")
  }

  @Test func theStartIsRead() throws {
    let path = try folder.write("12345", "file")
    #expect(try WholeFile.readStart(path, count: 2) == Array("12".utf8))
    #expect(try WholeFile.readStart(path, count: 99) == Array("12345".utf8))
    #expect(thrown(FileError.self) { _ = try WholeFile.readStart(folder.path, count: 2) }?.code == EISDIR)
  }

  @Test func writingReplacesTheContents() throws {
    let path = try folder.write("a longer text", "file")
    try WholeFile.write(Array("new".utf8), to: path)
    #expect(try folder.text("file") == "new")
    try WholeFile.write([1], to: "/dev/null")
    #expect(thrown(FileError.self) { try WholeFile.write([1], to: folder.path) }?.code == EISDIR)
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func whatCannotBeWrittenWholeIsRemoved() throws {
    let disk = try MemoryFileSystem(kilobytes: 64)
    let error = thrown(FileError.self) {
      try WholeFile.write([UInt8](repeating: 1, count: 100_000), to: disk.path + "/file")
    }
    #expect(error?.code == ENOSPC && error?.path == disk.path + "/file")
    let text = String(repeating: "x", count: 100_000)
    #expect(thrown(FileError.self) { try writeNewFile(text, to: disk.path + "/new") }?.code == ENOSPC)
    #expect(try folderContents(disk.path) == [])
  }

  @Test func newFilesReplaceNone() throws {
    let path = folder.file("file")
    try requireNewFile(path)
    try writeNewFile("one", to: path)
    let message = "\(path): exists already and is not replaced; give another name, or remove it"
    #expect(thrown(ConfigurationError.self) { try writeNewFile("two", to: path) }?.description == message)
    #expect(thrown(ConfigurationError.self) { try requireNewFile(path) }?.description == message)
    #expect(try folder.text("file") == "one")
    try writeNewFile("2", to: path, replacing: true)
    #expect(try folder.text("file") == "2")
    // A link that leads nowhere has the name too.
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("nowhere"))
    #expect(thrown(ConfigurationError.self) { try requireNewFile(link) } != nil)
    #expect(thrown(ConfigurationError.self) { try writeNewFile("3", to: link) } != nil)
    #expect(thrown(FileError.self) { try writeNewFile("4", to: folder.file("no/file")) }?.code == ENOENT)
  }
}

@Suite struct MappedFileTests {
  private let folder = try! TemporaryDirectory()

  @Test func anEmptyFileHasNoBytes() throws {
    let map = try MappedFile(folder.write("", "file"), writable: true)
    #expect(map.size == 0 && map.bytes.isEmpty && map.mutableBytes.isEmpty)
    try map.synchronize()
  }

  /// What one writes, others read; the mapping outlives the name.
  @Test func theBytesAreShared() throws {
    let path = try folder.write((0..<5000).map { UInt8(truncatingIfNeeded: $0) }, "file")
    let (map, writer) = (try MappedFile(path), try MappedFile(path, writable: true))
    #expect(map.size == 5000 && map.bytes[4999] == UInt8(truncatingIfNeeded: 4999))
    writer.mutableBytes[4097] = 99
    try writer.synchronize()
    #expect(map.bytes[4097] == 99)
    #expect(try bytes(of: path)[4097] == 99)
    unlink(path)
    #expect(map.bytes[4097] == 99 && map.path == path)
  }

  @Test func onlyRegularFilesAreMapped() {
    for (path, code) in [(folder.path, EISDIR), ("/dev/zero", FileError.notRegular), (folder.file("no"), ENOENT)] {
      #expect(thrown(FileError.self) { _ = try MappedFile(path) }?.code == code)
    }
  }
}
