/// Makes dark strokes on light paper thicker or thinner: gray dilation and erosion with a cross, partially if the
/// strength is no whole number. Keeps its scratch memory between calls: one per thread.
public final class StrokeWeight {
  /// The largest strength to either side.
  public static let largestStrength: Float = 4

  /// The original values of the row above and of the row itself.
  private var above: [UInt8] = []
  private var same: [UInt8] = []

  public init() {}

  /// Reserves memory for images of up to that width.
  public func reserve(width: Int) {
    if above.count < width { above = [UInt8](repeating: 0, count: width) }
    if same.count < width { same = [UInt8](repeating: 0, count: width) }
  }

  /// Changes the strokes in place.
  ///
  /// - Parameter strength: pixels on each side of a stroke, -4...4: positive spreads ink, negative removes it. For less
  ///   than a pixel, that share of the change is applied: with -0.6, 40 % of a hairline's ink is left. Nothing becomes
  ///   darker than the darkest or lighter than the lightest pixel within the strength, rounded up.
  public func apply(to view: GrayView, strength: Float) {
    precondition(abs(strength) <= StrokeWeight.largestStrength)
    reserve(width: view.width)
    var left = Int((abs(strength) * 256).rounded())
    while left > 0 {
      step(view, share: Int32(min(256, left)), darker: strength > 0)
      left -= 256
    }
  }

  /// One step of one pixel, of which the share `share` / 256 is applied.
  private func step(_ view: GrayView, share: Int32, darker: Bool) {
    let width = view.width
    above.withUnsafeMutableBufferPointer { above in
      same.withUnsafeMutableBufferPointer { same in
        var (above, same) = (above.baseAddress!, same.baseAddress!)
        above.update(from: view.pixels, count: width)
        for y in 0..<view.height {
          let row = view.pixels + y &* width
          same.update(from: row, count: width)
          let below = y &+ 1 < view.height ? row + width : row
          // There are no pixels beyond the border: the pixel at each end has one neighbor.
          for x in 0..<width {
            let (left, right) = (same[max(0, x &- 1)], same[min(width &- 1, x &+ 1)])
            let value = same[x]
            let extreme =
              darker
              ? min(min(left, right), min(min(above[x], below[x]), value))
              : max(max(left, right), max(max(above[x], below[x]), value))
            let difference = Int32(extreme) &- Int32(value)
            row[x] = UInt8(truncatingIfNeeded: Int32(value) &+ (difference &* share &+ 128) &>> 8)
          }
          swap(&above, &same)
        }
      }
    }
  }
}
