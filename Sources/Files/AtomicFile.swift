import Foundation
import Instrumentation

/// Files whose name refers to the complete old or the complete new contents at any moment, even if the process is
/// killed.
///
/// Order: temporary name in the same folder, write, fsync, rename, fsync of the folder.
package enum AtomicFile {
  /// Writes a file by `body`. On a failure the temporary file is removed and `path` stays unchanged.
  package static func write(
    to path: String, _ body: (borrowing OpenFile) throws(FileError) -> Void
  ) throws(FileError) {
    let temporary = temporaryName(for: path)
    defer { Leftovers.finished(temporary) }
    do throws(FileError) {
      // A device or a pipe would become a file.
      var status = stat()
      if lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
        throw FileError("replace", path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EPERM)
      }
      // Not O_EXCL: in a container a killed run often had the same process number, so its temporary file may still
      // exist.
      if let code = Faults.boundary() { throw FileError("create", temporary, code: code) }
      let file = try Leftovers.beginning(temporary) { () throws(FileError) in
        try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, action: "create")
      }
      try body(file)
      try file.synchronize()
      if let code = Faults.boundary() { throw FileError("replace", path, code: code) }
      guard rename(temporary, path) == 0 else { throw FileError("replace", path) }
    } catch {
      unlink(temporary)
      // The error names the final path, which people know, not the temporary file.
      throw FileError(error.action, path, code: error.code)
    }
    try synchronizeFolder(folder(of: path))
  }

  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try write(to: path) { (file) throws(FileError) in try file.write(bytes) }
  }

  /// `FOLDER/.NAME.tmp-PID`.
  package static func temporaryName(for path: String) -> String {
    "\(folder(of: path))/.\(lastComponent(path)).tmp-\(getpid())"
  }

  /// Removes temporary files that killed processes left in `folder` and returns their names. Call it only while holding
  /// the run's lock.
  package static func removeTemporaries(in folder: String) throws(FileError) -> [String] {
    let stale = try folderContents(folder).filter(isTemporary).sorted()
    for name in stale where unlink("\(folder)/\(name)") != 0 && errno != ENOENT {
      throw FileError("remove", "\(folder)/\(name)")
    }
    return stale
  }

  private static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix("."), let mark = name.range(of: ".tmp-", options: .backwards) else { return false }
    let process = name[mark.upperBound...]
    return !process.isEmpty && process.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
