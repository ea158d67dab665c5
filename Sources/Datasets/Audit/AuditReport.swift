/// The audit's result as a text for people.
public struct AuditReport: Sendable {
  /// Findings of one kind that are written out; the others are counted.
  public static let listed = 10

  private let result: AuditResult

  public init(_ result: AuditResult) {
    self.result = result
  }

  /// The report, line by line: records, problems, warnings, widths, alphabet.
  public func lines() -> [String] {
    let bad = result.badRecords.count
    var lines = ["records: \(result.records.count), of which \(result.records.count - bad) good and \(bad) bad"]
    lines += findings("problems", result.problems)
    lines += findings("warnings", result.warnings)
    lines += widthLines()
    lines += alphabetLines()
    return lines
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
    case .unlistedImage: "images that the metadata does not list"
    case .unreadableImage: "unreadable images"
    case .emptyLabel: "empty labels"
    case .controlCharacter: "labels with control characters"
    case .labelTooLong: "labels that do not fit their image"
    case .imageTooWide: "images that are too wide"
    case .unknownScalars: "labels with scalars outside the alphabet"
    case .labelNotNFC: "labels that are not in NFC"
    case .duplicateFile: "duplicate files"
    }
  }

  /// Numbers of images with a width of `lower ..< upper`.
  public struct Bin: Sendable, Equatable, Codable {
    public let lower: Int
    public let upper: Int
    public let count: Int
  }

  /// The histogram of the readable images' widths in at most 16 bins of equal, round size, from the narrowest to the widest.
  public func widthHistogram() -> [Bin] {
    let widths = result.widths.filter { $0 > 0 }
    guard let least = widths.min(), let most = widths.max() else { return [] }
    var size = 8
    while most / size - least / size >= 16 { size *= 2 }
    let first = least / size
    var counts = [Int](repeating: 0, count: most / size - first + 1)
    for width in widths { counts[width / size - first] += 1 }
    return counts.enumerated().map { Bin(lower: (first + $0) * size, upper: (first + $0 + 1) * size, count: $1) }
  }

  private func widthLines() -> [String] {
    let widths = result.widths.filter { $0 > 0 }.sorted()
    guard let least = widths.first, let most = widths.last else { return ["widths: none"] }
    var lines = ["widths: \(least) to \(most), median \(widths[widths.count / 2])"]
    let bins = widthHistogram()
    let tallest = bins.map(\.count).max() ?? 1
    for bin in bins {
      let bar = String(repeating: "#", count: (40 * bin.count + tallest - 1) / tallest)
      let range = padded("\(bin.lower)", 6) + " - " + padded("\(bin.upper - 1)", 6)
      lines.append("  \(range)\(padded("\(bin.count)", 10))\(bar.isEmpty ? "" : "  " + bar)")
    }
    return lines
  }

  private func alphabetLines() -> [String] {
    let total = result.scalarCounts.reduce(0) { $0 + $1.count }
    var lines = ["alphabet: \(result.scalarCounts.count) scalars, \(total) occurrences"]
    for entry in result.scalarCounts {
      guard let scalar = Unicode.Scalar(entry.scalar) else { continue }
      lines.append("  \(codePoint(scalar))\(padded("\(entry.count)", 10))  \(AuditReport.shown(scalar))")
    }
    return lines
  }

  /// The scalar as one can see it: marks on a dotted circle, what is invisible by its name.
  private static func shown(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}" + String(scalar)
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
      scalar.properties.name ?? scalar.properties.nameAlias ?? "unnamed"
    default: String(scalar)
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
