import COpenBLAS

/// Inner loops of max pooling over windows of two lines by two columns. The bits are the same with `isWide`, AVX-512, and without.
public enum PoolingKernels {
  /// Writes the maxima of (v - mean) * scale + shift over `count` windows, at least 16, and `floor` where they are not larger; and the place
  /// of each in its window: 0 and 1 in the first line, 2 and 3 in the second, 4 for `floor`. On ties the first wins; NaN always wins.
  @inline(__always)
  public static func poolSquares(
    _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, mean: Float, scale: Float, shift: Float,
    floor: Float, into target: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<UInt8>, count: Int,
    isWide: Bool = InstructionSet.isWide
  ) {
    #if arch(x86_64)
      if isWide {
        return akuru_pool_squares_wide(first, second, mean, scale, shift, floor, target, places, count)
      }
    #endif
    akuru_pool_squares(first, second, mean, scale, shift, floor, target, places, count)
  }

  /// Writes 2 * `count` columns of both lines: the gradient of each window, of at least 16, in its place, and zero in the others.
  @inline(__always)
  public static func unpoolSquares(
    _ gradient: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, into first: UnsafeMutablePointer<Float>,
    _ second: UnsafeMutablePointer<Float>, count: Int, isWide: Bool = InstructionSet.isWide
  ) {
    #if arch(x86_64)
      if isWide { return akuru_unpool_squares_wide(gradient, places, first, second, count) }
    #endif
    akuru_unpool_squares(gradient, places, first, second, count)
  }
}
