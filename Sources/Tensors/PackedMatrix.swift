import COpenBLAS

/// The common right side B [k, n] of several products, in the layout of a SIMD kernel: panels of 16 columns, each [k,
/// 16]. OpenBLAS packs B again for every product, which dominates the time if A has few rows (8 x 512 x 128 on AVX2: 41
/// GFLOP/s, with this type 75).
public struct PackedMatrix {
  public let rows: Int
  /// A multiple of 16.
  public let columns: Int
  private let panels: UnsafeMutablePointer<Float>
  private let isWide: Bool

  /// Whether a matrix with this number of columns can be packed.
  public static func canPack(columns: Int) -> Bool { columns > 0 && columns % 16 == 0 }

  /// Whether a matrix of this size is worth packing for one product of many rows: it stays in the second-level cache.
  public static func isSmall(rows: Int, columns: Int) -> Bool { rows * columns <= 128 * 1024 }

  /// A matrix in `rows * columns` floats of memory that the caller owns; its contents are undefined until ``pack(_:)``.
  /// - Parameter isWide: whether products use AVX-512, which the CPU must have. The bits differ, since products use
  ///   other fused multiply-adds.
  public init(
    rows: Int, columns: Int, in memory: UnsafeMutablePointer<Float>, isWide: Bool = InstructionSet.isWide
  ) {
    (self.rows, self.columns, panels, self.isWide) = (rows, columns, memory, isWide)
  }

  /// Packs B from [rows, columns].
  public func pack(_ matrix: UnsafePointer<Float>) {
    var target = panels
    for column in stride(from: 0, to: columns, by: 16) {
      for row in 0..<rows {
        Vector(matrix + row * columns + column).store(target)
        target += 16
      }
    }
  }

  /// Packs B from its transpose, [columns, rows].
  public func pack(transposed matrix: UnsafePointer<Float>) {
    let wholeRows = rows & ~7
    for column in stride(from: 0, to: columns, by: 16) {
      let (panel, lines) = (panels + column * rows, matrix + column * rows)
      transpose(lines, rows: 16, columns: wholeRows, lead: rows, into: panel, lead: 16)
      for p in wholeRows..<rows {
        for i in 0..<16 { panel[16 * p + i] = lines[i * rows + p] }
      }
    }
  }

  /// C [m, columns] = A [m, rows] * B, added to C if `accumulate`. An element's bits do not depend on m.
  public func multiply(
    m: Int, _ a: UnsafePointer<Float>, lda: Int, accumulate: Bool, into c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    var column = 0
    #if arch(x86_64)
      if isWide {
        // Four panels at a time for so few rows.
        while m <= 3, column + 64 <= columns {
          akuru_multiply_fourfold_tile_wide(
            Int32(truncatingIfNeeded: m), rows, a, lda, panels + column * rows, accumulate ? 1 : 0, c + column, ldc)
          column += 64
        }
        // Two panels at a time, while at least two are left.
        while column + 32 <= columns {
          tiles(of: m, atMost: Int(akuru_tile_rows_wide)) { row, height in
            akuru_multiply_double_tile_wide(
              height, rows, a + row * lda, lda, panels + column * rows, accumulate ? 1 : 0, c + row * ldc + column, ldc)
          }
          column += 32
        }
      }
    #endif
    while column < columns {
      tiles(of: m, atMost: Int(isWide ? akuru_tile_rows_wide : akuru_tile_rows)) { row, height in
        multiplyTile(
          isWide, height, rows, a + row * lda, lda, panels + column * rows, accumulate ? 1 : 0, c + row * ldc + column,
          ldc)
      }
      column += 16
    }
  }
}

/// Cuts `m` rows into tiles of nearly equal height: in low tiles, each multiply-add would wait for the previous one.
@inline(__always)
func tiles(of m: Int, atMost most: Int, _ body: (_ row: Int, _ height: Int32) -> Void) {
  let count = (m + most - 1) / most
  var row = 0
  for tile in 0..<count {
    let height = (m - row + count - tile - 1) / (count - tile)
    body(row, Int32(truncatingIfNeeded: height))
    row += height
  }
}

@inline(__always)
private func multiplyTile(
  _ isWide: Bool, _ rows: Int32, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int, _ panel: UnsafePointer<Float>,
  _ accumulate: Int32, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
) {
  #if arch(x86_64)
    if isWide { return akuru_multiply_tile_wide(rows, k, a, lda, panel, accumulate, c, ldc) }
  #endif
  akuru_multiply_tile(rows, k, a, lda, panel, accumulate, c, ldc)
}
