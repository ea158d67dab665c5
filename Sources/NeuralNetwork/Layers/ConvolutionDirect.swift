import Tensors

// Convolution of one input channel, without gathering columns: its kernel has so few weights that a GEMM would spend its
// time packing.
//
// The input is copied once into scratch, with zero lines above and below and 16 zeros at both ends. From there every tap
// is a constant offset: output[j] = sum over taps of weight[tap] * padded[j + offset[tap]], with j running flat over the
// lines. Horizontal padding is the zero columns between images. The input's gradient is the same computation on padded
// planes of the output's gradient with the offsets negated.

/// Columns per pass: the lines a pass reads and writes stay in the first-level cache.
private let block = 1024
/// Zeros before and behind a padded plane, for horizontal offsets.
private let margin = 16

extension Convolution {
  private var taps: Int { kernel.height * kernel.width }
  private var plane: Int { input.height * input.layout.stride }
  private var outputPlane: Int { output.height * input.layout.stride }
  /// Floats before the first line of a padded plane of the input, and behind its last.
  private var rim: Int { padding.height * input.layout.stride + margin }
  /// The same for the output's gradient.
  private var outputRim: Int { (kernel.height - 1 - padding.height) * input.layout.stride + margin }

  var directScratchCount: Int {
    let backward = inputGradient == nil ? 0 : outputs * (outputPlane + 2 * outputRim)
    return max(plane + 2 * rim, backward)
  }

  /// Writes padded planes of `source` into scratch and the taps' offsets; returns the place of the first plane's first line.
  private func pad(
    _ source: UnsafePointer<Float>, planes: Int, count: Int, rim: Int, direction: Int
  ) -> UnsafePointer<Float> {
    let pitch = count + 2 * rim
    offsets.removeAll(keepingCapacity: true)
    for plane in 0..<planes {
      let target = scratch.pointer + plane * pitch
      target.update(repeating: 0, count: rim)
      (target + rim).update(from: source + plane * count, count: count)
      (target + rim + count).update(repeating: 0, count: rim)
      for y in 0..<kernel.height {
        for x in 0..<kernel.width {
          let shift = (y - padding.height) * input.layout.stride + x - padding.width
          offsets.append(plane * pitch + direction * shift)
        }
      }
    }
    return UnsafePointer(scratch.pointer + rim)
  }

  func forwardDirect() {
    let (columns, plane) = (input.layout.stride, outputPlane)
    let source = pad(input.value.pointer, planes: 1, count: self.plane, rim: rim, direction: 1)
    let (weights, biases, target) = (weight.value.pointer, bias?.value.pointer, output.value.pointer)
    let (mask, taps, height, relu) = (output.layout.mask.base, taps, output.height, relu)
    offsets.withUnsafeBufferPointer { offsets in
      let offsets = offsets.baseAddress!
      for y in 0..<height {
        for x in stride(from: 0, to: columns, by: block) {
          let (count, place) = (min(block, columns - x), y * columns + x)
          var channel = 0
          while channel < outputs {
            let (first, row) = (weights + channel * taps, target + channel * plane + place)
            let channels = channel + 4 <= outputs ? 4 : 1
            if channels == 4 {
              correlateFour(source + place, offsets, taps, first, row, pitch: plane, count: count)
            } else {
              correlate(source + place, offsets, taps, first, row, count: count)
            }
            for i in 0..<channels {
              finishColumns(
                row + i * plane, bias: biases?[channel + i] ?? 0, relu: relu, mask: mask + x, count: count)
            }
            channel += channels
          }
        }
      }
    }
  }

  func backwardDirect() {
    let (columns, plane, taps) = (input.layout.stride, outputPlane, taps)
    let (value, gradient) = (output.value.pointer, output.gradient!.pointer)
    let source = pad(input.value.pointer, planes: 1, count: self.plane, rim: rim, direction: 1)
    sums.withUnsafeMutableBufferPointer { sums in
      let (biasSums, weightSums) = (sums.baseAddress!, sums.baseAddress! + outputs)
      offsets.withUnsafeBufferPointer { offsets in
        for place in stride(from: 0, to: plane, by: block) {
          let count = min(block, plane - place)
          for channel in 0..<outputs {
            let j = channel * plane + place
            receiveGradient(gradient + j, value: value + j, count: count, biasSum: &biasSums[channel])
            correlateWeights(
              source + place, offsets.baseAddress!, taps, rowTaps: kernel.width, gradient + j,
              weightSums + channel * taps, count: count)
          }
        }
      }
      let weightGradient = weight.gradient.pointer
      for i in 0..<outputs * taps { weightGradient[i] += Float(weightSums[i]) }
    }
    guard let inputGradient else { return }
    let planes = pad(gradient, planes: outputs, count: plane, rim: outputRim, direction: -1)
    let (weights, mask, target) = (weight.value.pointer, input.layout.mask.base, inputGradient.pointer)
    offsets.withUnsafeBufferPointer { offsets in
      for y in 0..<input.height {
        for x in stride(from: 0, to: columns, by: block) {
          let (count, place) = (min(block, columns - x), y * columns + x)
          correlate(planes + place, offsets.baseAddress!, offsets.count, weights, target + place, count: count)
          finishColumns(target + place, bias: 0, relu: false, mask: mask + x, count: count)
        }
      }
    }
  }
}

/// target[x] = sum over taps of weights[tap] * source[x + offsets[tap]].
@inline(never)
private func correlate(
  _ source: UnsafePointer<Float>, _ offsets: UnsafePointer<Int>, _ taps: Int, _ weights: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, count: Int
) {
  let zero = Vector(repeating: 0)
  var x = 0
  while x + 64 <= count {
    var (a, b, c, d) = (zero, zero, zero, zero)
    for tap in 0..<taps {
      let (weight, place) = (Vector(repeating: weights[tap]), source + x + offsets[tap])
      a = a.multiplyAdd(weight, Vector(place))
      b = b.multiplyAdd(weight, Vector(place + 16))
      c = c.multiplyAdd(weight, Vector(place + 32))
      d = d.multiplyAdd(weight, Vector(place + 48))
    }
    a.store(target + x)
    b.store(target + x + 16)
    c.store(target + x + 32)
    d.store(target + x + 48)
    x += 64
  }
  while x < count {
    var a = zero
    for tap in 0..<taps { a = a.multiplyAdd(Vector(repeating: weights[tap]), Vector(source + x + offsets[tap])) }
    a.store(target + x)
    x += 16
  }
}

/// ``correlate`` for four output channels at once: each input vector is loaded once for four products.
@inline(never)
private func correlateFour(
  _ source: UnsafePointer<Float>, _ offsets: UnsafePointer<Int>, _ taps: Int, _ weights: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, pitch: Int, count: Int
) {
  let zero = Vector(repeating: 0)
  let (second, third, fourth) = (weights + taps, weights + 2 * taps, weights + 3 * taps)
  for x in stride(from: 0, to: count, by: Vector.width) {
    var (a, b, c, d) = (zero, zero, zero, zero)
    for tap in 0..<taps {
      let v = Vector(source + x + offsets[tap])
      a = a.multiplyAdd(Vector(repeating: weights[tap]), v)
      b = b.multiplyAdd(Vector(repeating: second[tap]), v)
      c = c.multiplyAdd(Vector(repeating: third[tap]), v)
      d = d.multiplyAdd(Vector(repeating: fourth[tap]), v)
    }
    a.store(target + x)
    b.store(target + x + pitch)
    c.store(target + x + 2 * pitch)
    d.store(target + x + 3 * pitch)
  }
}

/// Adds to sums[tap] the dot product of `gradient` with `source` shifted by offsets[tap]. The taps of a kernel row read
/// consecutive places; rows of three share the loads of the gradient.
@inline(never)
private func correlateWeights(
  _ source: UnsafePointer<Float>, _ offsets: UnsafePointer<Int>, _ taps: Int, rowTaps: Int,
  _ gradient: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Double>, count: Int
) {
  var tap = 0
  while rowTaps == 3 && tap < taps {
    let place = source + offsets[tap]
    var (a, b, c) = (Vector(repeating: 0), Vector(repeating: 0), Vector(repeating: 0))
    for x in stride(from: 0, to: count, by: Vector.width) {
      let g = Vector(gradient + x)
      a = a.multiplyAdd(g, Vector(place + x))
      b = b.multiplyAdd(g, Vector(place + x + 1))
      c = c.multiplyAdd(g, Vector(place + x + 2))
    }
    sums[tap] += Double(horizontalSum(a))
    sums[tap + 1] += Double(horizontalSum(b))
    sums[tap + 2] += Double(horizontalSum(c))
    tap += 3
  }
  while tap < taps {
    let place = source + offsets[tap]
    var a = Vector(repeating: 0)
    for x in stride(from: 0, to: count, by: Vector.width) { a = a.multiplyAdd(Vector(gradient + x), Vector(place + x)) }
    sums[tap] += Double(horizontalSum(a))
    tap += 1
  }
}
