import Tensors

// Convolution of several input channels by kernels of an odd width that keep the width, without gathering: a tile of some
// output channels and 16 columns of one line (32 with AVX-512) stays in registers, while the kernel's taps read the
// input's lines in place. Zero columns between images are the horizontal padding; kernel lines above and below the
// input are skipped. The input's gradient is the same convolution of the output's gradient, with rotated kernels whose
// channels are exchanged. The weights' gradients are computed for three columns of a kernel at a time.

/// Columns of one pass over the weights' gradients: the lines it reads stay in the first-level cache.
private let block = 1024
/// Zeros before and after a line that is copied.
private let margin = 16

extension Convolution {
  /// Whether the layer uses this algorithm. Its bits differ from those of gathered columns.
  var usesLinesInPlace: Bool {
    pooling == nil && kernel.width >= 3 && kernel.width == 2 * padding.width + 1
  }

  /// Packed kernels, then the input's first and last line, then the gradients of three columns of some kernels.
  var inPlaceScratchCount: Int { packedCount + 2 * edgePitch + 3 * ConvolutionKernels.mostGradientRows }
  private var packedCount: Int { Storage.padded(outputs * depth) }
  private var edgePitch: Int { input.layout.stride + 2 * margin }
  private var packed: UnsafeMutablePointer<Float> { scratch.pointer }

  func forwardInPlace() {
    let (height, columns, mask) = (output.height, output.layout.stride, output.layout.mask.base)
    let values = (weight.value.pointer, bias?.value.pointer)
    pack(rows: outputs, channels: inputs) { row, channel, ky, kx in
      values.0[((row * inputs + channel) * kernel.height + ky) * kernel.width + kx]
    }
    let target = output.value.pointer
    convolve(
      input.value.pointer, channels: inputs, height: input.height, padding: padding.height, rows: outputs, target)
    for row in 0..<outputs * height {
      finishColumns(
        target + row * columns, bias: values.1?[row / height] ?? 0, relu: relu, mask: mask, count: columns)
    }
  }

  func backwardInPlace() {
    let (height, columns, gradient) = (output.height, output.layout.stride, output.gradient!)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<outputs * height {
        receiveGradient(
          gradient.row(row), value: output.value.row(row), count: columns, biasSum: &sums[row / height])
      }
    }
    addWeightGradientsInPlace(gradient.pointer)
    guard let inputGradient else { return }
    let weights = weight.value.pointer
    pack(rows: inputs, channels: outputs) { row, channel, ky, kx in
      weights[((channel * inputs + row + 1) * kernel.height - ky) * kernel.width - 1 - kx]
    }
    convolve(
      gradient.pointer, channels: outputs, height: height, padding: kernel.height - 1 - padding.height, rows: inputs,
      inputGradient.pointer)
    for row in 0..<inputGradient.rows {
      finishColumns(inputGradient.row(row), bias: 0, relu: false, mask: input.layout.mask.base, count: columns)
    }
  }

  /// Rows of `rows` that share tile `tile`.
  private func tileRows(_ tile: Int, of rows: Int) -> Range<Int> {
    let tiles = (rows + ConvolutionKernels.mostRows - 1) / ConvolutionKernels.mostRows
    return tile * rows / tiles..<(tile + 1) * rows / tiles
  }

  /// Packs kernels [rows, channels, kernel.height, kernel.width] for ``convolve``: tile by tile, each [kernel.height, channels,
  /// kernel.width, rows of the tile], so that consecutive kernel lines are contiguous.
  @inline(__always)
  private func pack(rows: Int, channels: Int, _ kernelAt: (_ row: Int, _ channel: Int, _ ky: Int, _ kx: Int) -> Float) {
    var (target, tile) = (packed, 0)
    while true {
      let members = tileRows(tile, of: rows)
      for ky in 0..<kernel.height {
        for channel in 0..<channels {
          for kx in 0..<kernel.width {
            for row in members {
              target.pointee = kernelAt(row, channel, ky, kx)
              target += 1
            }
          }
        }
      }
      if members.upperBound == rows { return }
      tile += 1
    }
  }

  /// Convolves `source` [channels * height, columns] with the packed kernels into `target` [rows * lines, columns],
  /// where lines = height + 2 * padding - kernel.height + 1. The caller must mask the columns between images.
  private func convolve(
    _ source: UnsafePointer<Float>, channels: Int, height: Int, padding: Int, rows: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let (columns, lines) = (input.layout.stride, height + 2 * padding - kernel.height + 1)
    offsets.removeAll(keepingCapacity: true)
    for ky in 0..<kernel.height {
      for channel in 0..<channels {
        for kx in 0..<kernel.width {
          offsets.append((channel * height + ky - padding) * columns + kx - self.padding.width)
        }
      }
    }
    let packed = packed
    offsets.withUnsafeBufferPointer { offsets in
      for y in 0..<lines {
        pollProgress()
        let (first, end) = (max(0, padding - y), min(kernel.height, height + padding - y))
        let line = channels * kernel.width
        let (skipped, k) = (first * line, max(0, end - first) * line)
        let places = offsets.baseAddress! + skipped
        var x = 0
        while x < columns {
          let at = y * columns + x
          let isPair = ConvolutionKernels.havePairs && x + 2 * Vector.width <= columns
          var tile = 0
          while true {
            let members = tileRows(tile, of: rows)
            let kernels = packed + members.lowerBound * kernel.height * line + skipped * members.count
            let results = target + members.lowerBound * lines * columns + at
            if isPair {
              ConvolutionKernels.convolvePair(
                rows: members.count, k: k, kernels, source + at, at: places, into: results, ldc: lines * columns)
            } else {
              ConvolutionKernels.convolve(
                rows: members.count, k: k, kernels, source + at, at: places, into: results, ldc: lines * columns)
            }
            if members.upperBound == rows { break }
            tile += 1
          }
          x += isPair ? 2 * Vector.width : Vector.width
        }
      }
    }
  }

  private func addWeightGradientsInPlace(_ gradient: UnsafePointer<Float>) {
    let (height, lines, columns) = (input.height, output.height, input.layout.stride)
    let (source, weights) = (input.value.pointer, weight.gradient.pointer)
    let lastLine = inputs * height - 1
    // All other lines are surrounded by the zeros at the ends of their neighbors.
    let (firstCopy, lastCopy) = (packed + packedCount + margin, packed + packedCount + edgePitch + margin)
    (firstCopy - margin).update(repeating: 0, count: 2 * edgePitch)
    firstCopy.update(from: source, count: columns)
    lastCopy.update(from: source + lastLine * columns, count: columns)
    let parts = (columns + block - 1) / block
    for y in 0..<lines {
      pollProgress()
      let (first, end) = (max(0, padding.height - y), min(kernel.height, height + padding.height - y))
      for part in 0..<parts {
        let from = (part * columns / parts) & ~15
        let count = (part == parts - 1 ? columns : ((part + 1) * columns / parts) & ~15) - from
        for channel in 0..<inputs {
          for row in stride(from: 0, to: outputs, by: ConvolutionKernels.mostGradientRows) {
            let rows = min(ConvolutionKernels.mostGradientRows, outputs - row)
            for ky in first..<max(first, end) {
              let line = channel * height + y + ky - padding.height
              let values = line == 0 ? firstCopy : line == lastLine ? lastCopy : source + line * columns
              addTapGradients(
                rows: rows, count: count, gradient + (row * lines + y) * columns + from, lead: lines * columns,
                line: values + from, into: weights + ((row * inputs + channel) * kernel.height + ky) * kernel.width)
            }
          }
        }
      }
    }
  }

  /// Adds to the gradients of one line of some kernels, whose channels are `rows`: three columns at a time; one or two that are left
  /// over are computed beside the kernel and added.
  @inline(__always)
  private func addTapGradients(
    rows: Int, count: Int, _ gradients: UnsafePointer<Float>, lead: Int, line: UnsafePointer<Float>,
    into weights: UnsafeMutablePointer<Float>
  ) {
    let whole = kernel.width / 3 * 3
    for kx in stride(from: 0, to: whole, by: 3) {
      ConvolutionKernels.addTapGradients(
        rows: rows, count: count, gradients, lead: lead, line: line + kx + 1 - padding.width, into: weights + kx,
        pitch: depth)
    }
    guard whole < kernel.width else { return }
    let rest = packed + packedCount + 2 * edgePitch
    rest.update(repeating: 0, count: 3 * rows)
    ConvolutionKernels.addTapGradients(
      rows: rows, count: count, gradients, lead: lead, line: line + whole + 1 - padding.width, into: rest, pitch: 3)
    for row in 0..<rows {
      for kx in whole..<kernel.width { weights[row * depth + kx] += rest[3 * row + kx - whole] }
    }
  }
}
