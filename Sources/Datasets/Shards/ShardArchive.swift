internal import CArchive
import Files
import Foundation

/// A tar file under construction (POSIX ustar). Its bytes depend on names and contents alone: no time, no owner.
final class ShardArchive {
  private let path: String
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private let file: OpenFile

  /// Creates the file, which must not exist yet.
  init(_ path: String) throws(ShardError) {
    self.path = path
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw .system(action: "write", path: path, code: ENOMEM)
    }
    (self.archive, self.entry) = (archive, entry)
    do throws(FileError) {
      file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, action: "create")
    } catch {
      throw ShardError(error)
    }
    // Unblocked output is not buffered, so the number of bytes written so far is the offset of the next.
    try check(archive_write_set_format_ustar(archive))
    try check(archive_write_add_filter_none(archive))
    try check(archive_write_set_bytes_per_block(archive, 0))
    try check(archive_write_open_fd(archive, file.descriptor))
  }

  deinit {
    archive_entry_free(entry)
    archive_write_free(archive)
  }

  /// Appends a file with an ASCII name.
  /// - Returns: the offset of its bytes.
  func add(_ name: String, _ bytes: [UInt8]) throws(ShardError) -> Int64 {
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, name)
    archive_entry_set_filetype(entry, akuru_regular_file())
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_mtime(entry, 0, 0)
    archive_entry_set_size(entry, Int64(bytes.count))
    try check(archive_write_header(archive, entry))
    let offset = archive_filter_bytes(archive, 0)
    let written = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
    guard written == bytes.count else { throw failure() }
    return offset
  }

  /// Completes the file and flushes it to the disk.
  /// - Returns: its size in bytes.
  func close() throws(ShardError) -> Int64 {
    try check(archive_write_close(archive))
    do throws(FileError) { try file.synchronize() } catch { throw ShardError(error) }
    return archive_filter_bytes(archive, 0)
  }

  private func check(_ code: Int32) throws(ShardError) {
    if code != ARCHIVE_OK { throw failure() }
  }

  private func failure() -> ShardError {
    let code = archive_errno(archive)
    if code > 0 { return .system(action: "write", path: path, code: code) }
    return .archive(path: path, reason: archive_error_string(archive).map { String(cString: $0) } ?? "unknown error")
  }
}
