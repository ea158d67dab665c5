/// The sum of squares of floats, in sixteen lanes of Double, in which squares are exact; the lanes are added in a fixed order. The bits depend
/// on the values only, and not on the parts, multiples of 16, in which one sum gets them.
public struct SquareSum {
  private var lanes = (SIMD8<Double>.zero, SIMD8<Double>.zero)

  public init() {}

  /// Adds `count` floats, a multiple of 16.
  public mutating func add(_ values: UnsafePointer<Float>, count: Int) {
    var i = 0
    while i < count {
      let floats = Vector(values + i)
      let (low, high) = (SIMD8<Double>(floats.lowHalf), SIMD8<Double>(floats.highHalf))
      lanes.0 += low * low
      lanes.1 += high * high
      i += Vector.width
    }
  }

  /// All sixteen lanes.
  mutating func withLanes(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    withUnsafeMutablePointer(to: &lanes) { $0.withMemoryRebound(to: Double.self, capacity: 16, body) }
  }

  /// The sum so far.
  public var total: Double {
    let eight = lanes.0 + lanes.1
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
