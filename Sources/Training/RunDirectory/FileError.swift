import Foundation
import Images

/// A system call on a file that failed.
public struct FileError: Error, CustomStringConvertible, ExitStatusProviding, Equatable {
  /// What was tried, for example "write" or "rename".
  public let action: String
  public let path: String
  /// The value of `errno`.
  public let code: Int32

  public init(_ action: String, _ path: String, code: Int32 = errno) {
    (self.action, self.path, self.code) = (action, path, code)
  }

  public var exitStatus: ExitStatus { .inputOutput }

  public var description: String {
    "cannot \(action) \(path): \(String(cString: strerror(code)))\(remedy)".onOneLine
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
