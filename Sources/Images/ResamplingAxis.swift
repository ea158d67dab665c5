/// The weights for resizing along one axis, and the two loops that apply them.
struct ResamplingAxis {
  private static let bits = 22
  private static let half: Int32 = 1 << 21

  private var input = 0
  private var output = 0
  private var filter = Resampler.Filter.bilinear
  /// The largest number of weights of one output pixel.
  private var taps = 0
  /// The first input pixel that output pixel i reads, and their number.
  private var starts: [Int] = []
  private var counts: [Int] = []
  /// output * taps integers; those of one pixel sum to about 2^22, and their absolute values to less than 1.5 * 2^22.
  private var weights: [Int32] = []
  private var scratch: [Double] = []

  /// Reserves memory for axes of up to `size` pixels, made smaller to any part of it or larger again.
  mutating func reserve(size: Int) {
    (input, output) = (0, 0)
    if starts.count < size {
      starts = [Int](repeating: 0, count: size)
      counts = starts
    }
    // An axis of s * size pixels has at most 2 / s + 3 weights a pixel.
    if weights.count < 5 * size { weights = [Int32](repeating: 0, count: 5 * size) }
    if scratch.count < 2 * size + 3 { scratch = [Double](repeating: 0, count: 2 * size + 3) }
  }

  /// Computes the weights, unless they are already computed. An output pixel i has its center at (i + 1/2) * input /
  /// output and covers max(1, input / output) input pixels to either side; with Lanczos' filter, three times as many.
  mutating func prepare(from input: Int, to output: Int, filter: Resampler.Filter) {
    if input == self.input && output == self.output && filter == self.filter { return }
    (self.input, self.output, self.filter) = (input, output, filter)
    let scale = Double(input) / Double(output)
    let width = max(scale, 1)
    let support = width * filter.support
    taps = Int(support.rounded(.up)) * 2 + 1
    let slope = 1 / width
    if starts.count < output {
      starts = [Int](repeating: 0, count: output)
      counts = starts
    }
    if weights.count < output * taps { weights = [Int32](repeating: 0, count: output * taps) }
    if scratch.count < taps { scratch = [Double](repeating: 0, count: taps) }
    for i in 0..<output {
      let center = (Double(i) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5))
      let count = min(input, Int(center + support + 0.5)) - first
      var sum = 0.0
      for t in 0..<count {
        let weight = filter.weight(at: (Double(t + first) - center + 0.5) * slope)
        scratch[t] = weight
        sum += weight
      }
      for t in 0..<count {
        let weight = scratch[t] / sum * Double(1 << ResamplingAxis.bits)
        weights[i * taps + t] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      (starts[i], counts[i]) = (first, count)
    }
  }

  /// Resizes along rows: `destination` has the height of `source`. Four rows at a time share the loads of the weights.
  func resizeRows(of source: GrayView, into destination: GrayView) {
    starts.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          let tables = Tables(starts: starts.baseAddress!, counts: counts.baseAddress!, weights: weights.baseAddress!)
          var y = 0
          while y + 4 <= source.height {
            fourRows(of: source, into: destination, from: y, tables)
            y += 4
          }
          while y < source.height {
            oneRow(of: source, into: destination, y, tables)
            y += 1
          }
        }
      }
    }
  }

  /// Resizes along columns: `destination` has the width of `source`, and `sums` has room for a row.
  func resizeColumns(of source: GrayView, into destination: GrayView, sums: UnsafeMutablePointer<Int32>) {
    let width = source.width
    for y in 0..<output {
      sums.update(repeating: ResamplingAxis.half, count: width)
      for t in 0..<counts[y] {
        let weight = weights[y &* taps &+ t]
        let row = source.pixels + (starts[y] &+ t) &* width
        for x in 0..<width { sums[x] = sums[x] &+ weight &* Int32(row[x]) }
      }
      let target = destination.pixels + y &* width
      for x in 0..<width { target[x] = ResamplingAxis.pixel(sums[x]) }
    }
  }

  private struct Tables {
    let starts: UnsafePointer<Int>
    let counts: UnsafePointer<Int>
    let weights: UnsafePointer<Int32>
  }

  private func fourRows(of source: GrayView, into destination: GrayView, from y: Int, _ tables: Tables) {
    let stride = source.width
    let rows = source.pixels + y &* stride
    let target = destination.pixels + y &* output
    for x in 0..<output {
      let weights = tables.weights + x &* taps
      let first = rows + tables.starts[x]
      var (a, b, c, d) = (ResamplingAxis.half, ResamplingAxis.half, ResamplingAxis.half, ResamplingAxis.half)
      for t in 0..<tables.counts[x] {
        let weight = weights[t]
        let column = first + t
        a = a &+ weight &* Int32(column[0])
        b = b &+ weight &* Int32(column[stride])
        c = c &+ weight &* Int32(column[2 &* stride])
        d = d &+ weight &* Int32(column[3 &* stride])
      }
      target[x] = ResamplingAxis.pixel(a)
      target[x &+ output] = ResamplingAxis.pixel(b)
      target[x &+ 2 &* output] = ResamplingAxis.pixel(c)
      target[x &+ 3 &* output] = ResamplingAxis.pixel(d)
    }
  }

  private func oneRow(of source: GrayView, into destination: GrayView, _ y: Int, _ tables: Tables) {
    let row = source.pixels + y &* source.width
    let target = destination.pixels + y &* output
    for x in 0..<output {
      let weights = tables.weights + x &* taps
      let first = row + tables.starts[x]
      var sum = ResamplingAxis.half
      for t in 0..<tables.counts[x] { sum = sum &+ weights[t] &* Int32(first[t]) }
      target[x] = ResamplingAxis.pixel(sum)
    }
  }

  @inline(__always)
  private static func pixel(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(sum &>> Int32(bits), 255)))
  }
}
