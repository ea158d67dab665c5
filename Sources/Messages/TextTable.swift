/// Rows of text under a heading. The first columns are aligned left, the others right.
package struct TextTable {
  private var rows: [[String]]
  private let leftColumns: Int

  /// - Parameter leftColumns: the number of columns that are aligned left.
  package init(_ heading: String..., leftColumns: Int = 1) {
    (rows, self.leftColumns) = ([heading], leftColumns)
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
        return column < leftColumns ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
  }
}
