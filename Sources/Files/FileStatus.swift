import Foundation

/// The file system's information about a path.
package struct FileStatus {
  package enum Kind: Sendable { case file, folder, link, other }
  package let kind: Kind
  package let size: Int64
  /// What tells a file from all others of the machine.
  package let identity: Identity

  /// Seconds and nanoseconds of the last change of the contents, and of the file in any way.
  package let times: [Int64]
  /// The later of the two, in seconds since 1970.
  package var newestTime: Double {
    max(Double(times[0]) + 1e-9 * Double(times[1]), Double(times[2]) + 1e-9 * Double(times[3]))
  }

  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let number: UInt64
  }

  /// nil if nothing exists at the path, or nothing that this user may examine.
  ///
  /// - Parameter followLink: whether a link at the end of the path is followed.
  package init?(path: String, followLink: Bool) {
    var status = stat()
    guard (followLink ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    self.init(status)
  }

  /// The status of `path`, links followed; nil if there is no such file: see ``FileError/isOfMachine``.
  package static func following(_ path: String) throws(FileError) -> FileStatus? {
    var status = stat()
    guard stat(path, &status) != 0 else { return FileStatus(status) }
    let error = FileError("examine", path)
    if error.isOfMachine { throw error }
    return nil
  }

  private init(_ status: stat) {
    size = Int64(status.st_size)
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    let (modified, changed) = (status.st_mtim, status.st_ctim)
    times = [modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec].map(Int64.init)
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .link
    default: kind = .other
    }
  }

  /// The kind of file at `path`, links followed; nil if nothing exists there.
  fileprivate static func kind(of path: String) throws(FileError) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError("examine", path)
    }
    return FileStatus(status).kind
  }
}

extension FileStatus.Kind {
  /// The kind of a `dirent`; nil for DT_UNKNOWN, which some file systems always give.
  init?(entryType: UInt8) {
    switch Int(entryType) {
    case Int(DT_REG): self = .file
    case Int(DT_DIR): self = .folder
    case Int(DT_LNK): self = .link
    case Int(DT_UNKNOWN): return nil
    default: self = .other
    }
  }
}

/// The kind of file at `path`, links followed; nil if nothing exists there.
package func kind(of path: String) throws(FileError) -> FileStatus.Kind? { try FileStatus.kind(of: path) }

/// Bytes that this user may still write to the file system of `path`.
package func freeBytes(at path: String) throws(FileError) -> Int {
  var status = statvfs()
  var code: Int32
  repeat { code = statvfs(path, &status) } while code != 0 && errno == EINTR
  guard code == 0 else { throw FileError("examine the file system of", path) }
  let (product, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
  return overflow ? Int.max : Int(clamping: product)
}
