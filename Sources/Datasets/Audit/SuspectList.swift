import Messages

/// Records that deserve a look, as a table for spreadsheets and scripts: `akuru check --suspects`.
package struct SuspectList: Sendable {
  /// Tab-separated columns: image file, for a line of a page the page's file and the line's name, whether training refuses the
  /// record, kinds of findings, details, text. Fields with a quotation mark are quoted as in CSV; control characters are escaped, so
  /// that a record is one line.
  package static let heading = ["image", "page", "line", "bad", "kind", "detail", "text"].joined(separator: "\t")

  /// One line for each record, in the order of the data set; then files that are not records.
  package let lines: [String]

  package init(_ dataSet: DataSet, _ audit: AuditResult) {
    var groups: [[AuditFinding]] = []
    // Findings are in the order of the records.
    for finding in audit.findings where finding.kind.deservesALook {
      if let record = finding.record, groups.last?.first?.record == record {
        groups[groups.count - 1].append(finding)
      } else {
        groups.append([finding])
      }
    }
    func line(_ finding: AuditFinding) -> (page: String, id: String)? {
      // A line that is no record has its name in the path.
      guard let record = finding.record else { return LineLookup.parts(of: finding.path).map { ($0.file, $0.id) } }
      return dataSet.records[record].line
    }
    lines = groups.map { findings in
      let fields = [
        findings[0].path,
        line(findings[0])?.page ?? "",
        line(findings[0])?.id ?? "",
        findings.contains(where: \.isProblem) ? "yes" : "no",
        findings.map(\.kind.rawValue).joined(separator: ","),
        findings.map(\.detail).joined(separator: "; "),
        findings[0].record.map { dataSet.records[$0].text } ?? "",
      ]
      return fields.map(SuspectList.field).joined(separator: "\t")
    }
  }

  private static func field(_ text: String) -> String {
    let line = text.onOneLine
    guard line.unicodeScalars.contains("\"") else { return line }
    var quoted = "\"".unicodeScalars
    for scalar in line.unicodeScalars { quoted += scalar == "\"" ? [scalar, scalar] : [scalar] }
    quoted.append("\"")
    return String(quoted)
  }
}
