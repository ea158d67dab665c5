import Tensors

/// A smooth random field in -1...1: random values on a grid, interpolated linearly. Keeps its memory between uses: one
/// per thread.
public final class SoftTexture {
  private var columns = 0
  private var cell = 1
  private var scale: Float = 1
  private var values: [Float] = []

  public init() {}

  /// Reserves memory for images of up to that size and grids of that cell size.
  public func reserve(width: Int, height: Int, cell: Int) {
    values.reserveCapacity((width / cell + 2) * (height / cell + 2))
  }

  /// Draws a field for images of width x height; `cell` is the distance of the grid's points in pixels, at least 1.
  public func prepare(width: Int, height: Int, cell: Int, _ random: inout KeyedRandom) {
    precondition(width > 0 && height > 0 && cell > 0)
    columns = width / cell + 2
    (self.cell, scale) = (cell, 1 / Float(cell))
    values.removeAll(keepingCapacity: true)
    for _ in 0..<columns * (height / cell + 2) { values.append(random.uniform(-1, 1)) }
  }

  /// The field at a pixel of the image for which it was drawn.
  @inline(__always)
  public func value(_ x: Int, _ y: Int) -> Float {
    let (u, v) = (Float(x) * scale, Float(y) * scale)
    let (i, j) = (Int(u), Int(v))
    let (s, t) = (u - Float(i), v - Float(j))
    let at = j * columns + i
    let upper = values[at] + s * (values[at + 1] - values[at])
    let lower = values[at + columns] + s * (values[at + columns + 1] - values[at + columns])
    return upper + t * (lower - upper)
  }

  /// Adds the field at the `count` pixels of row `y`, times `share`, to `row`.
  func add(row y: Int, times share: Float, to row: UnsafeMutablePointer<Float>, count: Int) {
    let v = Float(y) * scale
    let (j, t) = (Int(v), v - Float(Int(v)))
    values.withUnsafeBufferPointer { values in
      let upper = values.baseAddress! + j * columns
      let lower = upper + columns
      var (start, i) = (0, 0)
      while start < count {
        let left = upper[i] + t * (lower[i] - upper[i])
        let right = upper[i + 1] + t * (lower[i + 1] - upper[i + 1])
        let (origin, step) = (share * left, share * (right - left) * scale)
        let target = row + start
        for k in 0..<min(cell, count - start) { target[k] += origin + step * Float(k) }
        (start, i) = (start + cell, i + 1)
      }
    }
  }
}
