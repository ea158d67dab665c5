import Tensors

// Convolution of several input channels by GEMM. A tile is a range of columns of one output line, or of two lines
// before a pool, in all channels. For each tile the input is gathered into `columns` [depth, width], where row
// (channel, ky, kx) is the input line y + ky - padding shifted by kx - padding; the output tile is weight [out, depth]
// x columns. Without pooling it is written in place; with it, into scratch memory, and pooled from there.
//
// In the backward pass, the tile of the output's gradient times columns^T is added to the weight's gradient, and
// weight^T times the tile gives the gradient of the columns, which is added back to their input lines. (The
// alternative, a convolution of the output's gradient with the rotated kernel, gathers out * kernel rows instead of in
// * kernel, while the GEMM has only `in` rows to amortize its packing: it is slower, as networks widen.)

/// Floats of gathered columns: half of a second-level cache of 1 MB.
private let tileBudget = 131_072
/// The smallest useful number of columns in a tile; below it the GEMM spends its time packing weights.
private let narrowestTile = 256
/// Zeros before each row of gathered columns, for horizontal shifts.
private let margin = 16

/// A tile: `count` columns from `x` on of the output lines from `y` on.
private struct Tile {
  var x, y, count: Int
}

extension Convolution {
  /// Zero columns between the two lines of a tile, for horizontal shifts.
  private var lineGap: Int { kernel.width - 1 }

  /// Columns of a tile's line: lines are cut into equal parts, as wide as the budget allows.
  private var tileWidth: Int {
    let columns = input.layout.stride
    let widest = max(tileBudget / depth, narrowestTile) / tileLines
    let parts = (columns + widest - 1) / widest
    return Storage.padded((columns + parts - 1) / parts)
  }

  /// Floats from one row of gathered columns to the next: an odd number of cache lines, so that rows spread over the
  /// cache's sets.
  private var tilePitch: Int { (tileLines * (tileWidth + lineGap) + 2 * margin) | 16 }

  var columnScratchCount: Int { margin + (depth + (pooling == nil ? 0 : outputs)) * tilePitch }

  /// The scratch memory: gathered columns, then the lines before the pool.
  private var gathered: UnsafeMutablePointer<Float> { scratch.pointer + margin }
  private var pooledTile: UnsafeMutablePointer<Float> { gathered + depth * tilePitch }

  /// Columns of a tile's GEMM.
  private func width(of tile: Tile) -> Int { tileLines * (tile.count + lineGap) - lineGap }

  private func forEachTile(_ body: (Tile) -> Void) {
    let (columns, width) = (input.layout.stride, tileWidth)
    var x = 0
    while x < columns {
      let end = min(columns, x + width)
      let cut = pooling?.cut(at: end) ?? end
      pooling?.select(x..<cut)
      for y in stride(from: 0, to: lines, by: tileLines) { body(Tile(x: x, y: y, count: cut - x)) }
      x = cut
    }
  }

  func forwardColumns() {
    let (columns, plane) = (input.layout.stride, output.height * output.layout.stride)
    let (gathered, pitch, weights) = (gathered, tilePitch, weight.value.pointer)
    forEachTile { tile in
      gather(tile, into: gathered, pitch: pitch)
      if let pooling {
        let lines = pooledTile
        gemm(
          m: outputs, n: width(of: tile), k: depth, weights, lda: depth, gathered, ldb: pitch, beta: 0, lines,
          ldc: pitch)
        for channel in 0..<outputs {
          let first = lines + channel * pitch
          pooling.pool(first, first + tile.count + lineGap, map(channel), channel: channel, y: tile.y / 2)
        }
      } else {
        let place = output.value.pointer + tile.y * columns + tile.x
        let (biases, mask) = (bias?.value.pointer, output.layout.mask.base + tile.x)
        gemm(
          m: outputs, n: tile.count, k: depth, weights, lda: depth, gathered, ldb: pitch, beta: 0, place, ldc: plane)
        for channel in 0..<outputs {
          finishColumns(place + channel * plane, bias: biases?[channel] ?? 0, relu: relu, mask: mask, count: tile.count)
        }
      }
    }
  }

  func backwardColumns() {
    let (gathered, pitch) = (gathered, tilePitch)
    let (weights, weightGradient) = (weight.value.pointer, weight.gradient.pointer)
    inputGradient?.fill(0)
    for row in 0...depth { (gathered + row * pitch - margin).update(repeating: 0, count: margin) }
    forEachTile { tile in
      pollProgress()
      let (gradient, plane) = receiveGradient(tile, pitch: pitch)
      let width = width(of: tile)
      gather(tile, into: gathered, pitch: pitch)
      gemm(
        transposeB: true, m: outputs, n: depth, k: width, gradient, lda: plane, gathered, ldb: pitch, beta: 1,
        weightGradient, ldc: depth)
      guard let inputGradient else { return }
      gemm(
        transposeA: true, m: depth, n: width, k: outputs, weights, lda: depth, gradient, ldb: plane, beta: 0, gathered,
        ldc: pitch)
      scatter(gathered, pitch: pitch, tile, into: inputGradient.pointer)
    }
  }

  /// The gradient of a tile before ReLU and pooling, [out, columns of the tile's GEMM], and the floats from row to row.
  private func receiveGradient(_ tile: Tile, pitch: Int) -> (UnsafeMutablePointer<Float>, Int) {
    sums.withUnsafeMutableBufferPointer { sums in
      if let pooling {
        let lines = pooledTile
        for channel in 0..<outputs {
          let (first, second) = (lines + channel * pitch, lines + channel * pitch + tile.count + lineGap)
          pooling.unpool(channel: channel, y: tile.y / 2, into: first, second)
          (first + tile.count).update(repeating: 0, count: lineGap)
          (second + tile.count).update(repeating: 0, count: margin)
          if bias != nil { sums[channel] += Double(lineSum(first, count: Storage.padded(width(of: tile)))) }
        }
        return (lines, pitch)
      }
      let (columns, plane) = (input.layout.stride, output.height * input.layout.stride)
      let place = tile.y * columns + tile.x
      let (value, gradient) = (output.value.pointer + place, output.gradient!.pointer + place)
      for channel in 0..<outputs {
        let j = channel * plane
        receiveGradient(gradient + j, value: value + j, count: tile.count, biasSum: &sums[channel])
      }
      return (gradient, plane)
    }
  }

  /// Gathers the columns of a tile: zeros where the kernel reaches above, below or beside the input.
  private func gather(_ tile: Tile, into gathered: UnsafeMutablePointer<Float>, pitch: Int) {
    let (columns, height, source, lineGap) = (input.layout.stride, input.height, input.value.pointer, lineGap)
    let (count, lines) = (tile.count, tileLines)
    var row = gathered
    for channel in 0..<inputs {
      for ky in 0..<kernel.height {
        for kx in 0..<kernel.width {
          let from = tile.x + kx - padding.width
          let (low, high) = (max(0, -from), min(count, columns - from))
          var part = row
          for i in 0..<lines {
            let line = tile.y + i + ky - padding.height
            if line < 0 || line >= height {
              part.update(repeating: 0, count: count)
            } else {
              let place = source + (channel * height + line) * columns + from
              for i in 0..<low { part[i] = 0 }
              (part + low).update(from: place + low, count: high - low)
              for i in high..<count { part[i] = 0 }
            }
            part += count
            guard i < lines - 1 else { continue }
            for i in 0..<lineGap { part[i] = 0 }
            part += lineGap
          }
          row += pitch
        }
      }
    }
  }

  /// Adds the gradient of a tile's columns to the gradient of the input's images.
  private func scatter(
    _ gathered: UnsafeMutablePointer<Float>, pitch: Int, _ tile: Tile, into target: UnsafeMutablePointer<Float>
  ) {
    let (columns, height, mask) = (input.layout.stride, input.height, input.layout.mask.base)
    // A shift reads zeros beside each line: before the rows, between the lines (the gradient is zero there), and at the
    // end.
    let end = width(of: tile)
    for row in 0..<depth { for i in end..<end + lineGap { gathered[row * pitch + i] = 0 } }
    let from = max(0, tile.x - padding.width)
    let to = min(columns, tile.x + tile.count + lineGap - padding.width)
    for channel in 0..<inputs {
      for ky in 0..<kernel.height {
        for i in 0..<tileLines {
          let line = tile.y + i + ky - padding.height
          guard line >= 0 && line < height else { continue }
          let row = gathered + (channel * kernel.height + ky) * kernel.width * pitch + i * (tile.count + lineGap)
          addShifted(
            row + from - tile.x + padding.width, rows: kernel.width, pitch: pitch - 1, mask: mask + from,
            target + (channel * height + line) * columns + from, head: -from & 15, count: to - from)
        }
      }
    }
  }
}

/// target[x] += sum over `rows` of row[x], rows being `pitch` floats apart; zero where mask is. The first `head` floats
/// of the target reach to a vector boundary.
@inline(never)
private func addShifted(
  _ first: UnsafePointer<Float>, rows: Int, pitch: Int, mask: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, head: Int, count: Int
) {
  @inline(__always) func sum(_ x: Int) -> Vector {
    var v = Vector(target + x)
    if rows == 3 {
      let (a, b, c) = (Vector(first + x), Vector(first + pitch + x), Vector(first + 2 * pitch + x))
      v += a + b + c
    } else {
      for row in 0..<rows { v += Vector(first + row * pitch + x) }
    }
    return keep(v, Vector(mask + x))
  }
  var x = min(head, count)
  if x > 0 { sum(0).store(target, first: x) }
  while x + Vector.width <= count {
    sum(x).store(target + x)
    x += Vector.width
  }
  if x < count { sum(x).store(target + x, first: count - x) }
}
