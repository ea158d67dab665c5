import COpenBLAS

/// to[x, y] = from[y, x]. Rows are `lead` floats apart, those of `to` `toLead`; `columns` is a multiple of 8. Rows of `to` are filled with
/// zeros up to the next multiple of 16.
public func transpose(
  _ from: UnsafePointer<Float>, rows: Int, columns: Int, lead: Int, into to: UnsafeMutablePointer<Float>,
  lead toLead: Int
) {
  for y in stride(from: 0, to: Storage.padded(rows), by: 8) {
    let height = Int32(truncatingIfNeeded: max(0, min(8, rows - y)))
    for x in stride(from: 0, to: columns, by: 8) {
      akuru_transpose_block(height, from + (y * lead + x), lead, to + (x * toLead + y), toLead)
    }
  }
}
