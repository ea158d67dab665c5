import Tensors

// Convolution by 3 x 3 kernels by Winograd's method, F(M x M, 3 x 3) of Lavin and Gray 2015 (arXiv 1509.09308). A tile of M x M
// outputs needs (M + 2) x (M + 2) inputs d, and is A^T [(G g G^T) * (B^T d B)] A: for M of 2, 16 products for each pair of channels,
// where the direct method takes 36; for M of 4, 36 where it takes 144. The products of all tiles are matrix products, one for each
// position in the tile.
//
// The whole strip is treated as one wide image: the zeros between images act as padding, and outputs between images are
// masked. The input's gradient is the same convolution of the output's gradient, with rotated kernels whose channels
// are exchanged. The weight's gradient is the adjoint: G^T [(A dy A^T) x (B^T d B)] G, summed over tiles by matrix products.
//
// Before a pool, the two lines that a line of tiles gives are pooled from scratch memory; behind it, the gradients of the lines that a
// block reads are found again from those of the pool.
//
// The lines of tiles stand one after the other, each a multiple of 16 tiles, and are cut into blocks: few channels have blocks that
// stay in the second-level cache, and products that pack nothing; many have large blocks, and OpenBLAS.

/// The fewest channels, of input and of output, for which the saved products outweigh the transformations.
private let leastChannels = 16
/// The fewest channels, of input and of output, for which OpenBLAS is faster than products that pack nothing.
private let leastPackedChannels = 128
/// Zeros before and behind a line before the pool.
private let margin = 16
/// Tiles that are transformed at a time for OpenBLAS; a multiple of 16.
private let tilesInPackedBlock = 512
/// Floats of a block's transformed inputs and outputs that the second-level cache has room for, and for the weights' gradients, whose
/// sums are long, the third-level cache.
private let (floatsInBlock, floatsInGradientBlock) = (96 * 1024, 1024 * 1024)

extension Convolution {
  /// Whether the layer uses this algorithm. Its bits differ from those of the other algorithms.
  var usesWinograd: Bool {
    kernel == (3, 3) && padding == (1, 1) && inputs >= leastChannels && outputs >= leastChannels
  }

  private var packs: Bool { min(inputs, outputs) >= leastPackedChannels }
  /// Tiles of 4 x 4 outputs where the lines that they have too many take less than they save.
  private var kernels: WinogradKernels {
    let (lines2, lines4) = ((input.height + 1) & ~1, (input.height + 3) & ~3)
    return pooling == nil && packs && 3 * lines4 < 4 * lines2 ? .four : .two
  }
  private var side: Int { kernels.side }
  /// Tiles of a line of tiles, rounded up to whole vectors.
  private var tilesInRow: Int { ((input.layout.stride + side - 1) / side + 15) & ~15 }
  /// Lines of tiles of the output, and of the input's gradient; a pool drops an odd last line.
  private var outputTileLines: Int { pooling == nil ? inputTileLines : output.height }
  private var inputTileLines: Int { (input.height + side - 1) / side }
  private var tiles: Int { inputTileLines * tilesInRow }
  /// Tiles that are computed together.
  private var tilesInBlock: Int {
    packs ? min(tiles, tilesInPackedBlock) : tiles(inFloats: floatsInBlock)
  }
  private var tilesInGradientBlock: Int {
    packs ? tilesInBlock : tiles(inFloats: floatsInGradientBlock)
  }

  private func tiles(inFloats floats: Int) -> Int {
    min(tiles, max(32, floats / (kernels.positions * (inputs + outputs)) & ~31))
  }

  /// Floats of a transformed channel of a block, an odd number of cache lines.
  private func pitch(_ block: Int) -> Int { block | 16 }

  /// Floats from one position of the tiles of all channels to the next; the positions share no set of the first-level cache.
  private func placePitch(_ channels: Int, _ pitch: Int) -> Int { channels * pitch + 16 }
  private var kernelPitch: Int { (inputs * outputs + 15) & ~15 + 16 }

  /// Floats of a line before the pool: zeros, a whole line, zeros.
  private var poolPitch: Int { 2 * tilesInRow + 4 * margin }

  /// Transformed kernels, transformed inputs and transformed outputs; three pairs of lines before the pool.
  var winogradScratchCount: Int {
    kernels.positions * (kernelPitch + transformedPitch) + (pooling == nil ? 0 : 6 * poolPitch)
  }
  private var transformedPitch: Int {
    let pitch = pitch(tilesInGradientBlock)
    return placePitch(inputs, pitch) + placePitch(outputs, pitch)
  }

  private var transformedKernels: UnsafeMutablePointer<Float> { scratch.pointer }
  private var transformedInputs: UnsafeMutablePointer<Float> {
    transformedKernels + kernels.positions * kernelPitch
  }
  private func transformedOutputs(_ pitch: Int) -> UnsafeMutablePointer<Float> {
    transformedInputs + kernels.positions * placePitch(inputs, pitch)
  }

  /// The first column of line `i`, of six, before the pool; `margin` floats before it are zero.
  private func poolLine(_ i: Int) -> UnsafeMutablePointer<Float> {
    transformedKernels + kernels.positions * (kernelPitch + transformedPitch) + i * poolPitch + margin
  }

  func forwardWinograd() {
    transformKernels(forGradient: false)
    let (pitch, mask, kernels) = (pitch(tilesInBlock), input.layout.mask.base, kernels)
    let toPitch = placePitch(outputs, pitch)
    convolve(
      lines: outputTileLines, from: transformedInputs, channels: inputs, to: transformedOutputs(pitch),
      channels: outputs
    ) {
      transform(input.value, channels: inputs, $0, into: transformedInputs, pitch: pitch)
    } finish: { line, columns, results in
      let (x, count) = (columns.lowerBound, columns.count)
      guard let pooling else {
        return write(
          results, pitch, into: output.value, channels: outputs, line, columns, bias?.value.pointer, relu: relu)
      }
      pooling.select(columns)
      let lines = (poolLine(0), poolLine(1))
      for channel in 0..<outputs {
        kernels.transformOutputs(
          results + channel * pitch, pitch: toPitch, count: count, bias: 0, floor: -.infinity, mask: mask + x
        ) { $0 == 0 ? lines.0 : lines.1 }
        pooling.pool(lines.0, lines.1, map(channel), channel: channel, y: line)
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
    addWeightGradients()
    guard let inputGradient else { return }
    transformKernels(forGradient: true)
    let pitch = pitch(tilesInBlock)
    let outputsAt = transformedOutputs(pitch)
    convolve(
      lines: inputTileLines, from: outputsAt, channels: outputs, to: transformedInputs, channels: inputs
    ) { block in
      if let pooling {
        transform(pooling, block, into: outputsAt, pitch: pitch)
      } else {
        transform(output.gradient!, channels: outputs, block, into: outputsAt, pitch: pitch)
      }
    } finish: { line, columns, results in
      write(results, pitch, into: inputGradient, channels: inputs, line, columns, nil, relu: false)
    }
  }

  /// Writes some columns of a line of tiles, from transformed outputs: the values of a matrix [channels * input.height, columns].
  private func write(
    _ results: UnsafeMutablePointer<Float>, _ pitch: Int, into target: Matrix, channels: Int, _ line: Int,
    _ columns: Range<Int>, _ biases: UnsafePointer<Float>?, relu: Bool
  ) {
    let (mask, kernels, height) = (input.layout.mask.base + columns.lowerBound, kernels, input.height)
    let (y, floor) = (kernels.side * line, relu ? 0 : -Float.infinity)
    for channel in 0..<channels {
      let row = target.row(channel * height + y) + columns.lowerBound
      kernels.transformOutputs(
        results + channel * pitch, pitch: placePitch(channels, pitch), count: columns.count,
        bias: biases?[channel] ?? 0, floor: floor, mask: mask
      ) { y + $0 < height ? row + $0 * target.columns : nil }
    }
  }

  /// Convolves `lines` lines of tiles with the transformed kernels, block by block. `load` writes the transformed inputs of a block to
  /// `from`; `finish` gets the transformed outputs of some columns of a line of tiles, whose positions and channels have the same pitches.
  @inline(__always)
  private func convolve(
    lines: Int, from: UnsafeMutablePointer<Float>, channels sources: Int, to: UnsafeMutablePointer<Float>,
    channels targets: Int, load: (_ block: Range<Int>) -> Void,
    finish: (_ line: Int, _ columns: Range<Int>, _ results: UnsafeMutablePointer<Float>) -> Void
  ) {
    let (pitch, packs, columns, side) = (pitch(tilesInBlock), packs, input.layout.stride, side)
    let (fromPitch, toPitch) = (placePitch(sources, pitch), placePitch(targets, pitch))
    forEachBlock(of: tilesInBlock, lines: lines) { block in
      pollProgress()
      load(block)
      for place in 0..<kernels.positions {
        let (kernels, values) = (transformedKernels + place * kernelPitch, from + place * fromPitch)
        let results = to + place * toPitch
        if packs {
          gemm(
            m: targets, n: block.count, k: sources, kernels, lda: sources, values, ldb: pitch, beta: 0, results,
            ldc: pitch)
        } else {
          ConvolutionKernels.multiply(
            rows: targets, vectors: block.count / Vector.width, k: sources, kernels, lda: sources, values, ldb: pitch,
            into: results, ldc: pitch)
        }
      }
      forEachRun(in: block) { line, tiles, place in
        let x = min(columns, side * tiles.lowerBound)..<min(columns, side * tiles.upperBound)
        if !x.isEmpty { finish(line, x, to + place) }
      }
    }
  }

  private func addWeightGradients() {
    let (pitch, kernelSums, packs, kernels) = (pitch(tilesInGradientBlock), transformedKernels, packs, kernels)
    let (inputsAt, outputsAt) = (transformedInputs, transformedOutputs(pitch))
    let (inputPitch, outputPitch) = (placePitch(inputs, pitch), placePitch(outputs, pitch))
    kernelSums.update(repeating: 0, count: kernels.positions * kernelPitch)
    forEachBlock(of: tilesInGradientBlock, lines: outputTileLines) { block in
      pollProgress()
      transform(input.value, channels: inputs, block, into: inputsAt, pitch: pitch)
      forEachRun(in: block) {
        transformGradients(line: $0, tiles: $1, into: outputsAt + $2, pitch, outputPitch)
      }
      for place in 0..<kernels.positions {
        let (values, others) = (outputsAt + place * outputPitch, inputsAt + place * inputPitch)
        let results = kernelSums + place * kernelPitch
        if packs {
          gemm(
            transposeB: true, m: outputs, n: inputs, k: block.count, values, lda: pitch, others, ldb: pitch, beta: 1,
            results, ldc: inputs)
        } else {
          ConvolutionKernels.addDots(
            rows: outputs, columns: inputs, count: block.count, values, lead: pitch, others, otherLead: pitch,
            into: results, pitch: inputs)
        }
      }
    }
    let pairs = inputs * outputs
    for pair in stride(from: 0, to: pairs, by: Vector.width) {
      kernels.addKernelGradients(
        kernelSums + pair, pitch: kernelPitch, into: weight.gradient.pointer + 9 * pair,
        count: min(Vector.width, pairs - pair))
    }
  }

  /// A dy A^T of some tiles of a line, for all channels. Before a pool, dy is found again, and added to the biases' gradients.
  private func transformGradients(
    line: Int, tiles: Range<Int>, into target: UnsafeMutablePointer<Float>, _ pitch: Int,
    _ placePitch: Int
  ) {
    let (columns, kernels) = (input.layout.stride, kernels)
    guard let pooling else {
      let (height, y) = (output.height, kernels.side * line)
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
    let selected = 2 * tiles.lowerBound..<min(columns, 2 * tiles.upperBound)
    let (first, second, count) = (poolLine(0), poolLine(1), selected.count)
    pooling.select(selected)
    sums.withUnsafeMutableBufferPointer { sums in
      for channel in 0..<outputs {
        pooling.unpool(channel: channel, y: line, into: first, second)
        if bias != nil {
          sums[channel] +=
            Double(lineSum(first, count: count)) + Double(lineSum(second, count: count))
        }
        kernels.transformGradients(
          tiles: 0..<tiles.count, count: count, into: target + channel * pitch, pitch: placePitch
        ) { UnsafePointer($0 == 0 ? first : second) }
      }
    }
  }

  /// Transforms the gradients of a block's outputs before the pool: [positions, outputs, pitch].
  private func transform(
    _ pooling: Pooling, _ block: Range<Int>, into target: UnsafeMutablePointer<Float>, pitch: Int
  ) {
    let columns = input.layout.stride
    for i in 0..<6 { (poolLine(i) - margin).update(repeating: 0, count: poolPitch) }
    forEachRun(in: block) { line, tiles, place in
      let selected =
        max(0, 2 * tiles.lowerBound - margin)..<min(columns, 2 * tiles.upperBound + margin)
      pooling.select(selected)
      /// The place of column 0 in line `i`.
      func row(_ i: Int) -> UnsafePointer<Float>? {
        let y = line - 1 + i / 2
        return y >= 0 && y < output.height ? UnsafePointer(poolLine(i) - selected.lowerBound) : nil
      }
      // The zeros behind the last column of an earlier run.
      if selected.upperBound == columns {
        for i in 0..<6 { (poolLine(i) + selected.count).update(repeating: 0, count: 3 * margin) }
      }
      for channel in 0..<outputs {
        for pair in 0..<3 where row(2 * pair) != nil {
          pooling.unpool(
            channel: channel, y: line - 1 + pair, into: poolLine(2 * pair), poolLine(2 * pair + 1))
        }
        kernels.transformInputs(
          in: UnsafePointer(poolLine(0) - margin), count: 6 * poolPitch, tiles: tiles,
          into: target + channel * pitch + place, pitch: placePitch(outputs, pitch)
        ) { row($0 + 1) }
      }
    }
  }

  /// Calls `body` for blocks of `size` tiles.
  @inline(__always)
  private func forEachBlock(of size: Int, lines: Int, _ body: (Range<Int>) -> Void) {
    let end = lines * tilesInRow
    for first in stride(from: 0, to: end, by: size) { body(first..<min(end, first + size)) }
  }

  /// Calls `body` for the tiles of a block that stand in one line of tiles, with the first one's place in the block.
  @inline(__always)
  private func forEachRun(
    in block: Range<Int>, _ body: (_ line: Int, _ tiles: Range<Int>, _ place: Int) -> Void
  ) {
    var next = block.lowerBound
    while next < block.upperBound {
      let line = next / tilesInRow
      let start = line * tilesInRow
      let end = min(block.upperBound, start + tilesInRow)
      body(line, next - start..<end - start, next - block.lowerBound)
      next = end
    }
  }

  /// Transforms the inputs of a block: [positions, channels, pitch].
  private func transform(
    _ source: Matrix, channels: Int, _ block: Range<Int>, into target: UnsafeMutablePointer<Float>,
    pitch: Int
  ) {
    let (height, kernels) = (input.height, kernels)
    forEachRun(in: block) { line, tiles, place in
      let top = kernels.side * line - 1
      for channel in 0..<channels {
        kernels.transformInputs(
          in: UnsafePointer(source.pointer), count: source.count, tiles: tiles,
          into: target + channel * pitch + place, pitch: placePitch(channels, pitch)
        ) { i in
          let y = top + i
          return y >= 0 && y < height ? UnsafePointer(source.row(channel * height + y)) : nil
        }
      }
    }
  }

  /// G g G^T of all kernels, [positions, out, in]; for the input's gradient, of the rotated kernels, [positions, in, out].
  private func transformKernels(forGradient: Bool) {
    let (rows, columns) = forGradient ? (inputs, outputs) : (outputs, inputs)
    // Floats from one kernel to the next along a row, and from row to row.
    let (step, rowStep) = forGradient ? (9 * inputs, 9) : (9, 9 * inputs)
    for row in 0..<rows {
      for column in stride(from: 0, to: columns, by: Vector.width) {
        kernels.transformKernels(
          weight.value.pointer + row * rowStep + column * step, step: step, turned: forGradient,
          count: min(Vector.width, columns - column),
          into: transformedKernels + row * columns + column,
          pitch: kernelPitch)
      }
    }
  }
}
