import Foundation

/// An affine map of the plane: (x, y) -> (a x + b y + c, d x + e y + f). Coordinates are in pixels from the upper left
/// corner, y downwards; pixel (i, j) covers [i, i+1) x [j, j+1), so its center is (i + 1/2, j + 1/2).
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

  /// Rotates clockwise on the screen (y points down) about the origin.
  public static func rotation(radians: Double) -> AffineMap {
    let (sine, cosine) = (sin(radians), cos(radians))
    return AffineMap(cosine, -sine, 0, sine, cosine, 0)
  }

  /// This map applied about a point instead of the origin.
  public func about(x: Double, y: Double) -> AffineMap {
    AffineMap.translation(x: -x, y: -y).then(self).then(.translation(x: x, y: y))
  }

  /// The composition: first this map, then `next`.
  public func then(_ next: AffineMap) -> AffineMap {
    AffineMap(
      next.a * a + next.b * d, next.a * b + next.b * e, next.a * c + next.b * f + next.c,
      next.d * a + next.e * d, next.d * b + next.e * e, next.d * c + next.e * f + next.f)
  }

  public func callAsFunction(x: Double, y: Double) -> (x: Double, y: Double) {
    (a * x + b * y + c, d * x + e * y + f)
  }

  /// The inverse map; nil if this map is singular.
  public var inverse: AffineMap? {
    let determinant = a * e - b * d
    guard determinant.isFinite, abs(determinant) > 1e-12 else { return nil }
    let r = 1 / determinant
    return AffineMap(e * r, -b * r, (b * f - e * c) * r, -d * r, a * r, (d * c - a * f) * r)
  }
}
