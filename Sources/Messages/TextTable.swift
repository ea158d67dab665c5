/// Rows of text under a heading: the first column stands to the left, the others to the right.
package struct TextTable {
  private var rows: [[String]]

  package init(_ heading: String...) {
    rows = [heading]
  }

  /// Appends a row with a cell for each column of the heading.
  package mutating func append(_ cells: String...) {
    precondition(cells.count == rows[0].count)
    rows.append(cells)
  }

  /// The lines, columns aligned.
  package var lines: [String] {
    let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
    return rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
  }
}
