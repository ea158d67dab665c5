import COpenBLAS

/// Sixteen floats: one AVX-512 register or two AVX2 registers.
public typealias Vector = SIMD16<Float>

extension Vector {
  /// Lanes in a vector.
  @inlinable public static var width: Int { 16 }

  /// Reads sixteen floats from any address.
  @inlinable @inline(__always)
  public init(_ address: UnsafePointer<Float>) {
    self = UnsafeRawPointer(address).loadUnaligned(as: Vector.self)
  }

  /// Writes sixteen floats to any address.
  @inlinable @inline(__always)
  public func store(_ address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address).storeBytes(of: self, as: Vector.self)
  }

  /// self + a * b with one rounding if the CPU has fused multiply-add.
  @inlinable @inline(__always)
  public func multiplyAdd(_ a: Vector, _ b: Vector) -> Vector {
    akuru_multiply_add(a, b, self)
  }
}

extension SIMD16<Int32> {
  /// Reads sixteen bytes from any address.
  @inlinable @inline(__always)
  public init(bytes address: UnsafePointer<UInt8>) {
    self = akuru_widen(UnsafeRawPointer(address).loadUnaligned(as: SIMD16<UInt8>.self))
  }

  /// Writes the low bytes of the lanes to any address.
  @inlinable @inline(__always)
  public func storeBytes(_ address: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(address).storeBytes(of: akuru_narrow(self), as: SIMD16<UInt8>.self)
  }
}

/// The sum of the lanes, always added in the same order.
@inlinable @inline(__always)
public func horizontalSum(_ v: Vector) -> Float {
  let a = v.lowHalf + v.highHalf
  let b = a.lowHalf + a.highHalf
  let c = b.lowHalf + b.highHalf
  return c.x + c.y
}

/// e^x within 2 units in the last place for x in [-87, 88]; clamped outside.
///
/// x = n ln 2 + r with |r| <= ln(2) / 2; e^r is the degree-6 Cephes polynomial (Moshier), 2^n is built from its bits.
@inlinable @inline(__always)
public func exp(_ x: Vector) -> Vector {
  let magic = Vector(repeating: 12_582_912)  // 1.5 * 2^23: adding it rounds to an integer kept in the low mantissa bits
  let clamped = pointwiseMin(pointwiseMax(x, Vector(repeating: -87)), Vector(repeating: 88))
  let shifted = magic.multiplyAdd(clamped, Vector(repeating: 1.442_695_04))
  let n = shifted - magic
  var r = clamped.multiplyAdd(n, Vector(repeating: -0.693_359_375))
  r = r.multiplyAdd(n, Vector(repeating: 2.121_944_4e-4))
  var p = Vector(repeating: 1.987_569_15e-4)
  p = Vector(repeating: 1.398_199_95e-3).multiplyAdd(p, r)
  p = Vector(repeating: 8.333_451_9e-3).multiplyAdd(p, r)
  p = Vector(repeating: 4.166_579_6e-2).multiplyAdd(p, r)
  p = Vector(repeating: 1.666_666_55e-1).multiplyAdd(p, r)
  p = Vector(repeating: 5.000_000_1e-1).multiplyAdd(p, r)
  let e = (r + Vector(repeating: 1)).multiplyAdd(p, r * r)
  let exponent = (unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- 0x4B40_0000 &+ 127) &<< 23
  return e * unsafeBitCast(exponent, to: Vector.self)
}

/// ln(x) within 2 units in the last place for normal positive x (Cephes `logf`); undefined elsewhere.
@inlinable @inline(__always)
public func log(_ x: Vector) -> Vector {
  // x = 2^e * m with m in [sqrt(1/2), sqrt(2)): subtracting the bits of sqrt(1/2) carries into the exponent field.
  let bits = unsafeBitCast(x, to: SIMD16<Int32>.self) &- 0x3F35_04F3
  let e = unsafeBitCast((bits &>> 23) &+ 0x4B40_0000, to: Vector.self) - Vector(repeating: 12_582_912)
  let f = unsafeBitCast((bits & 0x007F_FFFF) &+ 0x3F35_04F3, to: Vector.self) - Vector(repeating: 1)
  var p = Vector(repeating: 7.037_683_6e-2)
  p = Vector(repeating: -1.151_461_03e-1).multiplyAdd(p, f)
  p = Vector(repeating: 1.167_699_9e-1).multiplyAdd(p, f)
  p = Vector(repeating: -1.242_014_08e-1).multiplyAdd(p, f)
  p = Vector(repeating: 1.424_932_3e-1).multiplyAdd(p, f)
  p = Vector(repeating: -1.666_805_8e-1).multiplyAdd(p, f)
  p = Vector(repeating: 2.000_071_5e-1).multiplyAdd(p, f)
  p = Vector(repeating: -2.499_999_4e-1).multiplyAdd(p, f)
  p = Vector(repeating: 3.333_333_1e-1).multiplyAdd(p, f)
  let f2 = f * f
  var y = p * f2 * f
  y = y.multiplyAdd(e, Vector(repeating: -2.121_944_4e-4))
  y = y.multiplyAdd(f2, Vector(repeating: -0.5))
  return (y + f).multiplyAdd(e, Vector(repeating: 0.693_359_375))
}

/// 1 / (1 + e^-x).
@inlinable @inline(__always)
public func sigmoid(_ x: Vector) -> Vector {
  Vector(repeating: 1) / (Vector(repeating: 1) + exp(-x))
}

/// tanh x = 1 - 2 / (1 + e^2x), absolute error below 2e-7.
@inlinable @inline(__always)
public func tanh(_ x: Vector) -> Vector {
  Vector(repeating: 1) - Vector(repeating: 2) / (Vector(repeating: 1) + exp(x + x))
}
