import Tensors

// Maxima over windows of two lines, one vector at a time, and their positions. Before the maximum each value v becomes
// (v - mean) * scale + shift; after it, values below `floor` become `floor`: bias, normalization and ReLU need no pass
// of their own. The position of a maximum is one byte: see ``Place``. On ties the first wins, line by line; NaN always
// wins.

/// The map that a pool applies to a line's values.
struct PoolMap {
  var mean: Float = 0
  var scale: Float = 1
  var shift: Float = 0
  /// 0 for ReLU, else minus infinity.
  var floor: Float = -.infinity
}

/// The position of a maximum in its window.
enum Place {
  static let topLeft: Int32 = 0
  static let topRight: Int32 = 1
  static let bottomLeft: Int32 = 2
  static let bottomRight: Int32 = 3
  /// ReLU made it zero: it passes no gradient.
  static let nowhere: Int32 = 4
}

private typealias Places = SIMD16<Int32>

/// A ``PoolMap`` as vectors.
private struct VectorMap {
  let mean, scale, shift, floor: Vector

  @inline(__always)
  init(_ map: PoolMap) {
    (mean, scale) = (Vector(repeating: map.mean), Vector(repeating: map.scale))
    (shift, floor) = (Vector(repeating: map.shift), Vector(repeating: map.floor))
  }

  @inline(__always)
  func callAsFunction(_ v: Vector) -> Vector { shift.multiplyAdd(v - mean, scale) }
}

/// True where `b` replaces `a` as the maximum: it is larger, or NaN. A diverged network must not look healthy.
@inline(__always)
private func wins(_ b: Vector, over a: Vector) -> SIMDMask<Vector.MaskStorage> {
  (b .> a) .| (b .!= b)
}

/// The larger of each pair of lanes. (`pointwiseMax` of two variables compiles to a loop over lanes.)
@inline(__always)
private func larger(_ a: Vector, _ b: Vector) -> Vector {
  a.replacing(with: b, where: wins(b, over: a))
}

/// `gradient` in the lanes whose place is `place`, zero in the others.
@inline(__always)
private func part(_ gradient: Vector, _ places: Places, _ place: Int32) -> Vector {
  Vector(repeating: 0).replacing(with: gradient, where: places .== Places(repeating: place))
}

/// Writes the maxima of the windows (a, b; c, d) and their places.
@inline(__always)
private func poolSquare(
  _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, floor: Vector, into target: UnsafeMutablePointer<Float>,
  _ places: UnsafeMutablePointer<UInt8>
) {
  let (top, bottom) = (larger(a, b), larger(c, d))
  let largest = larger(top, bottom)
  let above = Places(repeating: Place.topLeft).replacing(
    with: Places(repeating: Place.topRight), where: wins(b, over: a))
  let below = Places(repeating: Place.bottomLeft).replacing(
    with: Places(repeating: Place.bottomRight), where: wins(d, over: c))
  let dead = largest .<= floor
  above.replacing(with: below, where: wins(bottom, over: top))
    .replacing(with: Places(repeating: Place.nowhere), where: dead).storeBytes(places)
  largest.replacing(with: floor, where: dead).store(target)
}

// MARK: Two lines by one column

/// target[x] = the larger of first[x] and second[x]; zero where `mask` is. `count` is a multiple of 16.
@inline(never)
func poolLines(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ map: PoolMap, mask: UnsafePointer<Float>,
  into target: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<UInt8>, count: Int
) {
  let map = VectorMap(map)
  for x in stride(from: 0, to: count, by: Vector.width) {
    let (a, b) = (map(Vector(first + x)), map(Vector(second + x)))
    let largest = larger(a, b)
    let dead = largest .<= map.floor
    Places(repeating: Place.topLeft).replacing(with: Places(repeating: Place.bottomLeft), where: wins(b, over: a))
      .replacing(with: Places(repeating: Place.nowhere), where: dead).storeBytes(places + x)
    keep(largest.replacing(with: map.floor, where: dead), Vector(mask + x)).store(target + x)
  }
}

/// Backward of ``poolLines``; the gradient is zero between images.
@inline(never)
func unpoolLines(
  _ gradient: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, into first: UnsafeMutablePointer<Float>,
  _ second: UnsafeMutablePointer<Float>, count: Int
) {
  for x in stride(from: 0, to: count, by: Vector.width) {
    let (g, place) = (Vector(gradient + x), Places(bytes: places + x))
    part(g, place, Place.topLeft).store(first + x)
    part(g, place, Place.bottomLeft).store(second + x)
  }
}

// MARK: Two by two

/// target[x] = the maximum of columns 2x and 2x + 1 of two lines, for `count` columns of one image.
@inline(never)
func poolSquares(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ map: PoolMap,
  into target: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<UInt8>, count: Int
) {
  guard count >= Vector.width else {
    for x in 0..<count {
      poolWindow(first + 2 * x, second + 2 * x, columns: 0..<2, map, into: target + x, places + x)
    }
    return
  }
  PoolingKernels.poolSquares(
    first, second, mean: map.mean, scale: map.scale, shift: map.shift, floor: map.floor, into: target, places,
    count: count)
}

/// Backward of ``poolSquares``: writes 2 * `count` columns of both lines.
@inline(never)
func unpoolSquares(
  _ gradient: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, into first: UnsafeMutablePointer<Float>,
  _ second: UnsafeMutablePointer<Float>, count: Int
) {
  guard count >= Vector.width else {
    for x in 0..<count {
      for column in 0..<2 {
        first[2 * x + column] = Int32(places[x]) == Place.topLeft + Int32(column) ? gradient[x] : 0
        second[2 * x + column] = Int32(places[x]) == Place.bottomLeft + Int32(column) ? gradient[x] : 0
      }
    }
    return
  }
  PoolingKernels.unpoolSquares(gradient, places, into: first, second, count: count)
}

// MARK: Two by two, one column apart

/// target[x] = the maximum of columns x - 1 and x of two lines, limited to columns of the image, for the
/// `width` + 1 windows of an image of `width` columns.
@inline(never)
func poolNeighbors(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ map: PoolMap,
  into target: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<UInt8>, width: Int
) {
  poolWindow(first - 1, second - 1, columns: 1..<2, map, into: target, places)
  poolWindow(first + width - 1, second + width - 1, columns: 0..<1, map, into: target + width, places + width)
  guard width > Vector.width else {
    for x in 1..<width { poolWindow(first + x - 1, second + x - 1, columns: 0..<2, map, into: target + x, places + x) }
    return
  }
  let map = VectorMap(map)
  var x = 1
  while x < width {
    x = min(x, width - Vector.width)
    poolSquare(
      map(Vector(first + x - 1)), map(Vector(first + x)), map(Vector(second + x - 1)), map(Vector(second + x)),
      floor: map.floor, into: target + x, places + x)
    x += Vector.width
  }
}

/// Backward of ``poolNeighbors``: writes `width` columns of both lines.
@inline(never)
func unpoolNeighbors(
  _ gradient: UnsafePointer<Float>, _ places: UnsafePointer<UInt8>, into first: UnsafeMutablePointer<Float>,
  _ second: UnsafeMutablePointer<Float>, width: Int
) {
  guard width >= Vector.width else {
    func share(_ x: Int, _ place: Int32) -> Float { Int32(places[x]) == place ? gradient[x] : 0 }
    for x in 0..<width {
      first[x] = share(x, Place.topRight) + share(x + 1, Place.topLeft)
      second[x] = share(x, Place.bottomRight) + share(x + 1, Place.bottomLeft)
    }
    return
  }
  var x = 0
  while x < width {
    x = min(x, width - Vector.width)
    // Column x is the right column of window x and the left one of window x + 1.
    let (g, place) = (Vector(gradient + x), Places(bytes: places + x))
    let (next, nextPlace) = (Vector(gradient + x + 1), Places(bytes: places + x + 1))
    (part(g, place, Place.topRight) + part(next, nextPlace, Place.topLeft)).store(first + x)
    (part(g, place, Place.bottomRight) + part(next, nextPlace, Place.bottomLeft)).store(second + x)
    x += Vector.width
  }
}

/// One window; only the columns in `columns` belong to the image.
private func poolWindow(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, columns: Range<Int>, _ map: PoolMap,
  into target: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<UInt8>
) {
  var (largest, place) = (-Float.infinity, Place.nowhere)
  func take(_ value: Float, _ candidate: Int32) {
    let v = map.shift.addingProduct(value - map.mean, map.scale)
    if place == Place.nowhere || v > largest || v.isNaN { (largest, place) = (v, candidate) }
  }
  for column in columns { take(first[column], Place.topLeft + Int32(column)) }
  for column in columns { take(second[column], Place.bottomLeft + Int32(column)) }
  if largest <= map.floor { (largest, place) = (map.floor, Place.nowhere) }
  (target.pointee, places.pointee) = (largest, UInt8(place))
}
