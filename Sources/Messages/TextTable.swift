/// Rows of text under a heading. The first column is aligned left, the others right.
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

  /// The lines of the table, with aligned columns.
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
