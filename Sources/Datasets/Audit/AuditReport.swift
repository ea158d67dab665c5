import Messages

/// The audit's result as a text for people.
package struct AuditReport: Sendable {
  /// The limit of listed findings of one kind, and of missing letters; the others are only counted.
  package static let listed = 10

  private let result: AuditResult
  private let first: (name: String, audit: AuditResult)?

  /// - Parameter first: the data set to compare letters with, and its name.
  package init(_ result: AuditResult, comparedWith first: (name: String, audit: AuditResult)? = nil) {
    (self.result, self.first) = (result, first)
  }

  /// The report, line by line: records, kinds of findings, problems, warnings, widths, alphabet.
  package func lines() -> [String] {
    let bad = result.badRecords.count
    let lone = result.problems.count { $0.record == nil }
    let files = lone == 0 ? "" : "; besides, \(counted(lone, "file")) without a partner"
    var lines = ["records: \(result.records.count), of which \(result.records.count - bad) good and \(bad) bad\(files)"]
    lines += summary()
    lines += findings("problems", result.problems)
    lines += findings("warnings", result.warnings)
    lines += widthLines()
    lines += alphabetLines()
    lines += missingLetterLines()
    return lines
  }

  /// One line that counts the findings of each kind; nothing if there is one kind at most.
  private func summary() -> [String] {
    let counts = Dictionary(grouping: result.findings, by: \.kind).mapValues(\.count)
    guard counts.count > 1 else { return [] }
    let parts = AuditFinding.Kind.allCases.compactMap { kind in counts[kind].map { "\(AuditReport.title(kind)) \($0)" }
    }
    return ["findings: " + parts.joined(separator: ", ")]
  }

  private func findings(_ title: String, _ findings: [AuditFinding]) -> [String] {
    var lines = ["\(title): \(findings.count)"]
    for kind in AuditFinding.Kind.allCases {
      let found = findings.filter { $0.kind == kind }
      if found.isEmpty { continue }
      lines.append("  \(AuditReport.title(kind)): \(found.count)")
      lines += found.prefix(AuditReport.listed).map { "    \($0)" }
      if found.count > AuditReport.listed { lines.append("    and \(found.count - AuditReport.listed) more") }
    }
    return lines
  }

  private static func title(_ kind: AuditFinding.Kind) -> String {
    switch kind {
    case .unpairedFile: "files without a partner"
    case .unlistedImage: "images that are not used"
    case .otherVersion: "images that gave way to others of the same text"
    case .lineWithoutText: "lines without text"
    case .lineWithoutArea: "lines without area"
    case .lineOfAnotherType: "lines of other types"
    case .badRecord: "records that cannot be read"
    case .unreadableImage: "unreadable images"
    case .emptyLabel: "empty labels"
    case .controlCharacter: "labels with control characters"
    case .labelTooLong: "labels that do not fit their image"
    case .imageTooWide: "images that are too wide"
    case .unknownScalars: "labels with scalars outside the alphabet"
    case .unclearOrder: "labels whose order a page does not tell"
    case .unusedOption: "options without use"
    case .unclearTurn: "pages that may be stored turned"
    case .labelNotNFC: "labels in another normalization form"
    case .spacesChanged: "labels whose white space is collapsed"
    case .invisibleMark: "labels with invisible marks"
    case .duplicateFile: "duplicate files"
    case .imageTooSmall: "images that are too small to read"
    case .blankImage: "images without writing"
    case .invertedImage: "images with light writing on dark paper"
    case .verticalImage: "images that are too tall for their text"
    case .textWidthMismatch: "labels that are too long or too short for their image"
    case .replacementCharacter: "labels with lost letters"
    case .unassignedScalar: "labels with scalars that are no characters"
    case .leadingMark: "labels that begin with a mark"
    case .placeholder: "labels with a sign three times in a row"
    case .privateUseScalar: "private letters"
    case .rareLetter: "letters that occur once"
    }
  }

  /// The histogram of the readable images' widths in bins of 8 pixels or more.
  package func widthHistogram() -> [Histogram.Bin] { Histogram.bins(of: result.widths.filter { $0 > 0 }, atLeast: 8) }

  private func widthLines() -> [String] {
    let widths = result.widths.filter { $0 > 0 }.sorted()
    guard let least = widths.first, let most = widths.last else { return ["widths: none"] }
    var lines = ["widths: \(least) to \(most), median \(widths[widths.count / 2])"]
    lines += Histogram.lines(widthHistogram())
    return lines
  }

  private func alphabetLines() -> [String] {
    let total = result.scalarCounts.reduce(0) { $0 + $1.count }
    var lines = ["alphabet: \(result.scalarCounts.count) scalars, \(total) occurrences"]
    // Several in a line, with the letter last, since its width on a terminal is unknown.
    let cells = result.scalarCounts.compactMap { entry in
      Unicode.Scalar(entry.scalar).map { "\($0.codePoint)\("\(entry.count)".padded(to: 8)) \($0.shownOrNamed)" }
    }
    for start in stride(from: 0, to: cells.count, by: AuditReport.lettersInALine) {
      lines.append("  " + cells[start..<min(start + AuditReport.lettersInALine, cells.count)].joined(separator: "\t"))
    }
    return lines
  }

  private static let lettersInALine = 4

  private func missingLetterLines() -> [String] {
    guard let first else { return [] }
    let missing = result.scalarCounts(missingFrom: first.audit)
    if missing.isEmpty { return ["letters that \(first.name.onOneLine) lacks: none"] }
    let named = missing.compactMap { entry in
      Unicode.Scalar(entry.scalar).map { "\($0.codePoint) \($0.shownOrNamed) (\(counted(entry.count, "time")))" }
    }
    let more = named.count > AuditReport.listed ? " and \(named.count - AuditReport.listed) more" : ""
    return [
      "letters that \(first.name.onOneLine) lacks: \(named.prefix(AuditReport.listed).joined(separator: ", "))\(more); a model "
        + "that is trained there, without --alphabet, cannot write them"
    ]
  }
}
