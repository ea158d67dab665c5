import COpenBLAS

/// The depth of a part of a product: a panel of B stays in the first-level cache.
private let depthOfBlock = 128

/// C = op(A) * B, added to C if `accumulate`, where B is [k, n] and n is a multiple of 16; otherwise as
/// ``gemm(transposeA:transposeB:m:n:k:alpha:_:lda:_:ldb:beta:_:ldc:)``. Nothing is packed, so it is faster than OpenBLAS while A and B
/// stay in the second-level cache.
///
/// Each element is one chain of fused multiply-adds in the order of k: its bits do not depend on the other rows and columns, nor on where
/// k is cut into several products.
@inline(__always)
public func gemmUnpacked(
  transposeA: Bool = false, m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>,
  ldb: Int, accumulate: Bool, into c: UnsafeMutablePointer<Float>, ldc: Int
) {
  if k == 0, !accumulate {
    for row in 0..<m { (c + row * ldc).update(repeating: 0, count: n) }
  }
  for first in stride(from: 0, to: k, by: depthOfBlock) {
    multiplyBlock(
      transposeA: transposeA, m: m, n: n, k: min(depthOfBlock, k - first), a + (transposeA ? first * lda : first),
      lda: lda, b + first * ldb, ldb: ldb, accumulate: accumulate || first > 0, into: c, ldc: ldc)
  }
}

@inline(__always)
private func multiplyBlock(
  transposeA: Bool, m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int,
  accumulate: Bool, into c: UnsafeMutablePointer<Float>, ldc: Int
) {
  let add = Int32(accumulate ? 1 : 0)
  var column = 0
  /// Computes columns with a kernel for tiles of so many columns, as long as there are that many.
  @inline(__always)
  func multiply(columns: Int, atMost rows: Int, _ kernel: TileKernel) {
    while column + columns <= n {
      tiles(of: m, atMost: rows) { row, height in
        kernel(
          height, k, a + (transposeA ? row : row * lda), lda, b + column, ldb, add, c + (row * ldc + column), ldc)
      }
      column += columns
    }
  }
  #if arch(x86_64)
    if InstructionSet.isWide {
      multiply(
        columns: 32, atMost: Int(akuru_tile_rows_wide),
        transposeA ? akuru_multiply_columns_double_tile_wide : akuru_multiply_rows_double_tile_wide)
      multiply(
        columns: 16, atMost: Int(akuru_tile_rows_wide),
        transposeA ? akuru_multiply_columns_tile_wide : akuru_multiply_rows_tile_wide)
      return
    }
  #endif
  multiply(
    columns: 16, atMost: Int(akuru_tile_rows),
    transposeA ? akuru_multiply_columns_tile : akuru_multiply_rows_tile)
}

/// Rows, k, A, lda, B, ldb, whether to add, C, ldc.
private typealias TileKernel = (
  Int32, Int, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, Int32, UnsafeMutablePointer<Float>?, Int
) -> Void
