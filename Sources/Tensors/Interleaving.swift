extension Vector {
  /// Even and odd elements of 32 consecutive floats.
  @inlinable @inline(__always)
  public static func deinterleaved(_ address: UnsafePointer<Float>) -> (even: Vector, odd: Vector) {
    deinterleaved(Vector(address), Vector(address + 16))
  }

  /// Even and odd lanes of two consecutive vectors.
  @inlinable @inline(__always)
  public static func deinterleaved(_ a: Vector, _ b: Vector) -> (even: Vector, odd: Vector) {
    (Vector(lowHalf: a.evenHalf, highHalf: b.evenHalf), Vector(lowHalf: a.oddHalf, highHalf: b.oddHalf))
  }

  /// even[0], odd[0], even[1], odd[1], ... as two consecutive vectors.
  @inlinable @inline(__always)
  public static func interleaved(_ even: Vector, _ odd: Vector) -> (Vector, Vector) {
    var (a, b) = (Vector(), Vector())
    (a.evenHalf, a.oddHalf) = (even.lowHalf, odd.lowHalf)
    (b.evenHalf, b.oddHalf) = (even.highHalf, odd.highHalf)
    return (a, b)
  }
}
