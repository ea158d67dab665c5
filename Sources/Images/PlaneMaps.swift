import Foundation

/// An affine map of the plane: (x, y) -> (a x + b y + c, d x + e y + f). Coordinates are in pixels from the upper left
/// corner, y downwards; pixel (i, j) covers [i, i+1) x [j, j+1), so its centre is (i + 1/2, j + 1/2).
public struct AffineMap: Equatable, Sendable {
  public var a, b, c, d, e, f: Double

  public init(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double) {
    (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
  }

  public static let identity = AffineMap(1, 0, 0, 0, 1, 0)

  public static func translation(x: Double, y: Double) -> AffineMap { AffineMap(1, 0, x, 0, 1, y) }

  public static func scale(x: Double, y: Double) -> AffineMap { AffineMap(x, 0, 0, 0, y, 0) }

  /// (x, y) -> (x + shear * y, y).
  public static func shear(_ shear: Double) -> AffineMap { AffineMap(1, shear, 0, 0, 1, 0) }

  /// Turns clockwise on the screen (y points down) about the origin.
  public static func rotation(radians: Double) -> AffineMap {
    let (sine, cosine) = (sin(radians), cos(radians))
    return AffineMap(cosine, -sine, 0, sine, cosine, 0)
  }

  /// This map applied about a point instead of the origin.
  public func about(x: Double, y: Double) -> AffineMap {
    AffineMap.translation(x: -x, y: -y).then(self).then(.translation(x: x, y: y))
  }

  /// First this map, then `next`.
  public func then(_ next: AffineMap) -> AffineMap {
    AffineMap(
      next.a * a + next.b * d, next.a * b + next.b * e, next.a * c + next.b * f + next.c,
      next.d * a + next.e * d, next.d * b + next.e * e, next.d * c + next.e * f + next.f)
  }

  public func callAsFunction(x: Double, y: Double) -> (x: Double, y: Double) {
    (a * x + b * y + c, d * x + e * y + f)
  }

  /// The map back, or nil where this one flattens the plane.
  public var inverse: AffineMap? {
    let determinant = a * e - b * d
    guard determinant.isFinite, abs(determinant) > 1e-12 else { return nil }
    let r = 1 / determinant
    return AffineMap(e * r, -b * r, (b * f - e * c) * r, -d * r, a * r, (d * c - a * f) * r)
  }
}

/// A projective map of the plane: (x, y) -> ((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w), w = m6 x + m7 y + m8, in
/// the coordinates of `AffineMap`.
public struct PerspectiveMap: Equatable, Sendable {
  /// Nine numbers, row by row.
  public let m: [Double]

  public init(_ m: [Double]) {
    precondition(m.count == 9)
    self.m = m
  }

  public static let identity = PerspectiveMap([1, 0, 0, 0, 1, 0, 0, 0, 1])

  /// The map that takes four points to four others, or nil where three of them are (nearly) in line.
  /// Both lists have four (x, y) pairs in the same order.
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
    m = rows.map { $0[8] } + [1]
  }

  public func callAsFunction(x: Double, y: Double) -> (x: Double, y: Double) {
    let w = m[6] * x + m[7] * y + m[8]
    return ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
  }
}
