import Tensors

/// What line images from elsewhere have: ink of neighboring lines, rules, few pixels. Keeps its scratch memory between calls: one per
/// thread.
public final class WorldEffects {
  private let resampler = Resampler()
  private var scratch: [UInt8] = []

  public init() {}

  /// Reserves memory for images of up to that size.
  public func reserve(width: Int, height: Int) {
    makeRoom(width * height)
    resampler.reserve(width: width, height: height)
  }

  private func makeRoom(_ count: Int) {
    if scratch.count < count { scratch = [UInt8](repeating: 255, count: count) }
  }

  /// Puts the last `rows` rows of the ink to the upper edge and the first ones to the lower edge, each or both, moved sideways. Ink only
  /// becomes darker.
  /// - Parameter ink: the rows with ink; not empty.
  public func addNeighbors(to view: GrayView, ink: Range<Int>, rows: Int, _ random: inout KeyedRandom) {
    let rows = min(rows, ink.count, view.height / 2)
    let side = random.integer(below: 3)  // above, below, both
    let (moveUp, moveDown) = (random.integer(below: view.width), random.integer(below: view.width))
    makeRoom(2 * rows * view.width)
    for y in 0..<rows {
      for x in 0..<view.width {
        scratch[y * view.width + x] = view.pixels[(ink.upperBound - rows + y) * view.width + (x + moveUp) % view.width]
        scratch[(rows + y) * view.width + x] =
          view.pixels[(ink.lowerBound + y) * view.width + (x + moveDown) % view.width]
      }
    }
    for y in 0..<rows {
      let (upper, lower) = (view.pixels + y * view.width, view.pixels + (view.height - rows + y) * view.width)
      for x in 0..<view.width {
        if side != 1 { upper[x] = min(upper[x], scratch[y * view.width + x]) }
        if side != 0 { lower[x] = min(lower[x], scratch[(rows + y) * view.width + x]) }
      }
    }
  }

  /// Draws straight lines of one or two pixels along some of the four edges, at most `distance` pixels away. Images of fewer than 8
  /// rows or columns get none.
  public func addRules(to view: GrayView, distance: Int, _ random: inout KeyedRandom) {
    guard min(view.width, view.height) >= 8 else { return }
    let ink = UInt8(random.integer(below: 128))
    for edge in 0..<4 where random.chance(0.5) {
      let across = edge < 2
      let size = across ? view.height : view.width
      let thickness = min(1 + random.integer(below: 2), size / 8)
      let away = min(random.integer(below: distance + 1), size - thickness)
      let start = edge % 2 == 0 ? away : size - away - thickness
      if across {
        view.fill(x: 0..<view.width, y: start..<start + thickness, with: ink)
      } else {
        view.fill(x: start..<start + thickness, y: 0..<view.height, with: ink)
      }
    }
  }

  /// Makes the image smaller by `scale`, 0...1, and as large as before.
  public func resample(_ view: GrayView, scale: Float) {
    let width = max(1, Int((Float(view.width) * scale).rounded()))
    let height = max(1, Int((Float(view.height) * scale).rounded()))
    guard width < view.width || height < view.height else { return }
    makeRoom(width * height)
    scratch.withUnsafeMutableBufferPointer {
      let small = GrayView(width: width, height: height, pixels: $0.baseAddress!)
      resampler.resize(view, into: small)
      resampler.resize(small, into: view)
    }
  }
}

extension GrayView {
  /// The gray of the paper: the value that a quarter of the pixels exceeds. Allocates nothing: 1,024 bytes are taken from the stack.
  public var paperValue: UInt8 {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { counts in
      counts.initialize(repeating: 0)
      for i in 0..<count { counts[Int(pixels[i])] += 1 }
      var left = Int32(count - count / 4)
      for value in 0..<256 {
        left -= counts[value]
        if left <= 0 { return UInt8(value) }
      }
      return 255
    }
  }

  /// Makes paper white and ink black, with a short passage between them.
  /// - Parameter threshold: where ink begins, from the image's darkest value, 0, to its lightest, 1.
  public func separateInk(at threshold: Float) {
    var (darkest, lightest) = (UInt8.max, UInt8.min)
    for i in 0..<count { (darkest, lightest) = (min(darkest, pixels[i]), max(lightest, pixels[i])) }
    let range = Int(lightest) - Int(darkest)
    guard range >= 16 else { return }
    let middle = Int(darkest) + Int((Float(range) * threshold).rounded())
    for i in 0..<count {
      // From black to white in a quarter of the range.
      pixels[i] = UInt8(max(0, min(255, 128 + (Int(pixels[i]) - middle) * 1020 / range)))
    }
  }
}
