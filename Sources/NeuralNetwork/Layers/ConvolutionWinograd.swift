import Tensors

// Convolution by kernels of 3 x 3 by Winograd's method, F(L x M, 3 x 3) of Lavin and Gray 2015 (arXiv 1509.09308). A tile of L x M
// outputs needs (L + 2) x (M + 2) inputs d, and is A^T [(G g G^T) * (B^T d B)] A: for 2 x 2, 16 products for each pair of channels, where
// the direct method takes 36; for 4 x 4, 36 where it takes 144. The products of all tiles are matrix products, one for each position in
// the tile.
//
// Kernels of 2 x 3 have a third line of zeros. A wider kernel, as of 3 x 13, is cut into groups of three columns: each is a kernel of 3 x 3
// that reads the lines further left or right, and their products are added before A^T and A. See ConvolutionWinogradKernels.swift.
//
// The whole strip is treated as one wide image: the zeros between images act as padding, and outputs between images are
// masked. The input's gradient is the same convolution of the output's gradient, with rotated kernels whose channels
// are exchanged. The weight's gradient is the adjoint: G^T [(A dy A^T) x (B^T d B)] G, summed over tiles by matrix products.
//
// Before a pool, the lines that a line of tiles gives are pooled from scratch memory, in pairs; behind it, the gradients of the lines
// that a block reads are found again from those of the pool.

/// The fewest channels, of input and of output, for which the saved products outweigh the transformations.
private let leastChannels = 16
private let margin = WinogradLayout.margin

extension Convolution {
  /// Whether the layer uses this algorithm. Its bits differ from those of the other algorithms.
  var usesWinograd: Bool {
    let isNarrow = (kernel == (3, 3) || kernel == (2, 3)) && padding == (1, 1)
    let isWide =
      kernel.height == 3 && padding.height == 1 && kernel.width > 3 && kernel.width == 2 * padding.width + 1
      && pooling == nil
    return (isNarrow || isWide) && min(inputs, outputs) >= leastChannels
  }

  var winogradLayout: WinogradLayout {
    WinogradLayout(
      inputs: inputs, outputs: outputs, kernel: kernel, height: input.height, columns: input.layout.stride,
      pooledHeight: pooling == nil ? nil : output.height)
  }

  func forwardWinograd() {
    let tiling = winogradLayout
    transformKernels(tiling, forGradient: false)
    let (pitch, mask, inputsAt) = (tiling.pitch, input.layout.mask.base, scratch.pointer + tiling.inputStart)
    let toPitch = tiling.placePitch(outputs)
    convolve(
      tiling, forGradient: false, lines: tiling.outputLines, from: inputsAt, channels: inputs,
      to: scratch.pointer + tiling.outputStart, channels: outputs
    ) {
      transform(input.value, channels: inputs, height: input.height, $0, $1, tiling, into: inputsAt, pitch: pitch)
    } finish: { line, tiles, results in
      let columns = tiling.columns(of: tiles)
      let (x, count) = (columns.lowerBound, columns.count)
      guard let pooling else {
        return write(
          tiling, results, pitch, into: output.value, channels: outputs, height: output.height, line, tiles,
          bias?.value.pointer, relu: relu)
      }
      pooling.select(columns)
      let (y, lines) = (tiling.pooledLines * line, tiling.poolLines(in: scratch))
      let pairs = min(tiling.pooledLines, output.height - y)
      for channel in 0..<outputs {
        tiling.kernels.transformOutputs(
          results + channel * pitch, pitch: toPitch, tiles: tiles.count, count: count, bias: 0, floor: -.infinity,
          mask: mask + x
        ) { lines[$0] }
        let map = map(channel)
        for pair in 0..<pairs {
          pooling.pool(lines[2 * pair], lines[2 * pair + 1], map, channel: channel, y: y + pair)
        }
      }
    }
  }

  func backwardWinograd() {
    if pooling == nil, relu || bias != nil {
      let (value, gradient, columns) = (output.value, output.gradient!, output.layout.stride)
      sums.withUnsafeMutableBufferPointer { sums in
        for channel in 0..<outputs {
          for row in channel * output.height..<(channel + 1) * output.height {
            receiveGradient(gradient.row(row), value: value.row(row), count: columns, biasSum: &sums[channel])
          }
        }
      }
    }
    let tiling = winogradLayout
    addWeightGradients(tiling)
    guard let inputGradient else { return }
    transformKernels(tiling, forGradient: true)
    let pitch = tiling.pitch
    let outputsAt = scratch.pointer + tiling.outputStart
    convolve(
      tiling, forGradient: true, lines: tiling.inputLines, from: outputsAt, channels: outputs,
      to: scratch.pointer + tiling.inputStart, channels: inputs
    ) { block, shift in
      if let pooling {
        transform(pooling, block, tiling, into: outputsAt, pitch: pitch)
      } else {
        transform(
          output.gradient!, channels: outputs, height: output.height, block, shift, tiling, into: outputsAt,
          pitch: pitch)
      }
    } finish: { line, tiles, results in
      write(
        tiling, results, pitch, into: inputGradient, channels: inputs, height: input.height, line, tiles, nil,
        relu: false)
    }
  }

  /// Writes the columns of some tiles of a line of tiles, from transformed outputs: the values of a matrix [channels * height, columns].
  private func write(
    _ tiling: WinogradLayout, _ results: UnsafeMutablePointer<Float>, _ pitch: Int, into target: Matrix, channels: Int,
    height: Int, _ line: Int, _ tiles: Range<Int>, _ biases: UnsafePointer<Float>?, relu: Bool
  ) {
    let columns = tiling.columns(of: tiles)
    let mask = input.layout.mask.base + columns.lowerBound
    let (y, floor) = (tiling.kernels.lines * line, relu ? 0 : -Float.infinity)
    for channel in 0..<channels {
      let row = target.row(channel * height + y) + columns.lowerBound
      tiling.kernels.transformOutputs(
        results + channel * pitch, pitch: tiling.placePitch(channels), tiles: tiles.count, count: columns.count,
        bias: biases?[channel] ?? 0, floor: floor, mask: mask
      ) { y + $0 < height ? row + $0 * target.columns : nil }
    }
  }

  /// Convolves `lines` lines of tiles with the transformed kernels, block by block. `load` writes the transformed inputs of a block, `shift`
  /// columns further right, to `from`; `finish` gets the transformed outputs of some tiles of a line of tiles, whose positions and channels
  /// have the same pitches.
  @inline(__always)
  private func convolve(
    _ tiling: WinogradLayout, forGradient: Bool, lines: Int, from: UnsafeMutablePointer<Float>, channels sources: Int,
    to: UnsafeMutablePointer<Float>, channels targets: Int, load: (_ block: Range<Int>, _ shift: Int) -> Void,
    finish: (_ line: Int, _ tiles: Range<Int>, _ results: UnsafeMutablePointer<Float>) -> Void
  ) {
    let (pitch, packs, kernelPitch, groups) = (tiling.pitch, tiling.packs, tiling.kernelPitch, tiling.groups)
    let (fromPitch, toPitch) = (tiling.placePitch(sources), tiling.placePitch(targets))
    tiling.forEachBlock(lines: lines) { block in
      pollProgress()
      for group in 0..<groups {
        load(block, tiling.shift(group))
        // Turned kernels stand in the reverse order.
        let first = transformedKernels + inputs * (forGradient ? groups - 1 - group : group)
        for place in 0..<tiling.kernels.positions {
          let (kernels, values) = (first + place * kernelPitch, from + place * fromPitch)
          let results = to + place * toPitch
          if packs {
            gemm(
              transposeA: forGradient, m: targets, n: block.count, k: sources, kernels, lda: groups * inputs, values,
              ldb: pitch, beta: group == 0 ? 0 : 1, results, ldc: pitch)
          } else {
            gemmUnpacked(
              transposeA: forGradient, m: targets, n: Storage.padded(block.count), k: sources, kernels,
              lda: groups * inputs, values, ldb: pitch, accumulate: group > 0, into: results, ldc: pitch)
          }
        }
      }
      tiling.forEachRun(in: block) { line, tiles, place in
        if !tiling.columns(of: tiles).isEmpty { finish(line, tiles, to + place) }
      }
    }
  }

  private func addWeightGradients(_ tiling: WinogradLayout) {
    let (pitch, kernelSums) = (tiling.pitch, transformedKernels)
    let (packs, kernels, kernelPitch) = (tiling.packs, tiling.kernels, tiling.kernelPitch)
    let (inputsAt, outputsAt) = (scratch.pointer + tiling.inputStart, scratch.pointer + tiling.outputStart)
    let (inputPitch, outputPitch) = (tiling.placePitch(inputs), tiling.placePitch(outputs))
    let (groups, sumPitch, turned) = (tiling.groups, tiling.sumPitch, scratch.pointer + tiling.turnedStart)
    guard output.height > 0, input.layout.stride > 0 else { return }
    tiling.forEachBlock(lines: tiling.outputLines) { block in
      pollProgress()
      let isFirst = block.lowerBound == 0
      tiling.forEachRun(in: block) {
        transformGradients(tiling, line: $0, tiles: $1, into: outputsAt + $2, pitch, outputPitch)
      }
      for group in 0..<groups {
        transform(
          input.value, channels: inputs, height: input.height, block, tiling.shift(group), tiling, into: inputsAt,
          pitch: pitch)
        for place in 0..<kernels.positions {
          let (values, others) = (outputsAt + place * outputPitch, inputsAt + place * inputPitch)
          let results = kernelSums + place * kernelPitch + group * sumPitch
          if packs {
            gemm(
              transposeB: true, m: outputs, n: inputs, k: block.count, values, lda: pitch, others, ldb: pitch,
              beta: isFirst ? 0 : 1, results, ldc: groups * sumPitch)
          } else {
            transpose(others, rows: inputs, columns: block.count, lead: pitch, into: turned, lead: sumPitch)
            gemmUnpacked(
              m: outputs, n: sumPitch, k: block.count, values, lda: pitch, turned, ldb: sumPitch, accumulate: !isFirst,
              into: results, ldc: groups * sumPitch)
          }
        }
      }
    }
    addKernelGradients(tiling)
  }

  /// A dy A^T of some tiles of a line, for all channels. Before a pool, dy is found again, and added to the biases' gradients.
  private func transformGradients(
    _ tiling: WinogradLayout, line: Int, tiles: Range<Int>, into target: UnsafeMutablePointer<Float>, _ pitch: Int,
    _ placePitch: Int
  ) {
    let (columns, kernels) = (input.layout.stride, tiling.kernels)
    guard let pooling else {
      let (height, y) = (output.height, kernels.lines * line)
      let gradient = output.gradient!
      for channel in 0..<outputs {
        let row = gradient.row(channel * height + y)
        kernels.transformGradients(
          tiles: tiles, count: columns, into: target + channel * pitch, pitch: placePitch
        ) {
          y + $0 < height ? UnsafePointer(row + $0 * columns) : nil
        }
      }
      return
    }
    let selected = tiling.columns(of: tiles)
    let count = selected.count
    pooling.select(selected)
    let (y, lines) = (tiling.pooledLines * line, tiling.poolLines(in: scratch))
    let pairs = min(tiling.pooledLines, output.height - y)
    sums.withUnsafeMutableBufferPointer { sums in
      for channel in 0..<outputs {
        for pair in 0..<pairs {
          let (first, second) = (lines[2 * pair], lines[2 * pair + 1])
          pooling.unpool(channel: channel, y: y + pair, into: first, second)
          if bias != nil {
            sums[channel] +=
              Double(lineSum(first, count: count)) + Double(lineSum(second, count: count))
          }
        }
        kernels.transformGradients(
          tiles: 0..<tiles.count, count: count, into: target + channel * pitch, pitch: placePitch
        ) { $0 < 2 * pairs ? UnsafePointer(lines[$0]) : nil }
      }
    }
  }

  /// Transforms the gradients of a block's outputs before the pool: [positions, outputs, pitch].
  private func transform(
    _ pooling: Pooling, _ block: Range<Int>, _ tiling: WinogradLayout, into target: UnsafeMutablePointer<Float>,
    pitch: Int
  ) {
    let columns = input.layout.stride
    let (side, lines, height) = (tiling.kernels.columns, tiling.poolLines(in: scratch), output.height)
    let (pairs, memory) = (tiling.poolPairs, lines[0] - margin)
    let count = 2 * pairs * tiling.poolPitch
    memory.update(repeating: 0, count: count)
    tiling.forEachRun(in: block) { line, tiles, place in
      let selected =
        max(0, side * tiles.lowerBound - margin)..<min(columns, side * tiles.upperBound + margin)
      let top = tiling.pooledLines * line - 1
      pooling.select(selected)
      /// The place of column 0 in line `i`.
      func row(_ i: Int) -> UnsafePointer<Float>? {
        let y = top + i / 2
        return y >= 0 && y < height ? UnsafePointer(lines[i] - selected.lowerBound) : nil
      }
      // The zeros behind the last column of an earlier run.
      if selected.upperBound == columns {
        for i in 0..<2 * pairs { (lines[i] + selected.count).update(repeating: 0, count: tiling.zerosBehind) }
      }
      for channel in 0..<outputs {
        for pair in 0..<pairs where row(2 * pair) != nil {
          pooling.unpool(channel: channel, y: top + pair, into: lines[2 * pair], lines[2 * pair + 1])
        }
        tiling.kernels.transformInputs(
          in: UnsafePointer(memory), count: count, tiles: tiles,
          into: target + channel * pitch + place, pitch: tiling.placePitch(outputs)
        ) { row($0 + 1) }
      }
    }
  }

  /// Transforms the inputs of a block, `shift` columns further right: [positions, channels, pitch].
  private func transform(
    _ source: Matrix, channels: Int, height: Int, _ block: Range<Int>, _ shift: Int, _ tiling: WinogradLayout,
    into target: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    let kernels = tiling.kernels
    tiling.forEachRun(in: block) { line, tiles, place in
      let top = kernels.lines * line - 1
      for channel in 0..<channels {
        kernels.transformInputs(
          in: UnsafePointer(source.pointer), count: source.count, tiles: tiles,
          into: target + channel * pitch + place, pitch: tiling.placePitch(channels)
        ) { i in
          let y = top + i
          return y >= 0 && y < height ? UnsafePointer(source.row(channel * height + y) + shift) : nil
        }
      }
    }
  }
}
