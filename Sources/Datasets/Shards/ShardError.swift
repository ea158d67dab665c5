import Files
import Foundation
import Messages

/// Shards that cannot be written. The description is one line.
package enum ShardError: Error, CustomStringConvertible, Equatable {
  /// A system call failed.
  case system(action: String, path: String, code: Int32)
  /// A call of libarchive failed.
  case archive(path: String, reason: String)
  /// The records do not fit the format.
  case tooMany(what: String, remedy: String)

  package var description: String {
    switch self {
    case .system(let action, let path, let code):
      let remedy =
        code == EFBIG
        ? FileError.remedyOfSize
        : code == ENOSPC || code == EDQUOT ? "; free some space, or choose another folder with --output" : ""
      return "cannot \(action) \(path): \(String(cString: strerror(code)))\(remedy)".onOneLine
    case .archive(let path, let reason):
      let remedy = reason.contains(String(cString: strerror(EFBIG))) ? FileError.remedyOfSize : ""
      return "cannot write \(path): \(reason)\(remedy)".onOneLine
    case .tooMany(let what, let remedy): return "\(what); \(remedy)"
    }
  }
}

extension ShardError {
  init(_ error: FileError) { self = .system(action: error.action, path: error.path, code: error.code) }
}
