import Tensors

/// Even and odd elements of 32 consecutive floats.
@inline(__always)
private func deinterleaved(_ address: UnsafePointer<Float>) -> (even: Vector, odd: Vector) {
  let (a, b) = (Vector(address), Vector(address + 16))
  return (Vector(lowHalf: a.evenHalf, highHalf: b.evenHalf), Vector(lowHalf: a.oddHalf, highHalf: b.oddHalf))
}

/// Writes even[0], odd[0], even[1], odd[1], ...
@inline(__always)
private func storeInterleaved(_ even: Vector, _ odd: Vector, _ address: UnsafeMutablePointer<Float>) {
  var (a, b) = (Vector(), Vector())
  (a.evenHalf, a.oddHalf) = (even.lowHalf, odd.lowHalf)
  (b.evenHalf, b.oddHalf) = (even.highHalf, odd.highHalf)
  a.store(address)
  b.store(address + 16)
}

/// The larger of each pair of lanes. (`pointwiseMax` of two variables compiles to a loop over lanes.)
@inline(__always)
private func larger(_ a: Vector, _ b: Vector) -> Vector {
  a.replacing(with: b, where: b .> a)
}

/// `v` where `mask` is true and 0 elsewhere, and the other way round. What is left of the bits is the other part: a second
/// select would make the compiler carry the mask through every shuffle that follows.
@inline(__always)
private func split(_ v: Vector, _ mask: SIMDMask<Vector.MaskStorage>) -> (where: Vector, elsewhere: Vector) {
  let part = Vector(repeating: 0).replacing(with: v, where: mask)
  let rest = unsafeBitCast(v, to: SIMD16<UInt32>.self) ^ unsafeBitCast(part, to: SIMD16<UInt32>.self)
  return (part, unsafeBitCast(rest, to: Vector.self))
}

/// target[x] = max(first[x], second[x]); `count` is a multiple of 16.
@inline(never)
func poolLines(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
  for x in stride(from: 0, to: count, by: Vector.width) {
    larger(Vector(first + x), Vector(second + x)).store(target + x)
  }
}

/// Backward of ``poolLines``: the gradient goes to the line with the maximum, to the first if both have it.
@inline(never)
func unpoolLines(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  into firstGradient: UnsafeMutablePointer<Float>, _ secondGradient: UnsafeMutablePointer<Float>, count: Int
) {
  for x in stride(from: 0, to: count, by: Vector.width) {
    let (below, above) = split(Vector(gradient + x), Vector(second + x) .> Vector(first + x))
    above.store(firstGradient + x)
    below.store(secondGradient + x)
  }
}

/// target[x] = the maximum of columns 2x and 2x + 1 of two lines, for `count` columns of one image.
@inline(never)
func poolSquares(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
  if count >= Vector.width {
    var x = 0
    while x < count {
      x = min(x, count - Vector.width)  // the last vector overlaps the one before
      let (a, b) = deinterleaved(first + 2 * x)
      let (c, d) = deinterleaved(second + 2 * x)
      larger(larger(a, b), larger(c, d)).store(target + x)
      x += Vector.width
    }
  } else {
    for x in 0..<count {
      let (a, b, c, d) = (first[2 * x], first[2 * x + 1], second[2 * x], second[2 * x + 1])
      let (top, bottom) = (b > a ? b : a, d > c ? d : c)
      target[x] = bottom > top ? bottom : top
    }
  }
}

/// Backward of ``poolSquares``: writes 2 * `count` columns of both gradient lines.
@inline(never)
func unpoolSquares(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  into firstGradient: UnsafeMutablePointer<Float>, _ secondGradient: UnsafeMutablePointer<Float>, count: Int
) {
  if count >= Vector.width {
    var x = 0
    while x < count {
      x = min(x, count - Vector.width)
      let (a, b) = deinterleaved(first + 2 * x)
      let (c, d) = deinterleaved(second + 2 * x)
      let (below, above) = split(Vector(gradient + x), larger(c, d) .> larger(a, b))
      let (topRight, topLeft) = split(above, b .> a)
      let (bottomRight, bottomLeft) = split(below, d .> c)
      storeInterleaved(topLeft, topRight, firstGradient + 2 * x)
      storeInterleaved(bottomLeft, bottomRight, secondGradient + 2 * x)
      x += Vector.width
    }
  } else {
    for x in 0..<count {
      let (a, b, c, d) = (first[2 * x], first[2 * x + 1], second[2 * x], second[2 * x + 1])
      let below = (d > c ? d : c) > (b > a ? b : a)
      let (top, bottom) = below ? (0, gradient[x]) : (gradient[x], 0)
      (firstGradient[2 * x], firstGradient[2 * x + 1]) = b > a ? (0, top) : (top, 0)
      (secondGradient[2 * x], secondGradient[2 * x + 1]) = d > c ? (0, bottom) : (bottom, 0)
    }
  }
}
