import COpenBLAS

/// Inner loops of convolutions: those that read input lines in place, instead of columns that were gathered for a GEMM, and products of
/// transformed tiles, see ``WinogradKernels``.
///
/// An element's bits do not depend on how many rows or columns are computed with it.
public enum ConvolutionKernels {
  /// The largest number of output channels in a tile.
  public static var mostRows: Int { Int(InstructionSet.isWide ? akuru_tile_rows_wide : akuru_tile_rows) }
  /// The largest number of output channels whose kernel gradients are computed together.
  public static var mostGradientRows: Int {
    Int(InstructionSet.isWide ? akuru_gradient_rows_wide : akuru_gradient_rows)
  }

  /// C [rows, 16] = A [rows, k] * B [k, 16]: line p of B is at `lines + places[p]`, A is stored as [k, rows], and rows
  /// of C are `ldc` floats apart.
  @inline(__always)
  public static func convolve(
    rows: Int, k: Int, _ a: UnsafePointer<Float>, _ lines: UnsafePointer<Float>, at places: UnsafePointer<Int>,
    into c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    #if arch(x86_64)
      if InstructionSet.isWide {
        return akuru_convolve_tile_wide(Int32(truncatingIfNeeded: rows), k, a, lines, places, c, ldc)
      }
    #endif
    akuru_convolve_tile(Int32(truncatingIfNeeded: rows), k, a, lines, places, c, ldc)
  }

  /// Whether two tiles of columns can be computed together, by ``convolvePair(rows:k:_:_:at:into:ldc:)``.
  public static var havePairs: Bool { InstructionSet.isWide }

  /// C [rows, 32], if ``havePairs``; otherwise the result of ``convolve(rows:k:_:_:at:into:ldc:)``, with the same bits.
  @inline(__always)
  public static func convolvePair(
    rows: Int, k: Int, _ a: UnsafePointer<Float>, _ lines: UnsafePointer<Float>, at places: UnsafePointer<Int>,
    into c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    #if arch(x86_64)
      akuru_convolve_double_tile_wide(Int32(truncatingIfNeeded: rows), k, a, lines, places, c, ldc)
    #endif
  }

  /// weights[r * pitch + i] += sum over x < count of gradients[r * lead + x] * line[x + i - 1] for i in 0..<3. `count`
  /// is a multiple of 16; `line[-1]` and `line[count]` are read.
  @inline(__always)
  public static func addTapGradients(
    rows: Int, count: Int, _ gradients: UnsafePointer<Float>, lead: Int, line: UnsafePointer<Float>,
    into weights: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    #if arch(x86_64)
      if InstructionSet.isWide {
        return akuru_add_tap_gradients_wide(
          Int32(truncatingIfNeeded: rows), count, gradients, lead, line, weights, pitch)
      }
    #endif
    akuru_add_tap_gradients(Int32(truncatingIfNeeded: rows), count, gradients, lead, line, weights, pitch)
  }

  /// C [rows, 16 * vectors] = A [rows, k] * B [k, 16 * vectors] for any number of rows; rows of A, B and C are `lda`, `ldb` and `ldc`
  /// floats apart. Nothing is packed: B is to be in the caches, and A small.
  @inline(__always)
  public static func multiply(
    rows: Int, vectors: Int, k: Int, _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int,
    into c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    let columns = Vector.width * vectors
    var column = 0
    #if arch(x86_64)
      if InstructionSet.isWide {
        while column + 2 * Vector.width <= columns {
          tiles(of: rows, atMost: Int(akuru_tile_rows_wide)) { row, height in
            akuru_multiply_rows_double_tile_wide(
              height, k, a + row * lda, lda, b + column, ldb, c + row * ldc + column, ldc)
          }
          column += 2 * Vector.width
        }
        if column < columns {
          tiles(of: rows, atMost: Int(akuru_tile_rows_wide)) { row, height in
            akuru_multiply_rows_tile_wide(height, k, a + row * lda, lda, b + column, ldb, c + row * ldc + column, ldc)
          }
        }
        return
      }
    #endif
    while column < columns {
      tiles(of: rows, atMost: Int(akuru_tile_rows)) { row, height in
        akuru_multiply_rows_tile(height, k, a + row * lda, lda, b + column, ldb, c + row * ldc + column, ldc)
      }
      column += Vector.width
    }
  }

  /// C [rows, columns] += A [rows, count] * B^T, where B is [columns, count]. `count` is a multiple of 16; rows of A and B are `lead`
  /// and `otherLead` floats apart.
  @inline(__always)
  public static func addDots(
    rows: Int, columns: Int, count: Int, _ a: UnsafePointer<Float>, lead: Int, _ b: UnsafePointer<Float>,
    otherLead: Int, into c: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    tiles(of: rows, atMost: mostGradientRows) { row, height in
      for column in stride(from: 0, to: columns, by: 3) {
        let width = Int32(truncatingIfNeeded: min(3, columns - column))
        let (a, b, c) = (a + row * lead, b + column * otherLead, c + row * pitch + column)
        #if arch(x86_64)
          if InstructionSet.isWide {
            akuru_add_dots_wide(height, width, count, a, lead, b, otherLead, c, pitch)
            continue
          }
        #endif
        akuru_add_dots(height, width, count, a, lead, b, otherLead, c, pitch)
      }
    }
  }
}
