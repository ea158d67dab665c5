import Tensors

// Convolution of one input channel, without gathering columns: its kernel has so few weights that a GEMM would spend
// its time packing.
//
// The input is copied once into scratch memory, with zero lines above and below and 16 zeros at both ends. Every tap is
// then a constant offset: output[j] = sum over taps of weight[tap] * padded[j + offset[tap]], where j runs over all
// lines. Horizontal padding is the zero columns between images. The input's gradient is the same computation on padded
// planes of the output's gradient with the offsets negated. Before a pool, both lines of a window are computed into
// scratch memory, some columns at a time, and pooled from there.

/// Columns per pass: the lines of a pass stay in the first-level cache.
private let block = 1024
/// Zeros before and after a padded plane, for horizontal offsets.
private let margin = 16
/// Output channels that are computed at once.
private let group = 4

extension Convolution {
  var taps: Int { kernel.height * kernel.width }
  private var plane: Int { input.height * input.layout.stride }
  private var outputPlane: Int { lines * input.layout.stride }
  /// Floats before the first line of a padded plane of the input, and after its last.
  private var rim: Int { padding.height * input.layout.stride + margin }
  /// The same for the output's gradient. An odd last line that a pool drops is part of the rim.
  private var outputRim: Int { kernel.height * input.layout.stride + margin }
  /// Columns per pass before a pool.
  var pooledBlock: Int { min(block / 2, input.layout.stride) }
  /// Floats of one line before the pool.
  private var linePitch: Int { pooledBlock + margin }

  // Scratch memory: the padded planes, then the lines before the pool, then the gradients of one line of four kernels.

  private var paddedCount: Int {
    max(plane + 2 * rim, inputGradient == nil ? 0 : outputs * (outputPlane + 2 * outputRim))
  }
  var directScratchCount: Int { paddedCount + (pooling == nil ? 0 : 2 * group * linePitch + 3 * group) }
  var pooledLines: UnsafeMutablePointer<Float> { scratch.pointer + paddedCount }

  private var tapSums: UnsafeMutablePointer<Float> { pooledLines + 2 * group * linePitch }

  /// Zeroes the rims of padded planes in scratch and writes the taps' offsets; returns the first plane's first line.
  private func pad(planes: Int, count: Int, rim: Int, direction: Int) -> UnsafeMutablePointer<Float> {
    let pitch = count + 2 * rim
    offsets.removeAll(keepingCapacity: true)
    for plane in 0..<planes {
      let target = scratch.pointer + plane * pitch
      target.update(repeating: 0, count: rim)
      (target + rim + count).update(repeating: 0, count: rim)
      for y in 0..<kernel.height {
        for x in 0..<kernel.width {
          let shift = (y - padding.height) * input.layout.stride + x - padding.width
          offsets.append(plane * pitch + direction * shift)
        }
      }
    }
    return scratch.pointer + rim
  }

  /// The padded input.
  func padInput() -> UnsafePointer<Float> {
    let source = pad(planes: 1, count: plane, rim: rim, direction: 1)
    source.update(from: input.value.pointer, count: plane)
    return UnsafePointer(source)
  }

  /// Calls `body` for some columns at a time, which are selected for the pool.
  private func forEachBlock(_ pooling: Pooling, _ body: (_ x: Int, _ count: Int) -> Void) {
    let columns = input.layout.stride
    var x = 0
    while x < columns {
      let cut = pooling.cut(at: min(columns, x + pooledBlock))
      pooling.select(x..<cut)
      body(x, cut - x)
      x = cut
    }
  }

  func forwardDirect() { forwardDirect(padInput()) }

  /// The forward pass, from the result of ``padInput()``.
  func forwardDirect(_ source: UnsafePointer<Float>) {
    let (columns, plane) = (input.layout.stride, outputPlane)
    let (biases, target, mask) = (bias?.value.pointer, output.value.pointer, output.layout.mask.base)
    if let pooling {
      let (first, pitch) = (pooledLines, linePitch)
      let second = first + group * pitch
      forEachBlock(pooling) { x, count in
        for y in 0..<output.height {
          let line = source + 2 * y * columns + x
          forEachGroup { channel, channels in
            correlate(line, channel: channel, channels, first, pitch: pitch, count: count)
            correlate(line + columns, channel: channel, channels, second, pitch: pitch, count: count)
            for i in 0..<channels {
              pooling.pool(first + i * pitch, second + i * pitch, map(channel + i), channel: channel + i, y: y)
            }
          }
        }
      }
      return
    }
    for y in 0..<output.height {
      for x in stride(from: 0, to: columns, by: block) {
        let (count, place) = (min(block, columns - x), y * columns + x)
        forEachGroup { channel, channels in
          let row = target + channel * plane + place
          correlate(source + place, channel: channel, channels, row, pitch: plane, count: count)
          for i in 0..<channels {
            finishColumns(
              row + i * plane, bias: biases?[channel + i] ?? 0, relu: relu, mask: mask + x, count: count)
          }
        }
      }
    }
  }

  /// Calls `body` for four output channels at a time, then one by one.
  private func forEachGroup(_ body: (_ channel: Int, _ channels: Int) -> Void) {
    var channel = 0
    while channel < outputs {
      let channels = channel + group <= outputs ? group : 1
      body(channel, channels)
      channel += channels
    }
  }

  /// One line of `channels` output channels (four or one), without bias.
  private func correlate(
    _ source: UnsafePointer<Float>, channel: Int, _ channels: Int, _ target: UnsafeMutablePointer<Float>, pitch: Int,
    count: Int
  ) {
    let weights = weight.value.pointer + channel * taps
    offsets.withUnsafeBufferPointer { offsets in
      if channels == group {
        correlateFour(source, offsets.baseAddress!, taps, weights, target, pitch: pitch, count: count)
      } else {
        correlateOne(source, offsets.baseAddress!, taps, weights, target, count: count)
      }
    }
  }

  func backwardDirect() {
    sumGradientsDirect()
    let weightGradient = weight.gradient.pointer
    for i in 0..<outputs * taps { weightGradient[i] += Float(sums[outputs + i]) }
    if let inputGradient { backwardDirect(into: inputGradient) }
  }

  /// Adds up the gradients of biases and weights.
  func sumGradientsDirect() {
    if let pooling { return sumGradientsDirect(before: pooling) }
    let (plane, taps, source) = (outputPlane, taps, padInput())
    let (value, gradient) = (output.value.pointer, output.gradient!.pointer)
    sums.withUnsafeMutableBufferPointer { sums in
      let (biasSums, weightSums) = (sums.baseAddress!, sums.baseAddress! + outputs)
      offsets.withUnsafeBufferPointer { offsets in
        for place in stride(from: 0, to: plane, by: block) {
          let count = min(block, plane - place)
          pollProgress()
          for channel in 0..<outputs {
            let j = channel * plane + place
            receiveGradient(gradient + j, value: value + j, count: count, biasSum: &biasSums[channel])
            correlateWeights(
              source + place, offsets.baseAddress!, taps, rowTaps: kernel.width, gradient + j,
              weightSums + channel * taps, count: count)
          }
        }
      }
    }
  }

  /// The same before a pool: the gradients of four channels at a time are made again from those of the pool, two lines of each.
  private func sumGradientsDirect(before pooling: Pooling) {
    let (columns, source, height) = (input.layout.stride, padInput(), output.height)
    let (lines, pitch, taps, outputs) = (pooledLines, linePitch, taps, outputs)
    sums.withUnsafeMutableBufferPointer { sums in
      let (biasSums, weightSums) = (sums.baseAddress!, sums.baseAddress! + outputs)
      forEachBlock(pooling) { x, count in
        let filled = Storage.padded(count)
        for y in 0..<height {
          pollProgress()
          forEachGroup { channel, channels in
            for i in 0..<channels {
              let (first, second) = (lines + i * pitch, lines + (group + i) * pitch)
              pooling.unpool(channel: channel + i, y: y, into: first, second)
              biasSums[channel + i] +=
                Double(lineSum(first, count: filled)) + Double(lineSum(second, count: filled))
            }
            for line in 0..<2 {
              addWeightGradients(
                channels, lines + line * group * pitch, source + (2 * y + line) * columns + x, count: filled,
                to: weightSums + channel * taps)
            }
          }
        }
      }
    }
  }

  /// Adds the weight gradients of one line of `channels` output channels (four or one), before a pool.
  private func addWeightGradients(
    _ channels: Int, _ gradients: UnsafePointer<Float>, _ source: UnsafePointer<Float>, count: Int,
    to sums: UnsafeMutablePointer<Double>
  ) {
    let (taps, pitch, partial) = (taps, linePitch, tapSums)
    offsets.withUnsafeBufferPointer { offsets in
      guard kernel.width == 3 else {
        for i in 0..<channels {
          correlateWeights(
            source, offsets.baseAddress!, taps, rowTaps: kernel.width, gradients + i * pitch, sums + i * taps,
            count: count)
        }
        return
      }
      for tap in stride(from: 0, to: taps, by: 3) {
        partial.update(repeating: 0, count: 3 * channels)
        ConvolutionKernels.addTapGradients(
          rows: channels, count: count, gradients, lead: pitch, line: source + offsets[tap + 1], into: partial, pitch: 3
        )
        for i in 0..<channels {
          for x in 0..<3 { sums[i * taps + tap + x] += Double(partial[3 * i + x]) }
        }
      }
    }
  }

  private func backwardDirect(into inputGradient: Matrix) {
    let (columns, plane) = (input.layout.stride, outputPlane)
    let planes = pad(planes: outputs, count: plane, rim: outputRim, direction: -1)
    for channel in 0..<outputs {
      let target = planes + channel * (plane + 2 * outputRim)
      if let pooling {
        pooling.select(0..<columns)
        for y in 0..<output.height {
          let first = target + 2 * y * columns
          pooling.unpool(channel: channel, y: y, into: first, first + columns)
        }
      } else {
        target.update(from: output.gradient!.pointer + channel * plane, count: plane)
      }
    }
    let (weights, mask, target) = (weight.value.pointer, input.layout.mask.base, inputGradient.pointer)
    offsets.withUnsafeBufferPointer { offsets in
      for y in 0..<input.height {
        for x in stride(from: 0, to: columns, by: block) {
          let (count, place) = (min(block, columns - x), y * columns + x)
          correlateOne(planes + place, offsets.baseAddress!, offsets.count, weights, target + place, count: count)
          finishColumns(target + place, bias: 0, relu: false, mask: mask + x, count: count)
        }
      }
    }
  }
}
