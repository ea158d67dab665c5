import COpenBLAS

/// The right side B [k, n] of products that have it in common, arranged as a SIMD kernel reads it: panels of 16 columns,
/// each [k, 16]. OpenBLAS arranges B anew for every product, which takes most of the time where A has few rows (8 x 512 x
/// 128 on AVX2: 41 GFLOP/s, this 75).
public struct PackedMatrix {
  public let rows: Int
  /// A multiple of 16.
  public let columns: Int
  private let panels: UnsafeMutablePointer<Float>
  private let isWide: Bool

  /// Whether a matrix of so many columns can be packed.
  public static func canPack(columns: Int) -> Bool { columns > 0 && columns % 16 == 0 }

  /// A matrix in `rows * columns` floats of memory that the caller owns; it holds nothing yet.
  /// - Parameter isWide: whether products use AVX-512, which the CPU must have. The bits are those of other fused
  ///   multiply-adds.
  public init(
    rows: Int, columns: Int, in memory: UnsafeMutablePointer<Float>, isWide: Bool = InstructionSet.isWide
  ) {
    (self.rows, self.columns, panels, self.isWide) = (rows, columns, memory, isWide)
  }

  /// Takes B from [rows, columns].
  public func pack(_ matrix: UnsafePointer<Float>) {
    var target = panels
    for column in stride(from: 0, to: columns, by: 16) {
      for row in 0..<rows {
        Vector(matrix + row * columns + column).store(target)
        target += 16
      }
    }
  }

  /// Takes B from its transpose, [columns, rows].
  public func pack(transposed matrix: UnsafePointer<Float>) {
    for column in stride(from: 0, to: columns, by: 16) {
      let panel = panels + column * rows
      for row in stride(from: 0, to: rows, by: 16) {
        let end = min(row + 16, rows)
        for i in 0..<16 {
          let line = matrix + (column + i) * rows
          for p in row..<end { panel[16 * p + i] = line[p] }
        }
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
        // Two panels at a time, while there are two.
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

/// Cuts `m` rows into tiles of nearly the same height: low ones would wait for their own sums.
@inline(__always)
private func tiles(of m: Int, atMost most: Int, _ body: (_ row: Int, _ height: Int32) -> Void) {
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
