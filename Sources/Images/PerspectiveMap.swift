/// A projective map of the plane: (x, y) -> ((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w), w = m6 x + m7 y + m8, in
/// the coordinates of `AffineMap`.
public struct PerspectiveMap: Equatable, Sendable {
  /// m0, m1, m2 and m3, m4, m5 and m6, m7, m8.
  let x, y, w: SIMD3<Double>

  init(x: SIMD3<Double>, y: SIMD3<Double>, w: SIMD3<Double>) {
    (self.x, self.y, self.w) = (x, y, w)
  }

  /// - Parameter m: nine numbers, row by row.
  public init(_ m: [Double]) {
    precondition(m.count == 9)
    self.init(x: SIMD3(m[0], m[1], m[2]), y: SIMD3(m[3], m[4], m[5]), w: SIMD3(m[6], m[7], m[8]))
  }

  /// The same map, in projective form.
  public init(_ map: AffineMap) {
    self.init(x: SIMD3(map.a, map.b, map.c), y: SIMD3(map.d, map.e, map.f), w: SIMD3(0, 0, 1))
  }

  public static let identity = PerspectiveMap([1, 0, 0, 0, 1, 0, 0, 0, 1])

  /// The map that takes four points to four others, or nil if three of them are (nearly) collinear. Both lists have
  /// four (x, y) pairs in the same order.
  public init?(from source: [SIMD2<Double>], to target: [SIMD2<Double>]) {
    precondition(source.count == 4 && target.count == 4)
    // m8 = 1; two linear equations per point in the other eight: u w = m0 x + m1 y + m2, v w = m3 x + m4 y + m5.
    var rows: [[Double]] = []
    for (p, q) in zip(source, target) {
      rows.append([p.x, p.y, 1, 0, 0, 0, -q.x * p.x, -q.x * p.y, q.x])
      rows.append([0, 0, 0, p.x, p.y, 1, -q.y * p.x, -q.y * p.y, q.y])
    }
    // Gauss-Jordan with row pivoting.
    for column in 0..<8 {
      let pivot = (column..<8).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
      guard abs(rows[pivot][column]) > 1e-9 else { return nil }
      rows.swapAt(column, pivot)
      let factor = 1 / rows[column][column]
      for i in column..<9 { rows[column][i] *= factor }
      for row in 0..<8 where row != column {
        let multiple = rows[row][column]
        for i in column..<9 { rows[row][i] -= multiple * rows[column][i] }
      }
    }
    self.init(rows.map { $0[8] } + [1])
  }

  /// The map that takes the corners of the unit square, (0, 0), (1, 0), (1, 1), (0, 1), to four points of a convex
  /// quadrilateral in that order; nil if three of them are (nearly) collinear. Allocates nothing (Heckbert 1989).
  public init?(unitSquareTo p0: SIMD2<Double>, _ p1: SIMD2<Double>, _ p2: SIMD2<Double>, _ p3: SIMD2<Double>) {
    let (side1, side2, sum) = (p1 - p2, p3 - p2, p0 - p1 + p2 - p3)
    let determinant = side1.x * side2.y - side2.x * side1.y
    guard determinant.isFinite, abs(determinant) > 1e-12 else { return nil }
    let g = (sum.x * side2.y - side2.x * sum.y) / determinant
    let h = (side1.x * sum.y - sum.x * side1.y) / determinant
    self.init(
      x: SIMD3(p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x),
      y: SIMD3(p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y), w: SIMD3(g, h, 1))
  }

  /// The composition: first this map, then `next`.
  public func then(_ next: PerspectiveMap) -> PerspectiveMap {
    func row(_ r: SIMD3<Double>) -> SIMD3<Double> { r.x * x + r.y * y + r.z * w }
    return PerspectiveMap(x: row(next.x), y: row(next.y), w: row(next.w))
  }

  public func then(_ next: AffineMap) -> PerspectiveMap { then(PerspectiveMap(next)) }

  /// The inverse map; nil if this map is singular.
  public var inverse: PerspectiveMap? {
    func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
    // The columns of the adjugate.
    let (c0, c1, c2) = (cross(y, w), cross(w, x), cross(x, y))
    let determinant = x.x * c0.x + x.y * c0.y + x.z * c0.z
    guard determinant.isFinite, abs(determinant) > 1e-12 else { return nil }
    let r = 1 / determinant
    return PerspectiveMap(
      x: r * SIMD3(c0.x, c1.x, c2.x), y: r * SIMD3(c0.y, c1.y, c2.y), w: r * SIMD3(c0.z, c1.z, c2.z))
  }

  public func callAsFunction(x px: Double, y py: Double) -> (x: Double, y: Double) {
    let w = w.x * px + w.y * py + w.z
    return ((x.x * px + x.y * py + x.z) / w, (y.x * px + y.y * py + y.z) / w)
  }
}
