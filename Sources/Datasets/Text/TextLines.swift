import Foundation

/// The lines of a UTF-8 text of at most 16 MiB, by a text policy, without empty ones.
package enum TextLines {
  /// - Throws: ``DataSetError`` that names the file: unreadable, too large, not UTF-8, or without text.
  package static func read(_ path: String, _ policy: TextPolicy = .ofOlderModels) throws(DataSetError) -> [String] {
    let bytes = try TextBytes.utf8(try readFile(path, limit: 16 << 20, limitName: "16 MiB"), path: path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .notUTF8(path: path, place: "the text")
    }
    let lines = text.split(whereSeparator: \.isNewline).map { policy.applied(to: String($0)) }
    guard !lines.isEmpty else {
      throw .malformed(path: path, place: "the text", reason: "it is empty; give some lines")
    }
    return lines
  }
}
