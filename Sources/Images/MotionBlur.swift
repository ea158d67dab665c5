/// Blurs gray images along a straight line, as by a moving camera or page. Weights are integers that sum to 2^16
/// exactly, so a uniform area keeps its value. Keeps its scratch memory between calls: one per thread.
public final class MotionBlur {
  /// The longest path, horizontally and vertically, in pixels.
  public static let longestWay: Float = 16

  private struct Tap {
    let x, y: Int
    var weight: UInt32
  }
  private var taps: [Tap] = []
  /// Weights of the taps in a square of `side`.
  private var weights: [Float] = []
  /// The image, extended by `reach` pixels on each side.
  private var padded: [UInt8] = []
  private var sums: [UInt32] = []

  public init() {}

  /// Reserves memory for images of up to that size and paths of up to that length.
  public func reserve(width: Int, height: Int, length: Float) {
    let reach = reach(length)
    weights.reserveCapacity((2 * reach + 1) * (2 * reach + 1))
    taps.reserveCapacity(weights.capacity)
    makeRoom(width: width, height: height, reach: reach)
  }

  /// Blurs in place, along a path from half of (x, y) before each pixel to half of it after; |x|, |y| <= 16 pixels.
  /// Pixels beyond the border repeat the border.
  public func apply(to view: GrayView, x: Float, y: Float) {
    precondition(max(abs(x), abs(y)) <= MotionBlur.longestWay)
    let reach = reach(max(abs(x), abs(y)))
    prepare(x, y, reach)
    makeRoom(width: view.width, height: view.height, reach: reach)
    let (width, height) = (view.width, view.height)
    let stride = width + 2 * reach
    padded.withUnsafeMutableBufferPointer { padded in
      let padded = padded.baseAddress!
      for y in 0..<height + 2 * reach {
        let (row, source) = (padded + y * stride, view.pixels + min(height - 1, max(0, y - reach)) * width)
        row.update(repeating: source[0], count: reach)
        (row + reach).update(from: source, count: width)
        (row + reach + width).update(repeating: source[width - 1], count: reach)
      }
      sums.withUnsafeMutableBufferPointer { sums in
        let sums = sums.baseAddress!
        for y in 0..<height {
          for x in 0..<width { sums[x] = 32_768 }
          for tap in taps {
            let offset: Int = (y + reach + tap.y) * stride + reach + tap.x
            let weight: UInt32 = tap.weight
            let source = padded + offset
            for x in 0..<width { sums[x] = sums[x] &+ weight &* UInt32(source[x]) }
          }
          let row = view.pixels + y &* width
          for x in 0..<width { row[x] = UInt8(truncatingIfNeeded: sums[x] &>> 16) }
        }
      }
    }
  }

  private func reach(_ length: Float) -> Int { Int((length / 2).rounded(.up)) + 1 }

  /// Computes the weights of points along the path, at most a pixel apart, each spread over the four pixels around it.
  private func prepare(_ x: Float, _ y: Float, _ reach: Int) {
    let side = 2 * reach + 1
    weights.removeAll(keepingCapacity: true)
    for _ in 0..<side * side { weights.append(0) }
    let points = max(2, Int(max(abs(x), abs(y)).rounded(.up)) + 1)
    for i in 0..<points {
      let t = Float(i) / Float(points - 1) - 0.5
      let (u, v) = (t * x + Float(reach), t * y + Float(reach))
      let (column, row) = (Int(u), Int(v))
      let (s, t1) = (u - Float(column), v - Float(row))
      let at = row * side + column
      weights[at] += (1 - s) * (1 - t1)
      weights[at + 1] += s * (1 - t1)
      weights[at + side] += (1 - s) * t1
      weights[at + side + 1] += s * t1
    }
    taps.removeAll(keepingCapacity: true)
    var (sum, heaviest) = (0, 0)
    for i in 0..<side * side where weights[i] > 0 {
      let weight = UInt32((weights[i] / Float(points) * 65_536).rounded())
      taps.append(Tap(x: i % side - reach, y: i / side - reach, weight: weight))
      sum += Int(weight)
      if weight > taps[heaviest].weight { heaviest = taps.count - 1 }
    }
    taps[heaviest].weight = UInt32(Int(taps[heaviest].weight) + 65_536 - sum)
  }

  private func makeRoom(width: Int, height: Int, reach: Int) {
    let count = (width + 2 * reach) * (height + 2 * reach)
    if padded.count < count { padded = [UInt8](repeating: 0, count: count) }
    if sums.count < width { sums = [UInt32](repeating: 0, count: width) }
  }
}
