import Foundation
import Images

/// The good records of a data set as a metadata.jsonl, and what differs from the data set: `akuru check --fix`. Texts are
/// in NFC. Images stay where they are.
public struct CleanedMetadata: Sendable {
  /// What was changed of one record or file.
  public struct Change: Encodable, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Encodable, Sendable {
      /// The record, or the file without a partner, is left out.
      case leftOut
      /// The text was brought to NFC.
      case normalised
    }

    public let kind: Kind
    public let path: String
    /// Why.
    public let detail: String

    public var description: String {
      "\(kind == .leftOut ? "left out" : "normalised"): \(path): \(detail)".onOneLine
    }
  }

  /// One JSON object for each good record, in the order of the data set.
  public let lines: [String]
  /// In the order of the records, then the files that are no records.
  public let changes: [Change]

  /// - Parameter folder: where the metadata is going to stand. Images are named relative to it.
  /// - Throws: ``DataSetError/invalid(reason:)`` if images are not inside it; no record is good.
  public init(_ dataSet: DataSet, _ audit: AuditResult, in folder: String) throws(DataSetError) {
    guard let root = resolvedPath(folder) else { throw .notFound(path: folder) }
    var problems: [Int: [String]] = [:]
    for problem in audit.problems {
      if let record = problem.record { problems[record, default: []].append(problem.detail) }
    }
    var prefixes: [String: String] = [:]
    var (lines, changes): ([String], [Change]) = ([], [])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for (index, record) in dataSet.records.enumerated() {
      if let reasons = problems[index] {
        changes.append(Change(kind: .leftOut, path: record.absolutePath, detail: reasons.joined(separator: "; ")))
        continue
      }
      if record.rawText != nil {
        changes.append(
          Change(
            kind: .normalised, path: record.absolutePath, detail: "the text is now in Unicode normalisation form C"))
      }
      let prefix: String
      if let known = prefixes[record.folder] {
        prefix = known
      } else {
        prefix = try CleanedMetadata.path(to: record.folder, from: root, folder)
        prefixes[record.folder] = prefix
      }
      do {
        let line = try encoder.encode(Line(fileName: prefix + record.path, text: record.text))
        lines.append(String(decoding: line, as: UTF8.self))
      } catch {
        throw .invalid(reason: "\(record.absolutePath): cannot be written as JSON: \(error)")
      }
    }
    for problem in audit.problems where problem.record == nil {
      changes.append(Change(kind: .leftOut, path: problem.path, detail: problem.detail))
    }
    guard !lines.isEmpty else { throw .invalid(reason: "no record is good, so there is nothing to write; mend them") }
    (self.lines, self.changes) = (lines, changes)
  }

  /// How many changes there are of a kind.
  public func count(_ kind: Change.Kind) -> Int { changes.count { $0.kind == kind } }

  /// Path from `root` to a folder inside it, with a slash at its end, or empty for `root` itself.
  private static func path(to folder: String, from root: String, _ given: String) throws(DataSetError) -> String {
    guard let resolved = resolvedPath(folder) else { throw .notFound(path: folder) }
    if resolved.utf8.elementsEqual(root.utf8) { return "" }
    let start = root == "/" ? root : root + "/"
    guard resolved.utf8.starts(with: start.utf8) else {
      throw .invalid(
        reason:
          "\(given): the images of \(folder) are not inside this folder; write the metadata to \(joinPath(folder, "NAME.jsonl"))"
      )
    }
    return String(decoding: resolved.utf8.dropFirst(start.utf8.count), as: UTF8.self) + "/"
  }

  private struct Line: Encodable {
    let fileName: String
    let text: String

    enum CodingKeys: String, CodingKey {
      case fileName = "file_name"
      case text
    }
  }
}
