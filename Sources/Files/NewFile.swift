import Foundation
import Messages

/// Writes a file, which must not exist yet unless `replacing`; an incomplete file is removed.
///
/// - Throws: `ConfigurationError` for a file that exists; ``FileError``.
package func writeNewFile(_ text: String, to path: String, replacing: Bool = false) throws {
  if replacing { return try AtomicFile.write(Array(text.utf8), to: path) }
  do {
    let file = try Leftovers.beginning(path) { () throws(FileError) in
      try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, action: "create")
    }
    defer { Leftovers.finished(path) }
    do {
      try file.write(Array(text.utf8))
      try file.handOver()
    } catch {
      unlink(path)
      throw FileError(error.action, path, code: error.code)
    }
  } catch let error as FileError where error.code == EEXIST {
    throw fileExists(path)
  }
}

/// Throws if the file exists. Call it before long work whose result could not be written.
package func requireNewFile(_ path: String) throws {
  var status = stat()
  if lstat(path, &status) == 0 { throw fileExists(path) }
}

/// Throws if a folder that exists forbids to create `path` in it. Call it before long work whose result could not be written.
package func requireWritable(_ folder: String, for path: String) throws(FileError) {
  if access(folder, W_OK) != 0 && errno != ENOENT { throw FileError("create", path) }
}

private func fileExists(_ path: String) -> ConfigurationError {
  ConfigurationError("\(path): exists already and is not replaced; give another name, or remove it")
}
