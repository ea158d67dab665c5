import Tensors

// Convolution by 3 x 3 kernels by Winograd's method: F(2 x 2, 3 x 3) of Lavin and Gray 2015 (arXiv 1509.09308). A tile
// of 2 x 2 outputs needs 4 x 4 inputs d, and is A^T [(G g G^T) * (B^T d B)] A: 16 products for each pair of channels,
// where the direct method takes 36. The products of all tiles are 16 matrix products, one for each position in the
// tile.
//
// The whole strip is treated as one wide image: the zeros between images act as padding, and outputs between images are
// masked. The input's gradient is the same convolution of the output's gradient, with rotated kernels whose channels
// are exchanged. The weight's gradient is the adjoint: G^T [(A dy A^T) x (B^T d B)] G, summed over tiles by 16 matrix
// products.

/// The fewest channels, of input and of output, for which the saved products outweigh the transformations.
private let leastChannels = 128
/// Tiles that are transformed at a time; a multiple of 16.
private let tilesInBlock = 512

extension Convolution {
  /// Whether the layer uses this algorithm. Its bits differ from those of the other algorithms.
  var usesWinograd: Bool {
    pooling == nil && kernel == (3, 3) && padding == (1, 1) && inputs >= leastChannels && outputs >= leastChannels
  }

  /// Tiles of a line of tiles, rounded up to whole vectors.
  private var tilesInRow: Int { (input.layout.stride / 2 + 15) & ~15 }
  /// Lines of tiles.
  private var tileRows: Int { (input.height + 1) / 2 }
  /// Lines of tiles that are computed together.
  private var rowsInBlock: Int { max(1, min(tileRows, tilesInBlock / tilesInRow)) }
  /// Floats of a transformed channel of a block, an odd number of cache lines.
  private var blockPitch: Int { (rowsInBlock * tilesInRow) | 16 }

  /// Transformed kernels, transformed inputs and transformed outputs.
  var winogradScratchCount: Int {
    16 * (inputs * outputs + (inputs + outputs) * blockPitch)
  }

  private var transformedKernels: UnsafeMutablePointer<Float> { scratch.pointer }
  private var transformedInputs: UnsafeMutablePointer<Float> { transformedKernels + 16 * inputs * outputs }
  private var transformedOutputs: UnsafeMutablePointer<Float> { transformedInputs + 16 * inputs * blockPitch }

  func forwardWinograd() {
    transformKernels(forGradient: false)
    let (biases, mask) = (bias?.value.pointer, output.layout.mask.base)
    convolve(
      input.value, channels: inputs, transformedInputs, into: output.value, channels: outputs, transformedOutputs)
    for channel in 0..<outputs {
      for y in 0..<output.height {
        finishColumns(
          output.value.row(channel * output.height + y), bias: biases?[channel] ?? 0, relu: relu, mask: mask,
          count: output.layout.stride)
      }
    }
  }

  func backwardWinograd() {
    let (value, gradient, columns) = (output.value, output.gradient!, output.layout.stride)
    sums.withUnsafeMutableBufferPointer { sums in
      for channel in 0..<outputs {
        for row in channel * output.height..<(channel + 1) * output.height {
          receiveGradient(gradient.row(row), value: value.row(row), count: columns, biasSum: &sums[channel])
        }
      }
    }
    addWeightGradients(gradient)
    guard let inputGradient else { return }
    transformKernels(forGradient: true)
    convolve(
      gradient, channels: outputs, transformedOutputs, into: inputGradient, channels: inputs, transformedInputs)
    for row in 0..<inputGradient.rows {
      finishColumns(inputGradient.row(row), bias: 0, relu: false, mask: input.layout.mask.base, count: columns)
    }
  }

  /// Convolves all lines of `source` with the transformed kernels.
  private func convolve(
    _ source: Matrix, channels sources: Int, _ from: UnsafeMutablePointer<Float>, into target: Matrix,
    channels targets: Int, _ to: UnsafeMutablePointer<Float>
  ) {
    let pitch = blockPitch
    forEachBlock { line, lines in
      pollProgress()
      transform(source, channels: sources, line: line, lines: lines, into: from)
      for place in 0..<16 {
        gemm(
          m: targets, n: lines * tilesInRow, k: sources, transformedKernels + place * sources * targets, lda: sources,
          from + place * sources * pitch, ldb: pitch, beta: 0, to + place * targets * pitch, ldc: pitch)
      }
      for channel in 0..<targets {
        for i in 0..<lines {
          let y = 2 * (line + i)
          let row = target.row(channel * input.height + y)
          transformOutputLine(
            to + channel * pitch + i * tilesInRow, pitch: targets * pitch, row,
            y + 1 < input.height ? row + target.columns : nil, count: target.columns)
        }
      }
    }
  }

  private func addWeightGradients(_ gradient: Matrix) {
    let (pitch, sums) = (blockPitch, transformedKernels)
    sums.update(repeating: 0, count: 16 * inputs * outputs)
    forEachBlock { line, lines in
      pollProgress()
      transform(input.value, channels: inputs, line: line, lines: lines, into: transformedInputs)
      for channel in 0..<outputs {
        for i in 0..<lines {
          let y = 2 * (line + i)
          let row = gradient.row(channel * input.height + y)
          transformGradientLine(
            row, y + 1 < input.height ? row + gradient.columns : nil, count: gradient.columns,
            into: transformedOutputs + channel * pitch + i * tilesInRow, pitch: outputs * pitch)
        }
      }
      for place in 0..<16 {
        gemm(
          transposeB: true, m: outputs, n: inputs, k: lines * tilesInRow,
          transformedOutputs + place * outputs * pitch, lda: pitch, transformedInputs + place * inputs * pitch,
          ldb: pitch, beta: 1, sums + place * inputs * outputs, ldc: inputs)
      }
    }
    let pairs = inputs * outputs
    for pair in stride(from: 0, to: pairs, by: Vector.width) {
      addKernelGradients(
        sums + pair, pitch: pairs, into: weight.gradient.pointer + 9 * pair, count: min(Vector.width, pairs - pair))
    }
  }

  private func forEachBlock(_ body: (_ line: Int, _ lines: Int) -> Void) {
    for line in stride(from: 0, to: tileRows, by: rowsInBlock) { body(line, min(rowsInBlock, tileRows - line)) }
  }

  /// Transforms the inputs of some lines of tiles: [16, channels, pitch].
  private func transform(
    _ source: Matrix, channels: Int, line: Int, lines: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let (height, columns, pitch) = (input.height, source.columns, blockPitch)
    for channel in 0..<channels {
      for i in 0..<lines {
        let top = 2 * (line + i) - 1
        func row(_ y: Int) -> UnsafeMutablePointer<Float>? {
          y >= 0 && y < height ? source.row(channel * height + y) : nil
        }
        transformInputLine(
          row(top), row(top + 1), row(top + 2), row(top + 3), count: columns,
          into: target + channel * pitch + i * tilesInRow, pitch: channels * pitch)
      }
    }
  }

  /// G g G^T of all kernels, [16, out, in]; for the input's gradient, of the rotated kernels, [16, in, out].
  private func transformKernels(forGradient: Bool) {
    let (rows, columns) = forGradient ? (inputs, outputs) : (outputs, inputs)
    // Floats from one kernel to the next along a row, and from row to row.
    let (step, rowStep) = forGradient ? (9 * inputs, 9) : (9, 9 * inputs)
    for row in 0..<rows {
      for column in stride(from: 0, to: columns, by: Vector.width) {
        transformKernels16(
          weight.value.pointer + row * rowStep + column * step, step: step, turned: forGradient,
          count: min(Vector.width, columns - column), into: transformedKernels + row * columns + column,
          pitch: rows * columns)
      }
    }
  }
}
