import Tensors

/// Small shifts of an image's pixels: random shifts that vary smoothly between the points of a grid, and a bend of the
/// whole line. Keeps its memory between uses: one per thread.
///
/// No pixel is shifted by more than `strength` to either side, and by `strength + |bend| / 2` up or down.
public final class DisplacementField {
  public private(set) var width = 0
  public private(set) var height = 0
  /// Columns of the grid.
  private var columns = 0
  private var cell: Float = 1
  /// Shifts at the grid's points in pixels, row by row: point (i, j) is at (i * cell, j * cell).
  private var gridX: [Float] = []
  private var gridY: [Float] = []
  /// The grid between two of its rows.
  private var betweenX: [Float] = []
  private var betweenY: [Float] = []
  /// The bend's shift of each column.
  private var bends: [Float] = []
  /// Shifts of one row of pixels.
  private var shiftX: [Float] = []
  private var shiftY: [Float] = []

  public init() {}

  /// Reserves memory for images of up to that size and grids of that cell size.
  public func reserve(width: Int, height: Int, cell: Float) {
    let columns = Int(Float(width) / cell) + 2
    let points = columns * (Int(Float(height) / cell) + 2)
    gridX.reserveCapacity(points)
    gridY.reserveCapacity(points)
    betweenX.reserveCapacity(columns)
    betweenY.reserveCapacity(columns)
    bends.reserveCapacity(width)
    shiftX.reserveCapacity(width)
    shiftY.reserveCapacity(width)
  }

  /// Draws the field for images of width x height.
  /// - Parameters:
  ///   - strength: largest random shift in pixels, 0 or more.
  ///   - cell: distance of the grid's points in pixels, at least 1.
  ///   - bend: rise of a parabola over the line in pixels, negative to bend the other way.
  ///   - middle: the position of its vertex: 0 at the left end, 1 at the right.
  ///   - random: advanced by two numbers for each point of the grid, or not at all if the strength is 0.
  public func prepare(
    width: Int, height: Int, strength: Float, cell: Float, bend: Float, middle: Float, _ random: inout KeyedRandom
  ) {
    precondition(width > 0 && height > 0 && strength >= 0 && cell >= 1)
    (self.width, self.height, self.cell) = (width, height, cell)
    columns = Int(Float(width) / cell) + 2
    let points = columns * (Int(Float(height) / cell) + 2)
    resize(&gridX, points)
    resize(&gridY, points)
    if strength > 0 {
      for i in 0..<points {
        gridX[i] = random.uniform(-strength, strength)
        gridY[i] = random.uniform(-strength, strength)
      }
    } else {
      for i in 0..<points { (gridX[i], gridY[i]) = (0, 0) }
    }
    resize(&betweenX, columns)
    resize(&betweenY, columns)
    resize(&bends, width)
    resize(&shiftX, width)
    resize(&shiftY, width)
    let reach = max(middle, 1 - middle)
    for x in 0..<width {
      let t = ((Float(x) + 0.5) / Float(width) - middle) / reach
      bends[x] = bend * (t * t - 0.5)
    }
  }

  private func resize(_ values: inout [Float], _ count: Int) {
    if values.count > count { values.removeLast(values.count - count) }
    while values.count < count { values.append(0) }
  }

  /// The shifts of the pixels of row `y`, in pixels.
  func withRow(_ y: Int, _ body: (_ shiftX: UnsafePointer<Float>, _ shiftY: UnsafePointer<Float>) -> Void) {
    let v = (Float(y) + 0.5) / cell
    let (j, t) = (Int(v), v - Float(Int(v)))
    mix(gridX, row: j, t, into: &betweenX)
    mix(gridY, row: j, t, into: &betweenY)
    let scale = 1 / cell
    shiftX.withUnsafeMutableBufferPointer { shiftX in
      shiftY.withUnsafeMutableBufferPointer { shiftY in
        betweenX.withUnsafeBufferPointer { pointsX in
          betweenY.withUnsafeBufferPointer { pointsY in
            bends.withUnsafeBufferPointer { bends in
              for x in 0..<width {
                let u = (Float(x) + 0.5) * scale
                let i = min(Int(u), columns &- 2)
                let s = u - Float(i)
                shiftX[x] = pointsX[i] + s * (pointsX[i &+ 1] - pointsX[i])
                shiftY[x] = pointsY[i] + s * (pointsY[i &+ 1] - pointsY[i]) + bends[x]
              }
            }
          }
        }
        body(UnsafePointer(shiftX.baseAddress!), UnsafePointer(shiftY.baseAddress!))
      }
    }
  }

  private func mix(_ grid: [Float], row j: Int, _ t: Float, into target: inout [Float]) {
    for i in 0..<columns {
      let (upper, lower) = (grid[j * columns + i], grid[(j + 1) * columns + i])
      target[i] = upper + t * (lower - upper)
    }
  }
}
