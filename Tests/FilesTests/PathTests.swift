import Files
import Foundation
import Messages
import TestSupport
import Testing

@Suite struct PathTests {
  @Test(arguments: [
    ("/a/b", "/a", "b"), ("/a/b/", "/a", "b"), ("/a", "/", "a"), ("/a///", "/", "a"), ("/", "/", "/"),
    ("a", ".", "a"), ("a/", ".", "a"), ("a/b", "a", "b"), ("./a", ".", "a"), ("../a", "..", "a"), (".", ".", "."),
    ("", ".", ""), ("a b/ක්‍ෂ.png", "a b", "ක්‍ෂ.png"), ("a/.hidden", "a", ".hidden"),
  ])
  func aPathHasAFolderAndAName(path: String, folderOfIt: String, name: String) {
    #expect(folder(of: path) == folderOfIt)
    #expect(lastComponent(path) == name)
  }

  /// A letter with a mark that follows a slash makes one grapheme with it, and is a name all the same.
  @Test func slashesAreBytes() {
    #expect(folder(of: "a/\u{301}b") == "a" && lastComponent("a/\u{301}b").utf8.elementsEqual("\u{301}b".utf8))
  }

  @Test func pathsAreOrderedByTheirBytes() {
    let paths = ["b", "a", "a/b", "a.png", "B", "é", "a-1", "ab", ""]
    #expect(paths.sorted(by: pathPrecedes) == ["", "B", "a", "a-1", "a.png", "a/b", "ab", "b", "é"])
    #expect(!pathPrecedes("a", "a"))
    #expect(pathPrecedes("e\u{301}", "é") && !pathPrecedes("é", "e\u{301}"), "which String takes for equal")
  }

  @Test func aResolvedPathHasNoLinks() throws {
    let folder = try TemporaryDirectory()
    let real = try #require(resolvedPath(folder.path))
    try folder.write("", "a/file")
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file("a"))
    #expect(resolvedPath(folder.file("a/../link/./file")) == real + "/a/file")
    #expect(resolvedPath(folder.file("none")) == nil)
  }

  @Test func foldersAreMadeWithThoseAbove() throws {
    let folder = try TemporaryDirectory()
    try createFolder(folder.file("a//b/c/"))
    try createFolder(folder.file("a/b"))
    try createFolder(of: folder.file("x/y.txt"))
    #expect(try folder.names() == ["a", "x"] && folder.names("a/b") == ["c"] && folder.names("x") == [])
    try folder.write("", "file")
    #expect(thrown(FileError.self) { try createFolder(folder.file("file")) }?.code == ENOTDIR)
    #expect(thrown(FileError.self) { try createFolder(folder.file("file/below")) } != nil)
    #expect(try kind(of: folder.file("a")) == .folder && kind(of: folder.file("file")) == .file)
    #expect(try kind(of: folder.file("none")) == nil && kind(of: folder.file("file/none")) == nil)
    #expect(try kind(of: "/dev/null") == .other)
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "nowhere")
    #expect(try kind(of: folder.file("link")) == nil, "a link that leads nowhere")
    #expect(FileStatus(path: folder.file("link"), followLink: false)?.kind == .link)
  }

  @Test func namesThatAreNoUTF8AreListed() throws {
    let folder = try TemporaryDirectory()
    try folder.write("", "good")
    let bad: [CChar] = Array(folder.path.utf8CString.dropLast()) + [0x2F, 0x61, -1, 0]
    let file = open(bad, O_CREAT | O_WRONLY, 0o600)
    try #require(file >= 0)
    close(file)
    let names = try folderEntries(folder.path).sorted { $0.name < $1.name }
    #expect(names.map(\.name) == ["a\u{FFFD}", "good"] && names.map(\.isUTF8) == [false, true])
    #expect(thrown(FileError.self) { _ = try folderContents(folder.file("good")) }?.code == ENOTDIR)
    unlink(bad)
  }
}

@Suite struct FileErrorTests {
  @Test(arguments: [
    (ENOENT, "No such file or directory"),
    (ENOSPC, "No space left on device; free some space, or choose another folder"),
    (EDQUOT, "Disk quota exceeded; free some space, or choose another folder"),
    (EACCES, "Permission denied; check its permissions, or choose another folder"),
    (EROFS, "Read-only file system; check its permissions, or choose another folder"),
    (EFBIG, "File too large; the file size limit is too low: raise it (ulimit -f)"),
    (EMFILE, "Too many open files; raise the limit of open files (ulimit -n)"),
    (FileError.notRegular, "not a regular file"),
  ])
  func itSaysWhatFailedWhyAndWhatHelps(code: Int32, reason: String) {
    let error = FileError("write", "/a/b", code: code)
    #expect(error.description == "cannot write /a/b: \(reason)")
    #expect(error.exitStatus == .inputOutput)
  }

  @Test func aPathStaysOnItsLine() {
    #expect(
      FileError("read", "a\nb\u{1B}[1m", code: EIO).description == "cannot read a\\nb\\u{1b}[1m: Input/output error")
  }
}
