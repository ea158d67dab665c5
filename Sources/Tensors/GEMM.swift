import COpenBLAS

/// The interface to OpenBLAS.
public enum BLAS {
  /// Limits OpenBLAS to one thread: Akuru parallelizes by ranks.
  public static func useOneThread() {
    openblas_set_num_threads(1)
  }

  /// The kernel family chosen for this CPU, for example "Haswell"; results are reproducible only within one family.
  public static var coreName: String { String(cString: openblas_get_corename()) }

  /// OpenBLAS version and build options.
  public static var configuration: String { String(cString: openblas_get_config()) }
}

/// Floats of A and of B up to which OpenBLAS loses more by packing than it gains.
private let (mostUnpackedLeft, mostUnpackedRight) = (256 * 1024, 128 * 1024)

/// C = alpha * op(A) * op(B) + beta * C in row-major order, where op(A) is [m, k] and op(B) is [k, n].
///
/// `lda`, `ldb` and `ldc` are the numbers of floats from one stored row to the next. With `transposeA`, A is stored [k,
/// m]; with `transposeB`, B is stored [n, k]. An empty product (m, n or k of 0) leaves C scaled by beta. OpenBLAS computes it, or, if it is
/// small, ``gemmUnpacked(transposeA:m:n:k:_:lda:_:ldb:accumulate:into:ldc:)``.
public func gemm(
  transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
  _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float,
  _ c: UnsafeMutablePointer<Float>, ldc: Int
) {
  guard m > 0, n > 0 else { return }
  if !transposeB, n % Vector.width == 0, alpha == 1, beta == 0 || beta == 1, m * k <= mostUnpackedLeft,
    k * n <= mostUnpackedRight
  {
    return gemmUnpacked(
      transposeA: transposeA, m: m, n: n, k: k, a, lda: lda, b, ldb: ldb, accumulate: beta == 1, into: c, ldc: ldc)
  }
  cblas_sgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
    Int32(truncatingIfNeeded: m), Int32(truncatingIfNeeded: n), Int32(truncatingIfNeeded: k), alpha,
    a, Int32(truncatingIfNeeded: lda), b, Int32(truncatingIfNeeded: ldb), beta, c, Int32(truncatingIfNeeded: ldc))
}
