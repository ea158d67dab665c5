import COpenBLAS

/// Inner loops of convolutions that read input lines in place, instead of columns that were gathered for a GEMM.
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
}
