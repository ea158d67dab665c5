import COpenBLAS

/// Rounding that makes sums exact: values become multiples of a power of two that is chosen so that their sums never
/// round.
///
/// (x + magic) - magic, in Double, rounds x to the nearest multiple of the last place of `magic`: with magic = 1.5 *
/// 2^e, that is 2^(e - 52), for |x| <= 2^(e - 1). Sums of such multiples that stay below 2^(e + 1) fit the 53 bits of a
/// Double, so their order and grouping do not matter (pre-rounding: Demmel and Nguyen 2013, "Fast reproducible
/// floating-point summation"). The result is never -0, so a sum of zeros has one bit pattern as well.
///
/// The callers check sizes.
public enum ExactRounding {
  /// Adds the rounded values to `sums`. Returns how many were not added, because |value| > limit or the value is NaN, and the sum of the
  /// squares of all values: that of ``SquareSum`` for a multiple of 16.
  ///
  /// - Parameters:
  ///   - limit: at most 2^(e - 1) for a magic of 1.5 * 2^e.
  ///   - overwriting: whether the sums count as zeros: they are not read.
  ///   - isWide: whether to use AVX-512; the bits are the same.
  public static func accumulate(
    _ values: UnsafePointer<Float>, count: Int, limit: Double, magic: Double,
    into sums: UnsafeMutablePointer<Double>, overwriting: Bool, isWide: Bool = InstructionSet.isWide
  ) -> (refused: Int, squares: Double) {
    let whole = count & ~15
    var (refused, squares) = (0, SquareSum())
    squares.withLanes { lanes in
      #if arch(x86_64)
        if isWide {
          return akuru_add_exactly_wide(values, whole, limit, magic, sums, overwriting ? 1 : 0, &refused, lanes)
        }
      #endif
      akuru_add_exactly(values, whole, limit, magic, sums, overwriting ? 1 : 0, &refused, lanes)
    }
    var rest = 0.0
    for i in whole..<count {
      let x = Double(values[i])
      if overwriting { sums[i] = 0 }
      add(x, limit: limit, magic: magic, to: sums + i, &refused)
      rest += x * x
    }
    return (refused, squares.total + rest)
  }

  /// Adds the rounded products value * weight (rounded to Double, then as above) to `sums` and returns how many were
  /// not added, because |value * weight| > limit or the product is NaN.
  public static func accumulate(
    _ values: UnsafePointer<Float>, count: Int, weight: Double, limit: Double, magic: Double,
    into sums: UnsafeMutablePointer<Double>
  ) -> Int {
    var refused = Lanes.zero
    var i = 0
    while i &+ 8 <= count {
      add(load(values + i) * weight, limit: limit, magic: magic, to: sums + i, &refused)
      i &+= 8
    }
    var total = Int(refused.wrappedSum())
    while i < count {
      add(Double(values[i]) * weight, limit: limit, magic: magic, to: sums + i, &total)
      i &+= 1
    }
    return total
  }

  /// The same for values in Double.
  public static func accumulate(
    _ values: UnsafePointer<Double>, count: Int, weight: Double, limit: Double, magic: Double,
    into sums: UnsafeMutablePointer<Double>
  ) -> Int {
    var refused = 0
    for i in 0..<count {
      add(values[i] * weight, limit: limit, magic: magic, to: sums + i, &refused)
    }
    return refused
  }

  /// Rounds each sum to Float.
  public static func convert(
    _ sums: UnsafePointer<Double>, count: Int, into values: UnsafeMutablePointer<Float>
  ) {
    var i = 0
    while i &+ 8 <= count {
      let sum = UnsafeRawPointer(sums + i).loadUnaligned(as: SIMD8<Double>.self)
      UnsafeMutableRawPointer(values + i).storeBytes(of: SIMD8<Float>(sum), as: SIMD8<Float>.self)
      i &+= 8
    }
    while i < count {
      values[i] = Float(sums[i])
      i &+= 1
    }
  }

  /// Adds values to sums; exact if both are sums of rounded values.
  public static func add(_ values: UnsafePointer<Double>, count: Int, to sums: UnsafeMutablePointer<Double>) {
    var i = 0
    while i &+ 8 <= count {
      let value = UnsafeRawPointer(values + i).loadUnaligned(as: SIMD8<Double>.self)
      let address = UnsafeMutableRawPointer(sums + i)
      address.storeBytes(of: address.loadUnaligned(as: SIMD8<Double>.self) + value, as: SIMD8<Double>.self)
      i &+= 8
    }
    while i < count {
      sums[i] += values[i]
      i &+= 1
    }
  }

  /// Overwrites sums with Floats, or adds Floats to them. Sums of Floats are not exact, so their order matters.
  public static func add(
    _ values: UnsafePointer<Float>, count: Int, to sums: UnsafeMutablePointer<Double>, overwriting: Bool
  ) {
    var i = 0
    while i &+ 8 <= count {
      let address = UnsafeMutableRawPointer(sums + i)
      let before = overwriting ? SIMD8<Double>.zero : address.loadUnaligned(as: SIMD8<Double>.self)
      address.storeBytes(of: before + load(values + i), as: SIMD8<Double>.self)
      i &+= 8
    }
    while i < count {
      sums[i] = (overwriting ? 0 : sums[i]) + Double(values[i])
      i &+= 1
    }
  }

  private typealias Lanes = SIMD8<Int64>

  @inline(__always)
  private static func load(_ values: UnsafePointer<Float>) -> SIMD8<Double> {
    SIMD8<Double>(UnsafeRawPointer(values).loadUnaligned(as: SIMD8<Float>.self))
  }

  /// The definition, for eight values at once. A comparison with NaN is false, so NaN is refused.
  @inline(__always)
  private static func add(
    _ x: SIMD8<Double>, limit: Double, magic: Double, to sums: UnsafeMutablePointer<Double>,
    _ refused: inout Lanes
  ) {
    let withoutSign = unsafeBitCast(x, to: SIMD8<UInt64>.self) & 0x7FFF_FFFF_FFFF_FFFF
    let refusals = .!(unsafeBitCast(withoutSign, to: SIMD8<Double>.self) .<= limit)
    let address = UnsafeMutableRawPointer(sums)
    let sum = address.loadUnaligned(as: SIMD8<Double>.self)
    let rounded = (x.replacing(with: 0, where: refusals) + magic) - magic
    address.storeBytes(of: sum + rounded, as: SIMD8<Double>.self)
    refused = refused &+ Lanes.zero.replacing(with: 1, where: refusals)
  }

  /// The definition.
  @inline(__always)
  private static func add(
    _ x: Double, limit: Double, magic: Double, to sum: UnsafeMutablePointer<Double>, _ refused: inout Int
  ) {
    if abs(x) <= limit {
      sum.pointee += (x + magic) - magic
    } else {
      refused &+= 1
    }
  }
}
