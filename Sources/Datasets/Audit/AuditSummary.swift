import Messages

/// What `akuru check --json` prints of a data set. The keys are stable.
package struct AuditSummary: Encodable, Sendable {
  /// A letter of the texts.
  package struct Letter: Encodable, Sendable {
    package let letter: String
    /// In the form U+0D9A.
    package let codePoint: String
    package let count: Int
  }

  /// The data set as it was given.
  package let dataSet: String
  package let records: Int
  /// Records that cannot be trained on.
  package let badRecords: Int
  package let findings: [AuditFinding]
  /// Width of each record's image at the network's height; 0 if it is unreadable.
  package let widths: [Int]
  /// Sorted by code point.
  package let letters: [Letter]
  /// Letters that are missing in the first of several data sets; nil for the first.
  package let unknownLetters: [String]?

  package init(_ result: AuditResult, dataSet: String, comparedWith first: AuditResult? = nil) {
    self.dataSet = dataSet
    (records, badRecords) = (result.records.count, result.badRecords.count)
    (findings, widths) = (result.findings, result.widths)
    unknownLetters = first.map {
      result.scalarCounts(missingFrom: $0).compactMap { Unicode.Scalar($0.scalar).map { String($0) } }
    }
    letters = result.scalarCounts.compactMap { entry in
      Unicode.Scalar(entry.scalar).map { Letter(letter: String($0), codePoint: $0.codePoint, count: entry.count) }
    }
  }
}
