import Tensors

/// Sixteen non-negative numbers m * 2^e with a float mantissa and a separate exponent each: the logarithmic range that
/// CTC's probabilities need (e^-45000 for one step, products of thousands of steps), with sums and products that round
/// like floats, and without a logarithm or exponential per sum.
///
/// A sum in float log space loses absolute precision as |log p| grows: at -1000, a float's spacing is 6e-5, and so is
/// the relative error of the probability, at each step. Here it is 6e-8 at each step, whatever the magnitude.
struct ExtendedRangeVector {
  var m: Vector
  var e: SIMD16<Int32>

  /// The exponent of 0: below all others (a sequence of 4,096 steps at the smallest emission has -2^28), and sums of
  /// two of them do not overflow.
  @inline(__always) static var zeroExponent: Int32 { -(1 << 29) }
  /// The smallest log probability of an emission.
  @inline(__always) static var leastLogProbability: Float { -45_000 }

  @inline(__always)
  init(m: Vector, e: SIMD16<Int32>) {
    (self.m, self.e) = (m, e)
  }

  /// e^x for x <= 0, clamped at e^-45000.
  @inline(__always)
  init(exponentialOf x: Vector) {
    let magic = Vector(repeating: 12_582_912)  // as in Tensors.exp
    let clamped = pointwiseMax(x, Vector(repeating: ExtendedRangeVector.leastLogProbability))
    let shifted = magic.multiplyAdd(clamped, Vector(repeating: 1.442_695_04))
    let n = shifted - magic
    let r = clamped.multiplyAdd(n, Vector(repeating: -0.693_359_375)).multiplyAdd(n, Vector(repeating: 2.121_944_4e-4))
    m = exp(r)
    e = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- 0x4B40_0000
  }

  @inline(__always)
  static func * (a: ExtendedRangeVector, b: ExtendedRangeVector) -> ExtendedRangeVector {
    ExtendedRangeVector(m: a.m * b.m, e: a.e &+ b.e)
  }

  @inline(__always)
  static func + (a: ExtendedRangeVector, b: ExtendedRangeVector) -> ExtendedRangeVector {
    let e = a.e.replacing(with: b.e, where: a.e .< b.e)
    return ExtendedRangeVector(m: (a.m * power(a.e &- e)).multiplyAdd(b.m, power(b.e &- e)), e: e)
  }

  /// Zero where `keep` is 0, unchanged where it is 1.
  @inline(__always)
  func masked(_ keep: Vector) -> ExtendedRangeVector {
    ExtendedRangeVector(
      m: m * keep,
      e: e.replacing(with: SIMD16(repeating: ExtendedRangeVector.zeroExponent), where: keep .< Vector(repeating: 0.5)))
  }

  /// The same numbers with mantissas in [1, 2), or 0.
  @inline(__always)
  var normalized: ExtendedRangeVector {
    let bits = unsafeBitCast(m, to: SIMD16<Int32>.self)
    let isZero = bits .< SIMD16<Int32>(repeating: 1)  // `.==` compiles to a loop over lanes
    let mantissa = unsafeBitCast((bits & 0x007F_FFFF) | 0x3F80_0000, to: Vector.self)
    return ExtendedRangeVector(
      m: mantissa.replacing(with: 0, where: isZero),
      e: (e &+ (bits &>> 23) &- 127).replacing(with: SIMD16(repeating: ExtendedRangeVector.zeroExponent), where: isZero)
    )
  }

  /// 2^d for d <= 0; 0 below -126.
  @inline(__always)
  static func power(_ d: SIMD16<Int32>) -> Vector {
    let least = SIMD16<Int32>(repeating: -127)
    let clamped = d.replacing(with: least, where: d .< least)
    return unsafeBitCast((clamped &+ 127) &<< 23, to: Vector.self)
  }
}

/// `count` wide numbers in memory: mantissas, then exponents.
struct WideArray {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  /// Floats that `count` numbers take.
  @inline(__always) static func floats(_ count: Int) -> Int { 2 * count }

  /// Sixteen numbers from index `i` on; i + 16 <= count.
  @inline(__always)
  subscript(i: Int) -> ExtendedRangeVector {
    get {
      ExtendedRangeVector(m: Vector(base + i), e: unsafeBitCast(Vector(base + (count + i)), to: SIMD16<Int32>.self))
    }
    nonmutating set {
      newValue.m.store(base + i)
      unsafeBitCast(newValue.e, to: Vector.self).store(base + (count + i))
    }
  }

  /// Number `i`, alone.
  @inline(__always)
  func mantissa(_ i: Int) -> Float { base[i] }

  @inline(__always)
  func exponent(_ i: Int) -> Int32 { Int32(bitPattern: base[count + i].bitPattern) }

  /// Makes all numbers zero.
  @inline(__always)
  func clear() {
    base.update(repeating: 0, count: count)
    (base + count).update(
      repeating: Float(bitPattern: UInt32(bitPattern: ExtendedRangeVector.zeroExponent)), count: count)
  }

  /// Makes number `i` one.
  @inline(__always)
  func setOne(_ i: Int) {
    base[i] = 1
    base[count + i] = Float(bitPattern: 0)
  }
}
