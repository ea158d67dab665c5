import Tensors

/// A smooth field of shifts over the plane, from random numbers that depend on the position only.
struct WobbleField {
  let key: SIMD2<UInt32>
  let cell: Double
  let strength: Double

  func shift(_ x: Double, _ y: Double) -> SIMD2<Double> {
    guard strength > 0 else { return .zero }
    let (u, v) = (x / cell, y / cell)
    let (i, j) = (u.rounded(.down), v.rounded(.down))
    let (s, t) = (smoothstep(u - i), smoothstep(v - j))
    let (a, b) = (point(i, j), point(i + 1, j))
    let (c, d) = (point(i, j + 1), point(i + 1, j + 1))
    let upper = a + s * (b - a)
    let lower = c + s * (d - c)
    return upper + t * (lower - upper)
  }

  private func point(_ i: Double, _ j: Double) -> SIMD2<Double> {
    let block = KeyedRandom.philox(
      counter: SIMD4(UInt32(bitPattern: Int32(i)), UInt32(bitPattern: Int32(j)), 0, RandomPurpose.synthesis.rawValue),
      key: key)
    let unit = SIMD2(Double(block.x), Double(block.y)) * 0x1p-31 - 1
    return unit * strength
  }
}

/// Rises smoothly from 0 at 0 to 1 at 1.
func smoothstep(_ t: Double) -> Double { t * t * (3 - 2 * t) }
