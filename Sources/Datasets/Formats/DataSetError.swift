import Files
import Foundation
import Messages

/// A problem of a data set, an alphabet file or a plan. The description is one line that names the file, the
/// record and the remedy.
package enum DataSetError: Error, Equatable, CustomStringConvertible, ExitStatusProviding {
  /// There is no such folder or file.
  case notFound(path: String)
  /// The operating system refused to read it.
  case unreadable(path: String, reason: String)
  /// The folder holds no data set of a known format.
  case unrecognized(path: String, found: String)
  /// A data set without a single record.
  case noRecords(path: String)
  /// Bytes that are not UTF-8; `place` is a line or a record.
  case notUTF8(path: String, place: String)
  /// A metadata file without a column (CSV) or key (JSON Lines) that is required.
  case missingColumn(path: String, place: String, column: String, found: [String])
  /// A record that does not follow the format.
  case malformed(path: String, place: String, reason: String)
  /// A file name that leads outside the data set.
  case outside(path: String, place: String, fileName: String, reason: String)
  /// A file or a count above the limit that protects memory.
  case tooLarge(path: String, place: String, what: String, limit: String)
  /// An image that cannot be used.
  case badImage(path: String, reason: String)
  /// A contradiction between arguments.
  case invalid(reason: String)

  package var exitStatus: ExitStatus { .badData }

  package var description: String { text.onOneLine }

  private var text: String {
    switch self {
    case .notFound(let path):
      return "\(path): no such file or folder"
    case .unreadable(let path, let reason):
      return "\(path): cannot be read: \(reason)"
    case .unrecognized(let path, let found):
      return "\(path): not a data set: expected metadata.csv or metadata.jsonl with \"file_name\" and \"text\", "
        + "shards, or pairs X.png + X.gt.txt (X.jpg as well); found \(found)"
    case .noRecords(let path):
      return "\(path): holds no records; add at least one image with its text"
    case .notUTF8(let path, let place):
      return "\(path): \(place) is not UTF-8; convert the file, for example with iconv -f LATIN1 -t UTF-8"
    case .missingColumn(let path, let place, let column, let found):
      let more = found.count > 20 ? " and \(found.count - 20) more" : ""
      let names = found.isEmpty ? "nothing" : found.prefix(20).map(quoted).joined(separator: ", ") + more
      return "\(path): \(place) lacks \"\(column)\"; found \(names); name it \"\(column)\""
    case .malformed(let path, let place, let reason):
      return "\(path): \(place): \(reason)"
    case .outside(let path, let place, let fileName, let reason):
      return "\(path): \(place): file_name \(quoted(fileName)) \(reason); images must be inside the data set's folder"
    case .tooLarge(let path, let place, let what, let limit):
      return "\(path): \(place.isEmpty ? "" : place + ": ")\(what) is above the limit of \(limit)"
    case .badImage(let path, let reason):
      return "\(path): \(reason)"
    case .invalid(let reason):
      return reason
    }
  }
}

/// Text from a file, for a one-line message: control characters are escaped, and long texts are cut.
func quoted(_ text: String) -> String { "\"\(text.shortened)\"" }

/// The bytes of a regular file of at most `limit` bytes.
func readFile(_ path: String, limit: Int, limitName: String) throws(DataSetError) -> [UInt8] {
  do throws(WholeFile.ReadError) {
    return try WholeFile.read(path, limit: limit)
  } catch {
    switch error {
    case .system(let error): throw DataSetError(error)
    case .tooLarge: throw .tooLarge(path: path, place: "", what: "the file", limit: limitName)
    }
  }
}

/// The names in a folder, in no particular order; all of them must be UTF-8.
func listFolder(_ path: String) throws(DataSetError) -> [String] {
  let names: [(name: String, isUTF8: Bool)]
  do throws(FileError) { names = try folderNames(path) } catch { throw DataSetError(error) }
  if let bad = names.first(where: { !$0.isUTF8 }) {
    throw .unreadable(path: path, reason: "it holds \(quoted(bad.name)), a name not in UTF-8; rename it")
  }
  return names.map(\.name)
}

extension DataSetError {
  /// The error of a file or folder that the system refuses.
  init(_ error: FileError) {
    self =
      error.code == ENOENT ? .notFound(path: error.path) : .unreadable(path: error.path, reason: error.reason)
  }
}
