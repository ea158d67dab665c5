import Tensors

/// Sums over the taps of a convolution of one channel: of what each tap reads, and of the products of two taps, over all places of the
/// convolution. They give mean and variance of every output channel, and what its gradient needs of them, without a look at the outputs. The
/// variance is the mean square minus the square of the mean, so its relative error grows with their quotient, from that of a Float line sum.
struct TapMoments {
  /// The number of places: values of an output channel in images.
  private var population = 0.0
  /// [taps].
  private(set) var sums: [Double]
  /// [taps, taps], symmetric.
  private(set) var products: [Double]
  /// [taps]: the products of one tap with those of its line of the kernel and of the lines below.
  private var partial: [Double]

  init(taps: Int) {
    sums = Array(repeating: 0, count: taps)
    products = Array(repeating: 0, count: taps * taps)
    partial = sums
  }

  private static func clear(_ numbers: inout [Double]) { for i in numbers.indices { numbers[i] = 0 } }

  /// Measures the padded input of a convolution that passes its lines to a pool. A line's sums are in Float lanes, over lines in Double.
  mutating func measure(_ convolution: Convolution, _ source: UnsafePointer<Float>) {
    let (kernel, padding) = (convolution.kernel, convolution.padding)
    let (columns, height) = (convolution.input.layout.stride, convolution.input.height)
    let (lines, taps) = (convolution.ownHeight(height), convolution.taps)
    population = Double(convolution.lineLayout.validColumns * lines)
    TapMoments.clear(&sums)
    TapMoments.clear(&products)
    for line in 0..<height {
      for kx in 0..<kernel.width {
        let sum = measure(convolution, source + line * columns, kx, lines: min(kernel.height, height - line))
        for ky in 0..<kernel.height where (0..<lines).contains(line - ky + padding.height) {
          let tap = ky * kernel.width + kx
          sums[tap] += sum
          for i in 0..<taps - ky * kernel.width { products[tap * taps + ky * kernel.width + i] += partial[i] }
        }
      }
    }
    for tap in 0..<taps {
      for other in 0..<tap / kernel.width * kernel.width { products[tap * taps + other] = products[other * taps + tap] }
    }
  }

  /// Writes ``partial`` for one line of the input, which a tap in column `kx` of the kernel reads; `lines` counts it and the lines below it
  /// that a kernel reaches. Returns the sum of what that tap reads.
  private mutating func measure(
    _ convolution: Convolution, _ line: UnsafePointer<Float>, _ kx: Int, lines: Int
  ) -> Double {
    let (kernel, padding) = (convolution.kernel, convolution.padding)
    let (columns, block) = (convolution.input.layout.stride, convolution.pooledBlock)
    let (masked, mask) = (convolution.pooledLines, convolution.lineLayout.mask.base)
    var sum = 0.0
    TapMoments.clear(&partial)
    for x in stride(from: 0, to: columns, by: block) {
      let count = min(block, columns - x)
      maskLine(line + x + kx - padding.width, mask + x, masked, count: count)
      sum += Double(lineSum(masked, count: count))
      convolution.offsets.withUnsafeBufferPointer { offsets in
        partial.withUnsafeMutableBufferPointer { partial in
          correlateWeights(
            line + x + padding.height * columns, offsets.baseAddress!, lines * kernel.width, rowTaps: kernel.width,
            masked,
            partial.baseAddress!, count: count)
        }
      }
    }
    return sum
  }

  /// Mean and biased variance of the outputs of a kernel.
  func outputs(of kernel: UnsafePointer<Float>) -> (mean: Float, variance: Double) {
    var (mean, square) = (0.0, 0.0)
    for tap in sums.indices {
      mean += Double(kernel[tap]) * sums[tap] / population
      square += Double(kernel[tap]) * productSum(kernel, tap) / population
    }
    return (Float(mean), max(square - mean * mean, 0))
  }

  /// The sum of a kernel's outputs times what a tap reads.
  func productSum(_ kernel: UnsafePointer<Float>, _ tap: Int) -> Double {
    var sum = 0.0
    for other in sums.indices { sum += Double(kernel[other]) * products[tap * sums.count + other] }
    return sum
  }
}

/// target = source, zero where mask is.
@inline(never)
private func maskLine(
  _ source: UnsafePointer<Float>, _ mask: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, count: Int
) {
  for x in stride(from: 0, to: count, by: Vector.width) { keep(Vector(source + x), Vector(mask + x)).store(target + x) }
}
