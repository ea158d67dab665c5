import Foundation
import Messages

/// Writes a file, which must not exist yet unless `replacing`; one that could not be written completely is removed.
///
/// - Throws: ``ConfigurationError`` for a file that exists; ``FileError``.
package func writeNewFile(_ text: String, to path: String, replacing: Bool = false) throws {
  do {
    let file = try OpenFile(path, O_WRONLY | O_CREAT | (replacing ? O_TRUNC : O_EXCL), action: "create")
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

/// Refuses the name of a file that exists, before work is done that would be in vain.
package func requireNewFile(_ path: String) throws {
  var status = stat()
  if lstat(path, &status) == 0 { throw fileExists(path) }
}

private func fileExists(_ path: String) -> ConfigurationError {
  ConfigurationError("\(path): exists already and is not replaced; give another name, or remove it")
}
