import Foundation
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

  /// The system's description of the failure.
  package var reason: String {
    code == FileError.notRegular ? "not a regular file" : String(cString: strerror(code))
  }

  /// Whether the machine refused, as with permissions, open files or a failing disk. Otherwise the file is the reason: there is
  /// none, a link leads in a circle, or it is no regular file.
  package var isOfTheMachine: Bool {
    switch code {
    case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EISDIR, FileError.notRegular: false
    default: true
    }
  }

  private var remedy: String {
    switch code {
    case ENOSPC, EDQUOT: "; free some space, or choose another folder"
    case EACCES, EPERM, EROFS: "; check its permissions, or choose another folder"
    case EFBIG: "; raise the file size limit (ulimit -f)"
    case EMFILE, ENFILE: "; raise the limit of open files (ulimit -n)"
    default: ""
    }
  }
}
