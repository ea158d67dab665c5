import Messages

/// What `akuru check --json` prints of a data set. The keys are stable.
public struct AuditSummary: Encodable, Sendable {
  /// A letter of the texts.
  public struct Letter: Encodable, Sendable {
    public let letter: String
    /// As U+0D9A.
    public let codePoint: String
    public let count: Int
  }

  /// The data set as it was given.
  public let dataSet: String
  public let records: Int
  /// Records that cannot be trained on.
  public let badRecords: Int
  public let findings: [AuditFinding]
  /// Width of each record's image at the network's height; 0 where it is unreadable.
  public let widths: [Int]
  /// Sorted by code point.
  public let letters: [Letter]
  /// Letters that the first of several data sets lacks; nil for the first.
  public let unknownLetters: [String]?

  public init(_ result: AuditResult, dataSet: String, comparedWith first: AuditResult? = nil) {
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
