/// The sum of squares of floats, in sixteen lanes of Double, in which squares are exact; the lanes are added in a fixed order. The bits depend
/// on the values only, not on how they come in parts.
public struct SquareSum {
  private var (low, high) = (SIMD8<Double>.zero, SIMD8<Double>.zero)

  public init() {}

  /// Adds `count` floats, a multiple of 16.
  public mutating func add(_ values: UnsafePointer<Float>, count: Int) {
    var i = 0
    while i < count {
      let floats = Vector(values + i)
      add(SIMD8<Double>(floats.lowHalf), SIMD8<Double>(floats.highHalf))
      i += Vector.width
    }
  }

  @inline(__always)
  mutating func add(_ eight: SIMD8<Double>, _ next: SIMD8<Double>) {
    low += eight * eight
    high += next * next
  }

  /// The sum so far.
  public var total: Double {
    let eight = low + high
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
