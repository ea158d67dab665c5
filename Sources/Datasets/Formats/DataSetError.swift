import Files
import Foundation
import Messages

/// A problem of a data set, an alphabet file or a plan. The description is one line that names the file, the
/// record and the remedy.
package enum DataSetError: Error, Equatable, CustomStringConvertible, ExitStatusProviding {
  /// There is no such folder or file.
  case notFound(path: String)
  /// It is no file that can be read, such as a folder.
  case unreadable(path: String, reason: String)
  /// The machine refused, as with permissions, open files or a failing disk. This is never bad data.
  case inputOutput(String)
  /// It is no data set of a known form.
  case unrecognized(path: String, found: String)
  /// A data set without a single record.
  case noRecords(path: String)
  /// Bytes that are not UTF-8; `place` is a line or a record.
  case notUTF8(path: String, place: String)
  /// A list without a column (table) or key (JSON Lines) that is required.
  case missingColumn(path: String, place: String, column: String, found: [String])
  /// A record that does not follow the format.
  case malformed(path: String, place: String, reason: String)
  /// A file or a count above the limit that protects memory.
  case tooLarge(path: String, place: String, what: String, limit: String)
  /// An image that cannot be used.
  case badImage(path: String, reason: String)
  /// A contradiction between arguments.
  case invalid(reason: String)
  /// An argument that names no data set as it is written.
  case argument(reason: String)

  package var exitStatus: ExitStatus {
    switch self {
    case .inputOutput: .inputOutput
    case .argument: .usage
    default: .badData
    }
  }

  /// Whether the machine is the reason, and not the data.
  package var isOfMachine: Bool { if case .inputOutput = self { true } else { false } }

  package var description: String { (path.map { "\($0): \(plainReason)" } ?? plainReason).onOneLine }

  /// The description without the path, for messages that name it themselves.
  var reason: String { plainReason.onOneLine }

  private var path: String? {
    switch self {
    case .notFound(let path), .unreadable(let path, _), .unrecognized(let path, _), .noRecords(let path),
      .notUTF8(let path, _), .missingColumn(let path, _, _, _), .malformed(let path, _, _),
      .tooLarge(let path, _, _, _),
      .badImage(let path, _):
      path
    case .inputOutput, .invalid, .argument: nil
    }
  }

  private var plainReason: String {
    switch self {
    case .notFound: return "no such file or folder"
    case .unreadable(_, let reason): return "cannot be read: \(reason)"
    case .inputOutput(let text): return text
    case .unrecognized(_, let found):
      return "not a data set: expected \(GroundTruthForm.expected); found \(found)"
    case .noRecords: return "holds no records; add at least one image with its text"
    case .notUTF8(_, let place): return "\(place) \(DataSetError.notUTF8Remedy)"
    case .missingColumn(_, let place, let column, let found):
      let more = found.count > 20 ? " and \(found.count - 20) more" : ""
      let names = found.isEmpty ? "nothing" : found.prefix(20).map(quoted).joined(separator: ", ") + more
      return "\(place) lacks \"\(column)\"; found \(names); name it \"\(column)\", or say which column is which with "
        + "--columns image=NAME,text=NAME"
    case .malformed(_, let place, let reason): return "\(place): \(reason)"
    case .tooLarge(_, let place, let what, let limit):
      return "\(place.isEmpty ? "" : place + ": ")\(what) is above the limit of \(limit)"
    case .badImage(_, let reason): return reason
    case .invalid(let reason), .argument(let reason): return reason
    }
  }

  /// What to do about a text in another encoding.
  static let notUTF8Remedy = "is not UTF-8; convert the file, for example with iconv -f LATIN1 -t UTF-8"
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

extension DataSetError {
  /// The error of a file or folder that cannot be opened or read.
  init(_ error: FileError) {
    if error.isOfMachine {
      self = .inputOutput(error.description)
    } else {
      self = error.code == ENOENT ? .notFound(path: error.path) : .unreadable(path: error.path, reason: error.reason)
    }
  }
}
