// Rows whose length is no multiple of sixteen end in a partial vector. Both operations access sixteen floats of memory,
// which the slack after every Storage makes safe; lanes past the row's end keep their values.

extension Vector {
  /// 0, 1, ... 15.
  @inlinable @inline(__always)
  public static var lanes: Vector { Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }

  /// Reads the first `count` lanes from any address; the others become `fill`.
  @inlinable @inline(__always)
  public init(_ address: UnsafePointer<Float>, first count: Int, fill: Float) {
    self = Vector(repeating: fill).replacing(with: Vector(address), where: Vector.lanes .< Float(count))
  }

  /// Writes the first `count` lanes to any address.
  @inlinable @inline(__always)
  public func store(_ address: UnsafeMutablePointer<Float>, first count: Int) {
    Vector(address).replacing(with: self, where: Vector.lanes .< Float(count)).store(address)
  }
}
