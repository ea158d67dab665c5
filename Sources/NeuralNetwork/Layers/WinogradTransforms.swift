import Tensors

// The transformations of F(2 x 2, 3 x 3), sixteen tiles or kernels at a time; see `ConvolutionWinograd.swift`.

/// Four vectors: a line of sixteen 4 x 4 tiles.
private typealias Four = (Vector, Vector, Vector, Vector)

/// Columns 2t - 1 ... 2t + 2 of 16 tiles; zeros outside of the line.
@inline(__always)
private func tileColumns(_ line: UnsafeMutablePointer<Float>?, tile: Int, count: Int) -> Four {
  guard let line else { return (Vector(), Vector(), Vector(), Vector()) }
  let x = 2 * tile
  func vector(_ from: Int) -> Vector {
    if from >= 0 && from + 16 <= count { return Vector(line + from) }
    var v = Vector()
    for i in 0..<16 where from + i >= 0 && from + i < count { v[i] = line[from + i] }
    return v
  }
  let (a, b, c, d) = (vector(x - 1), vector(x + 15), vector(x + 1), vector(x + 17))
  let (left, right) = (Vector.deinterleaved(a, b), Vector.deinterleaved(c, d))
  return (left.even, left.odd, right.even, right.odd)
}

/// B^T of one line or column of a tile.
@inline(__always)
private func inputTransform(_ d: Four) -> Four { (d.0 - d.2, d.1 + d.2, d.2 - d.1, d.1 - d.3) }

/// The transformed inputs of a line of tiles; position p of tile t is `target[p * pitch + t]`. Lines that are nil are
/// zero.
@inline(never)
func transformInputLine(
  _ a: UnsafeMutablePointer<Float>?, _ b: UnsafeMutablePointer<Float>?, _ c: UnsafeMutablePointer<Float>?,
  _ d: UnsafeMutablePointer<Float>?, count: Int, into target: UnsafeMutablePointer<Float>, pitch: Int
) {
  for tile in stride(from: 0, to: (count / 2 + 15) & ~15, by: Vector.width) {
    let rows = (
      inputTransform(tileColumns(a, tile: tile, count: count)),
      inputTransform(tileColumns(b, tile: tile, count: count)),
      inputTransform(tileColumns(c, tile: tile, count: count)), inputTransform(tileColumns(d, tile: tile, count: count))
    )
    let columns = (
      inputTransform((rows.0.0, rows.1.0, rows.2.0, rows.3.0)),
      inputTransform((rows.0.1, rows.1.1, rows.2.1, rows.3.1)),
      inputTransform((rows.0.2, rows.1.2, rows.2.2, rows.3.2)), inputTransform((rows.0.3, rows.1.3, rows.2.3, rows.3.3))
    )
    store(columns.0, column: 0, target + tile, pitch)
    store(columns.1, column: 1, target + tile, pitch)
    store(columns.2, column: 2, target + tile, pitch)
    store(columns.3, column: 3, target + tile, pitch)
  }
}

/// Writes a column of 4 x 4 positions.
@inline(__always)
private func store(_ v: Four, column: Int, _ target: UnsafeMutablePointer<Float>, _ pitch: Int) {
  v.0.store(target + column * pitch)
  v.1.store(target + (4 + column) * pitch)
  v.2.store(target + (8 + column) * pitch)
  v.3.store(target + (12 + column) * pitch)
}

/// A^T of one line or column of a transformed tile.
@inline(__always)
private func outputTransform(_ m: Four) -> (Vector, Vector) { (m.0 + m.1 + m.2, m.1 - m.2 - m.3) }

/// Two output lines from a line of transformed tiles; the second may be missing.
@inline(never)
func transformOutputLine(
  _ source: UnsafeMutablePointer<Float>, pitch: Int, _ first: UnsafeMutablePointer<Float>,
  _ second: UnsafeMutablePointer<Float>?, count: Int
) {
  for tile in stride(from: 0, to: count / 2, by: Vector.width) {
    func row(_ i: Int) -> (Vector, Vector) {
      let place = source + tile + 4 * i * pitch
      return outputTransform(
        (Vector(place), Vector(place + pitch), Vector(place + 2 * pitch), Vector(place + 3 * pitch)))
    }
    let rows = (row(0), row(1), row(2), row(3))
    let even = outputTransform((rows.0.0, rows.1.0, rows.2.0, rows.3.0))
    let odd = outputTransform((rows.0.1, rows.1.1, rows.2.1, rows.3.1))
    storePairs(even.0, odd.0, first + 2 * tile, count: count - 2 * tile)
    if let second { storePairs(even.1, odd.1, second + 2 * tile, count: count - 2 * tile) }
  }
}

/// Writes even[0], odd[0], even[1], ..., at most `count` of them, which is a multiple of 16.
@inline(__always)
private func storePairs(_ even: Vector, _ odd: Vector, _ target: UnsafeMutablePointer<Float>, count: Int) {
  let (a, b) = Vector.interleaved(even, odd)
  a.store(target)
  if count > 16 { b.store(target + 16) }
}

/// A dy A^T of a line of tiles, from two lines of the output's gradient; the second may be missing.
@inline(never)
func transformGradientLine(
  _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>?, count: Int,
  into target: UnsafeMutablePointer<Float>, pitch: Int
) {
  func pairs(_ line: UnsafeMutablePointer<Float>?, _ tile: Int) -> (Vector, Vector) {
    guard let line else { return (Vector(), Vector()) }
    let a = Vector(line + 2 * tile)
    let b = 2 * tile + 16 < count ? Vector(line + 2 * tile + 16) : Vector()
    return Vector.deinterleaved(a, b)
  }
  /// A of two values.
  func spread(_ a: Vector, _ b: Vector) -> Four { (a, a + b, a - b, -b) }
  for tile in stride(from: 0, to: (count / 2 + 15) & ~15, by: Vector.width) {
    let (top, bottom) = (pairs(first, tile), pairs(second, tile))
    let (left, right) = (spread(top.0, bottom.0), spread(top.1, bottom.1))
    func write(_ row: Int, _ v: Four) {
      let place = target + tile + 4 * row * pitch
      v.0.store(place)
      v.1.store(place + pitch)
      v.2.store(place + 2 * pitch)
      v.3.store(place + 3 * pitch)
    }
    write(0, spread(left.0, right.0))
    write(1, spread(left.1, right.1))
    write(2, spread(left.2, right.2))
    write(3, spread(left.3, right.3))
  }
}

/// G of one line or column of a kernel.
@inline(__always)
private func kernelTransform(_ g: (Vector, Vector, Vector)) -> Four {
  let (half, sum) = (Vector(repeating: 0.5), g.0 + g.2)
  return (g.0, half * (sum + g.1), half * (sum - g.1), g.2)
}

/// G g G^T of up to 16 kernels that are `step` floats apart, optionally rotated by half a turn; position p of kernel i
/// is `target[p * pitch + i]`.
@inline(never)
func transformKernels16(
  _ kernels: UnsafePointer<Float>, step: Int, turned: Bool, count: Int, into target: UnsafeMutablePointer<Float>,
  pitch: Int
) {
  func tap(_ i: Int) -> Vector {
    var v = Vector()
    let place = kernels + (turned ? 8 - i : i)
    withUnsafeMutablePointer(to: &v) {
      $0.withMemoryRebound(to: Float.self, capacity: 16) { lanes in
        for lane in 0..<count { lanes[lane] = place[lane * step] }
      }
    }
    return v
  }
  let lines = (
    kernelTransform((tap(0), tap(1), tap(2))), kernelTransform((tap(3), tap(4), tap(5))),
    kernelTransform((tap(6), tap(7), tap(8)))
  )
  func write(_ v: Four, column: Int) {
    func put(_ v: Vector, _ row: Int) { v.store(target + (4 * row + column) * pitch, first: count) }
    put(v.0, 0)
    put(v.1, 1)
    put(v.2, 2)
    put(v.3, 3)
  }
  write(kernelTransform((lines.0.0, lines.1.0, lines.2.0)), column: 0)
  write(kernelTransform((lines.0.1, lines.1.1, lines.2.1)), column: 1)
  write(kernelTransform((lines.0.2, lines.1.2, lines.2.2)), column: 2)
  write(kernelTransform((lines.0.3, lines.1.3, lines.2.3)), column: 3)
}

/// Adds G^T u G of up to 16 kernels to their gradients, which are contiguous.
@inline(never)
func addKernelGradients(
  _ source: UnsafePointer<Float>, pitch: Int, into gradients: UnsafeMutablePointer<Float>, count: Int
) {
  /// G^T of one line or column.
  func collect(_ u: Four) -> (Vector, Vector, Vector) {
    let half = Vector(repeating: 0.5)
    let (sum, difference) = (half * (u.1 + u.2), half * (u.1 - u.2))
    return (u.0 + sum, difference, sum + u.3)
  }
  func row(_ i: Int) -> (Vector, Vector, Vector) {
    let place = source + 4 * i * pitch
    return collect((Vector(place), Vector(place + pitch), Vector(place + 2 * pitch), Vector(place + 3 * pitch)))
  }
  let rows = (row(0), row(1), row(2), row(3))
  func add(_ v: (Vector, Vector, Vector), column: Int) {
    func add(_ v: Vector, _ tap: Int) {
      withUnsafePointer(to: v) {
        $0.withMemoryRebound(to: Float.self, capacity: 16) { lanes in
          for lane in 0..<count { gradients[9 * lane + tap] += lanes[lane] }
        }
      }
    }
    add(v.0, column)
    add(v.1, 3 + column)
    add(v.2, 6 + column)
  }
  add(collect((rows.0.0, rows.1.0, rows.2.0, rows.3.0)), column: 0)
  add(collect((rows.0.1, rows.1.1, rows.2.1, rows.3.1)), column: 1)
  add(collect((rows.0.2, rows.1.2, rows.2.2, rows.3.2)), column: 2)
}
