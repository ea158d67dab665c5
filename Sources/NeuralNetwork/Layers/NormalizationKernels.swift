import Tensors

// Inner loops of batch normalization over one line, a multiple of 16 columns.

/// target = max(floor, (source - mean) * scale + shift), zero where mask is.
@inline(never)
func normalizeLine(
  _ source: UnsafePointer<Float>, _ map: PoolMap, mask: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
  count: Int
) {
  let (mean, scale) = (Vector(repeating: map.mean), Vector(repeating: map.scale))
  let (shift, floor) = (Vector(repeating: map.shift), Vector(repeating: map.floor))
  for x in stride(from: 0, to: count, by: Vector.width) {
    let v = shift.multiplyAdd(Vector(source + x) - mean, scale)
    keep(v.replacing(with: floor, where: v .< floor), Vector(mask + x)).store(target + x)
  }
}

/// The sum of (source - mean)^2 where mask is 1.
@inline(never)
func squaredDeviations(
  _ source: UnsafePointer<Float>, mean: Float, mask: UnsafePointer<Float>, count: Int
) -> Float {
  let mean = Vector(repeating: mean)
  var (a, b) = (Vector(repeating: 0), Vector(repeating: 0))
  var x = 0
  while x < count {
    let first = keep(Vector(source + x) - mean, Vector(mask + x))
    a = a.multiplyAdd(first, first)
    x += 16
    if x < count {
      let second = keep(Vector(source + x) - mean, Vector(mask + x))
      b = b.multiplyAdd(second, second)
      x += 16
    }
  }
  return horizontalSum(a + b)
}

/// The sum of gradient * (source - mean); the gradient is zero outside images.
@inline(never)
func deviationProducts(
  _ source: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, mean: Float, count: Int
) -> Float {
  let mean = Vector(repeating: mean)
  var (a, b) = (Vector(repeating: 0), Vector(repeating: 0))
  var x = 0
  while x < count {
    a = a.multiplyAdd(Vector(source + x) - mean, Vector(gradient + x))
    x += 16
    if x < count {
      b = b.multiplyAdd(Vector(source + x) - mean, Vector(gradient + x))
      x += 16
    }
  }
  return horizontalSum(a + b)
}

/// The sums of the gradient, and of gradient * (value - shift), where the value is above `floor`; the gradient is zero outside images.
@inline(never)
func maximaSums(
  _ gradient: UnsafePointer<Float>, _ values: UnsafePointer<Float>, floor: Float, shift: Float, count: Int
) -> (Float, Float) {
  let (floor, shift, zero) = (Vector(repeating: floor), Vector(repeating: shift), Vector(repeating: 0))
  var (sum, products) = (zero, zero)
  for x in stride(from: 0, to: count, by: Vector.width) {
    let v = Vector(values + x)
    let g = Vector(gradient + x).replacing(with: zero, where: v .<= floor)
    sum += g
    products = products.multiplyAdd(g, v - shift)
  }
  return (horizontalSum(sum), horizontalSum(products))
}

/// target = scale * gradient + slope * (source - mean) + constant, zero where mask is.
@inline(never)
func combineLine(
  _ gradient: UnsafePointer<Float>, _ share: BatchNormalization.Share, _ source: UnsafePointer<Float>,
  mask: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, count: Int
) {
  let (scale, mean) = (Vector(repeating: share.scale), Vector(repeating: share.mean))
  let (slope, constant) = (Vector(repeating: share.slope), Vector(repeating: share.constant))
  for x in stride(from: 0, to: count, by: Vector.width) {
    let v = constant.multiplyAdd(scale, Vector(gradient + x)).multiplyAdd(slope, Vector(source + x) - mean)
    keep(v, Vector(mask + x)).store(target + x)
  }
}
