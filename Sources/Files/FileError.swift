import Foundation
import Instrumentation
import Messages

/// A failed system call on a file.
package struct FileError: Error, CustomStringConvertible, ExitStatusProviding, Equatable {
  /// The attempted action, for example "write" or "rename".
  package let action: String
  package let path: String
  /// The value of `errno`.
  package let code: Int32

  package init(_ action: String, _ path: String, code: Int32 = errno) {
    (self.action, self.path, self.code) = (action, path, code)
  }

  package var exitStatus: ExitStatus { .inputOutput }

  package var description: String {
    "cannot \(action) \(path): \(reason)\(remedy)".onOneLine
  }

  /// The value of ``code`` for a folder, a device or a pipe where a file is expected.
  package static let notRegular: Int32 = -1

  /// Whether the machine refuses, for example for want of permission or of open files. False if the path leads to no
  /// file: to nothing, or to a folder, a device or a pipe.
  package var isOfMachine: Bool {
    ![FileError.notRegular, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EINVAL, ENXIO].contains(code)
  }

  /// The system's description of the failure.
  package var reason: String {
    code == FileError.notRegular ? "not a regular file" : String(cString: strerror(code))
  }

  /// What to do about a file that may not become as large as it must.
  package static var remedyOfSize: String {
    "; the file size limit\(ProcessLimits.fileSize.map { " of \($0 >> 10) KiB" } ?? "") is too low: raise it (ulimit -f)"
  }

  private var remedy: String {
    switch code {
    case ENOSPC, EDQUOT: "; free some space, or choose another folder"
    case EACCES, EPERM, EROFS: "; check its permissions, or choose another folder"
    case EFBIG: FileError.remedyOfSize
    case EMFILE, ENFILE: "; raise the limit of open files (ulimit -n)"
    default: ""
    }
  }
}
