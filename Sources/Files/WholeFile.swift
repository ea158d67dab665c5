import Foundation

/// Reads and writes whole files.
package enum WholeFile {
  /// Why a file cannot be read as a whole.
  package enum ReadError: Error {
    case system(FileError)
    /// The size of the file; nil if it grew beyond the limit while it was read.
    case tooLarge(size: Int?)
  }

  /// The bytes of a regular file of at most `limit` bytes; the size is checked before memory is reserved.
  package static func read(_ path: String, limit: Int) throws(ReadError) -> [UInt8] {
    let (bytes, size): ([UInt8], Int)
    do throws(FileError) {
      let file = try OpenFile.reading(path)
      size = try file.size()
      bytes = size <= limit ? try contents(of: file, size: size, limit: limit) : []
    } catch {
      throw .system(error)
    }
    guard size <= limit else { throw .tooLarge(size: size) }
    guard bytes.count <= limit else { throw .tooLarge(size: nil) }
    return bytes
  }

  /// All bytes of a file, or `limit` + 1 of them. The file may have grown since its size was `size`.
  private static func contents(of file: borrowing OpenFile, size: Int, limit: Int) throws(FileError) -> [UInt8] {
    // One byte more than expected, to detect a file that grew.
    var bytes = try file.bytes(size + 1, at: 0)
    while bytes.count > size && bytes.count <= limit {
      let more = try file.bytes(min(limit - bytes.count + 1, max(65_536, bytes.count)), at: bytes.count)
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// The first `count` bytes of a regular file, or all of a shorter file.
  package static func readStart(_ path: String, count: Int) throws(FileError) -> [UInt8] {
    try OpenFile.reading(path).bytes(count, at: 0)
  }

  /// Writes a file or a device such as /dev/stdout in place. An incomplete file is removed.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let isDevice = FileStatus(path: path, followLink: false).map { $0.kind != .file } ?? false
    func open() throws(FileError) -> OpenFile { try OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC, action: "write") }
    let file = try isDevice ? open() : Leftovers.beginning(path, open)
    defer { Leftovers.finished(path) }
    do throws(FileError) {
      try file.write(bytes)
      try file.handOver()
    } catch {
      if kindOrOther(path) == .file { unlink(path) }
      throw error
    }
  }

  private static func kindOrOther(_ path: String) -> FileStatus.Kind {
    FileStatus(path: path, followLink: false)?.kind ?? .other
  }
}
