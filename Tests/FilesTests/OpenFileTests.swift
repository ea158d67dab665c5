import Files
import Foundation
import TestSupport
import Testing

@Suite struct OpenFileTests {
  private let folder = try! TemporaryDirectory()

  private func code(_ body: () throws -> Void) -> Int32? { thrown(FileError.self, body)?.code }

  /// A folder, a device or a pipe is no file to read, and none keeps the caller waiting.
  @Test func onlyRegularFilesAreRead() throws {
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    for path in ["/dev/zero", "/dev/null", pipe] {
      let error = thrown(FileError.self) { _ = try OpenFile.reading(path) }
      #expect(error == FileError("read", path, code: FileError.notRegular), "\(path)")
      #expect(error?.description == "cannot read \(path): not a regular file")
    }
    #expect(code { _ = try OpenFile.reading(folder.path) } == EISDIR)
    #expect(code { _ = try OpenFile.reading(folder.file("none")) } == ENOENT)
    #expect(code { _ = try OpenFile.reading(folder.write("x", "file") + "/below") } == ENOTDIR)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.file("file"))
    #expect(try OpenFile.reading(folder.file("link")).size() == 1, "a link to a file is followed")
  }

  @Test func bytesAreReadAnywhere() throws {
    let file = try OpenFile.reading(folder.write((0..<200).map { UInt8($0) }, "file"))
    #expect(try file.size() == 200)
    #expect(try file.bytes(3, at: 100) == [100, 101, 102])
    #expect(try file.bytes(10, at: 197) == [197, 198, 199], "fewer at the end")
    #expect(try file.bytes(1, at: 200) == [] && file.bytes(1, at: 5000) == [] && file.bytes(0, at: 0) == [])
    #expect(code { _ = try file.bytes(1, at: -1) } == EINVAL)
  }

  @Test func truncateCutsAndLengthens() throws {
    let path = try folder.write("abcdef", "file")
    do {
      let file = try OpenFile(path, O_RDWR)
      try file.truncate(2)
      #expect(try folder.text("file") == "ab" && file.size() == 2)
      try file.truncate(4)
      #expect(try bytes(of: path) == [0x61, 0x62, 0, 0])
      #expect(code { try file.truncate(-1) } == EINVAL)
    }
    #expect(code { try OpenFile(path, O_RDONLY).truncate(0) } == EINVAL, "opened for reading only")
    #expect(try bytes(of: path).count == 4)
  }

  @Test func aChildDoesNotInheritTheFile() throws {
    let file = try OpenFile(folder.write("", "file"), O_RDONLY)
    #expect(fcntl(file.descriptor, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC)
  }

  @Test func theDescriptorIsClosed() throws {
    let path = try folder.write("", "file")
    func opened() throws -> Int32 { try OpenFile(path, O_RDONLY).descriptor }
    // Other threads open files meanwhile, but not so many: a number comes again.
    #expect(Set(try (0..<50).map { _ in try opened() }).count < 50)
  }

  @Test func aNameThatIsGone() throws {
    let file = try OpenFile(folder.write("abc", "file"), O_RDWR)
    #expect(try !file.isUnlinked())
    unlink(folder.file("file"))
    #expect(try file.isUnlinked() && file.bytes(9, at: 0) == Array("abc".utf8))
  }

  /// One descriptor has the lock; it comes free when that is closed.
  @Test func aLockIsHadOnce() throws {
    let path = try folder.write("", "file")
    let second = try OpenFile(path, O_RDWR)
    do {
      let first = try OpenFile(path, O_RDWR)
      #expect(first.lock(waits: false) == 0 && first.lock(waits: false) == 0, "again is no harm")
      #expect(second.lock(waits: false) == EWOULDBLOCK)
      _ = try first.size()
    }
    #expect(second.lock(waits: true) == 0)
    #expect(try OpenFile(path, O_RDONLY).lock(waits: false) == EWOULDBLOCK)
  }

  @Test func handingOverKeepsTheFileOpen() throws {
    let file = try OpenFile(folder.file("file"), O_WRONLY | O_CREAT)
    try file.write(Array("ab".utf8))
    try file.handOver()
    try file.write(Array("c".utf8))
    try file.handOver()
    #expect(try folder.text("file") == "abc")
  }

  @Test func spaceIsReserved() throws {
    let file = try OpenFile(folder.file("file"), O_WRONLY | O_CREAT)
    try file.reserve(0)
    #expect(try file.size() == 0)
    let size = (1 << 20) + 12_345
    try file.reserve(size)
    #expect(try file.size() == size, "in pieces, to the last byte")
    #expect(try bytes(of: folder.file("file")).allSatisfy { $0 == 0 })
  }

  @Test(.enabled(if: MemoryFileSystem.isAvailable, "needs root, to mount a file system that gets full"))
  func noSpaceIsSaidBeforeItIsTaken() throws {
    let disk = try MemoryFileSystem(kilobytes: 1024)
    let file = try OpenFile(disk.path + "/file", O_WRONLY | O_CREAT)
    let error = thrown(FileError.self) { try file.reserve(3_000_001) }
    #expect(error == FileError("reserve 4 MB for", disk.path + "/file", code: ENOSPC))
    #expect(try file.size() == 0 && freeBytes(at: disk.path) > 900_000)
    try file.reserve(600_000)
    #expect(try file.size() == 600_000 && freeBytes(at: disk.path) < 500_000)
    disk.fill()
    #expect(try freeBytes(at: disk.path) == 0)
    #expect(thrown(FileError.self) { try file.reserve(1 << 20) }?.code == ENOSPC)
  }
}
