import Files
import Foundation
import Messages

/// Why an image cache cannot be used or built. The description is one line.
package enum ImageCacheError: Error, CustomStringConvertible, Equatable {
  /// There is no such file.
  case absent(path: String)
  /// The file is not, or no longer, the requested cache. It must be built again.
  case damaged(path: String, reason: String)
  /// A system call failed.
  case system(action: String, path: String, code: Int32)

  package var description: String { text.onOneLine }

  private var text: String {
    switch self {
    case .absent(let path): "\(path): no such file"
    case .damaged(let path, let reason): "\(path): damaged: \(reason)"
    case .system(let action, let path, let code):
      "cannot \(action) \(path): \(String(cString: strerror(code)))\(ImageCacheError.remedy(code))"
    }
  }

  private static func remedy(_ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "; free some space, choose another folder with --cache, or keep none with --cache none"
    case EACCES, EPERM, EROFS: "; check its permissions, or choose another folder with --cache"
    case EFBIG: FileError.remedyOfSize
    default: ""
    }
  }
}

extension ImageCacheError {
  init(_ error: FileError) {
    switch error.code {
    case ENOENT: self = .absent(path: error.path)
    case FileError.notRegular, EISDIR: self = .damaged(path: error.path, reason: "it is not a regular file")
    default: self = .system(action: error.action, path: error.path, code: error.code)
    }
  }
}

/// Maps the file of a cache, which must have exactly `size` bytes.
func mapCache(_ path: String, size: Int, writable: Bool = false) throws(ImageCacheError) -> MappedFile {
  let file: MappedFile
  do throws(FileError) { file = try MappedFile(path, writable: writable) } catch { throw ImageCacheError(error) }
  guard file.size == size else {
    throw .damaged(path: path, reason: "it has \(file.size) bytes instead of \(size)")
  }
  return file
}
