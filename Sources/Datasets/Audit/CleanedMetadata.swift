import Foundation
import Messages

/// The good records of a data set as a metadata.jsonl, and the differences from the data set: `akuru check --fix`.
/// Texts are as the text policy has them. Images are not moved.
package struct CleanedMetadata: Sendable {
  /// A change of one record or file.
  package struct Change: Encodable, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Encodable, Sendable {
      /// The record, or the file without a partner, is omitted.
      case leftOut
      /// The text policy changed the text.
      case normalized = "normalised"
    }

    package let kind: Kind
    package let path: String
    /// The reason.
    package let detail: String

    package var description: String {
      "\(kind == .leftOut ? "left out" : "normalized"): \(path): \(detail)".onOneLine
    }
  }

  /// One JSON object for each good record, in the order of the data set.
  package let lines: [String]
  /// In the order of the records, then files that are not records.
  package let changes: [Change]
  /// Whether lines name images outside of the folder, which only `--allow-outside` reads.
  package let leadsOut: Bool

  /// - Parameter folder: where the metadata will be written. Images in it are named relative to it.
  /// - Throws: ``DataSetError/invalid(reason:)`` if images are in shards, or if no record is good.
  package init(_ dataSet: DataSet, _ audit: AuditResult, in folder: String) throws(DataSetError) {
    var metadata = try MetadataLines(in: folder)
    var problems: [Int: [String]] = [:]
    for problem in audit.problems {
      if let record = problem.record { problems[record, default: []].append(problem.detail) }
    }
    var (lines, changes): ([String], [Change]) = ([], [])
    for (index, record) in dataSet.records.enumerated() {
      if let reasons = problems[index] {
        changes.append(Change(kind: .leftOut, path: record.absolutePath, detail: reasons.joined(separator: "; ")))
        continue
      }
      if record.rawText != nil {
        changes.append(
          Change(kind: .normalized, path: record.absolutePath, detail: "the text is now as the text policy has it"))
      }
      lines.append(try metadata.line(record))
    }
    for problem in audit.problems where problem.record == nil {
      changes.append(Change(kind: .leftOut, path: problem.path, detail: problem.detail))
    }
    guard !lines.isEmpty else { throw .invalid(reason: "no record is good, so there is nothing to write; mend them") }
    (self.lines, self.changes, leadsOut) = (lines, changes, metadata.leadsOut)
  }

  /// The number of changes of a kind.
  package func count(_ kind: Change.Kind) -> Int { changes.count { $0.kind == kind } }
}
