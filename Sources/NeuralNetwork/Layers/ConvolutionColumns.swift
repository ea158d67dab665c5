import Tensors

// Convolution of several input channels by GEMM. A tile is `count` columns of one output line in all channels. For it
// the input is gathered into `columns` [depth, count], row (channel, ky, kx) being the input line y + ky - padding
// shifted by kx - padding, and the output tile is weight [out, depth] x columns, written in place.
//
// Backward, the tile of the output's gradient times columns^T goes into the weight's gradient, and weight^T times the
// tile gives the gradient of the columns, which is added back to the lines they came from. (The other way, a convolution
// of the output's gradient with the turned kernel, gathers out * kernel rows instead of in * kernel and leaves the
// GEMM only `in` rows to repay its packing: slower, as networks widen.)

/// Floats of gathered columns: half of a second-level cache of 1 MB.
private let tileBudget = 131_072
/// Zeros between the rows of gathered columns, for horizontal shifts.
private let margin = 32

extension Convolution {
  /// Columns of a tile: lines are cut into equal parts, as wide as the budget allows and never so narrow that the GEMM
  /// spends its time packing weights.
  private var tileWidth: Int {
    let columns = input.layout.stride
    let widest = max(tileBudget / depth, 256)
    let parts = (columns + widest - 1) / widest
    return ((columns + parts - 1) / parts + 15) & ~15
  }

  /// Floats from one row of gathered columns to the next: an odd number of cache lines, so that rows spread over the
  /// cache's sets.
  private var tilePitch: Int { (tileWidth + margin) | 16 }

  var columnScratchCount: Int { margin + depth * tilePitch }

  func forwardColumns() {
    let (columns, plane) = (input.layout.stride, output.height * input.layout.stride)
    let (width, pitch, gathered) = (tileWidth, tilePitch, scratch.pointer + margin)
    let (target, weights, biases) = (output.value.pointer, weight.value.pointer, bias?.value.pointer)
    let mask = output.layout.mask.base
    for x in stride(from: 0, to: columns, by: width) {
      let count = min(width, columns - x)
      for y in 0..<output.height {
        gather(x: x, y: y, count: count, into: gathered, pitch: pitch)
        let place = target + y * columns + x
        gemm(
          m: outputs, n: count, k: depth, weights, lda: depth, gathered, ldb: pitch, beta: 0, place, ldc: plane)
        for channel in 0..<outputs {
          finishColumns(
            place + channel * plane, bias: biases?[channel] ?? 0, relu: relu, mask: mask + x, count: count)
        }
      }
    }
  }

  func backwardColumns() {
    let (columns, plane) = (input.layout.stride, output.height * input.layout.stride)
    let (width, pitch, gathered) = (tileWidth, tilePitch, scratch.pointer + margin)
    let (value, gradient) = (output.value.pointer, output.gradient!.pointer)
    let (weights, weightGradient) = (weight.value.pointer, weight.gradient.pointer)
    inputGradient?.fill(0)
    for x in stride(from: 0, to: columns, by: width) {
      let count = min(width, columns - x)
      for y in 0..<output.height {
        let place = y * columns + x
        sums.withUnsafeMutableBufferPointer { sums in
          for channel in 0..<outputs {
            let j = channel * plane + place
            receiveGradient(gradient + j, value: value + j, count: count, biasSum: &sums[channel])
          }
        }
        gather(x: x, y: y, count: count, into: gathered, pitch: pitch)
        gemm(
          transposeB: true, m: outputs, n: depth, k: count, gradient + place, lda: plane, gathered, ldb: pitch,
          beta: 1, weightGradient, ldc: depth)
        guard let inputGradient else { continue }
        gemm(
          transposeA: true, m: depth, n: count, k: outputs, weights, lda: depth, gradient + place, ldb: plane, beta: 0,
          gathered, ldc: pitch)
        scatter(gathered, pitch: pitch, x: x, y: y, count: count, into: inputGradient.pointer)
      }
    }
  }

  /// Gathers the columns of a tile: zeros where the kernel looks above, below or beside the input.
  private func gather(x: Int, y: Int, count: Int, into gathered: UnsafeMutablePointer<Float>, pitch: Int) {
    let (columns, height, source) = (input.layout.stride, input.height, input.value.pointer)
    var row = gathered
    for channel in 0..<inputs {
      for ky in 0..<kernel.height {
        let line = y + ky - padding.height
        for kx in 0..<kernel.width {
          if line < 0 || line >= height {
            row.update(repeating: 0, count: count)
          } else {
            let from = x + kx - padding.width
            let (low, high) = (max(0, -from), min(count, columns - from))
            let place = source + (channel * height + line) * columns + from
            for i in 0..<low { row[i] = 0 }
            (row + low).update(from: place + low, count: high - low)
            for i in high..<count { row[i] = 0 }
          }
          row += pitch
        }
      }
    }
  }

  /// Adds the gradient of a tile's columns to the gradient of the input's images.
  private func scatter(
    _ gathered: UnsafeMutablePointer<Float>, pitch: Int, x: Int, y: Int, count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    let (columns, height, mask) = (input.layout.stride, input.height, input.layout.mask.base)
    for row in 0...depth {
      // What a shift reads beside a row belongs to other tiles: zero.
      (gathered + row * pitch - margin).update(repeating: 0, count: margin)
      if row < depth { (gathered + row * pitch + count).update(repeating: 0, count: pitch - margin - count) }
    }
    let (from, to) = (max(0, x - 16), min(columns, x + count + 16))
    for channel in 0..<inputs {
      for ky in 0..<kernel.height {
        let line = y + ky - padding.height
        guard line >= 0 && line < height else { continue }
        let first = gathered + (channel * kernel.height + ky) * kernel.width * pitch + from - x + padding.width
        addShifted(
          first, rows: kernel.width, pitch: pitch - 1, mask: mask + from,
          target + (channel * height + line) * columns + from, count: to - from)
      }
    }
  }
}

/// target[x] += sum over `rows` of row[x], rows being `pitch` floats apart; zero where mask is.
@inline(never)
private func addShifted(
  _ first: UnsafePointer<Float>, rows: Int, pitch: Int, mask: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, count: Int
) {
  if rows == 3 {
    let (second, third) = (first + pitch, first + 2 * pitch)
    for x in stride(from: 0, to: count, by: Vector.width) {
      let v = Vector(target + x) + (Vector(first + x) + Vector(second + x) + Vector(third + x))
      keep(v, Vector(mask + x)).store(target + x)
    }
  } else {
    for x in stride(from: 0, to: count, by: Vector.width) {
      var v = Vector(target + x)
      for row in 0..<rows { v += Vector(first + row * pitch + x) }
      keep(v, Vector(mask + x)).store(target + x)
    }
  }
}
