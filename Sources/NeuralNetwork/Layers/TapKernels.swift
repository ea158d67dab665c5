import Tensors

// Sums over the taps of a convolution kernel, each a constant offset into a padded plane. Vectors of 16 floats are read and written
// whole: what stands behind `count` must be memory of the plane.

/// target[x] = sum over taps of weights[tap] * source[x + offsets[tap]].
@inline(never)
func correlateOne(
  _ source: UnsafePointer<Float>, _ offsets: UnsafePointer<Int>, _ taps: Int, _ weights: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, count: Int
) {
  let zero = Vector(repeating: 0)
  var x = 0
  while x + 64 <= count {
    var (a, b, c, d) = (zero, zero, zero, zero)
    for tap in 0..<taps {
      let (weight, place) = (Vector(repeating: weights[tap]), source + x + offsets[tap])
      a = a.multiplyAdd(weight, Vector(place))
      b = b.multiplyAdd(weight, Vector(place + 16))
      c = c.multiplyAdd(weight, Vector(place + 32))
      d = d.multiplyAdd(weight, Vector(place + 48))
    }
    a.store(target + x)
    b.store(target + x + 16)
    c.store(target + x + 32)
    d.store(target + x + 48)
    x += 64
  }
  while x < count {
    var a = zero
    for tap in 0..<taps { a = a.multiplyAdd(Vector(repeating: weights[tap]), Vector(source + x + offsets[tap])) }
    a.store(target + x)
    x += 16
  }
}

/// ``correlateOne`` for four output channels at once: each input vector is loaded once for four products.
@inline(never)
func correlateFour(
  _ source: UnsafePointer<Float>, _ offsets: UnsafePointer<Int>, _ taps: Int, _ weights: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>, pitch: Int, count: Int
) {
  let zero = Vector(repeating: 0)
  let (second, third, fourth) = (weights + taps, weights + 2 * taps, weights + 3 * taps)
  for x in stride(from: 0, to: count, by: Vector.width) {
    var (a, b, c, d) = (zero, zero, zero, zero)
    for tap in 0..<taps {
      let v = Vector(source + x + offsets[tap])
      a = a.multiplyAdd(Vector(repeating: weights[tap]), v)
      b = b.multiplyAdd(Vector(repeating: second[tap]), v)
      c = c.multiplyAdd(Vector(repeating: third[tap]), v)
      d = d.multiplyAdd(Vector(repeating: fourth[tap]), v)
    }
    a.store(target + x)
    b.store(target + x + pitch)
    c.store(target + x + 2 * pitch)
    d.store(target + x + 3 * pitch)
  }
}

/// Adds to sums[tap] the dot product of `gradient` with `source` shifted by offsets[tap]. The taps of a kernel row read
/// consecutive inputs; rows of three share the loads of the gradient.
@inline(never)
func correlateWeights(
  _ source: UnsafePointer<Float>, _ offsets: UnsafePointer<Int>, _ taps: Int, rowTaps: Int,
  _ gradient: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Double>, count: Int
) {
  var tap = 0
  while rowTaps == 3 && tap < taps {
    let place = source + offsets[tap]
    var (a, b, c) = (Vector(repeating: 0), Vector(repeating: 0), Vector(repeating: 0))
    for x in stride(from: 0, to: count, by: Vector.width) {
      let g = Vector(gradient + x)
      a = a.multiplyAdd(g, Vector(place + x))
      b = b.multiplyAdd(g, Vector(place + x + 1))
      c = c.multiplyAdd(g, Vector(place + x + 2))
    }
    sums[tap] += Double(horizontalSum(a))
    sums[tap + 1] += Double(horizontalSum(b))
    sums[tap + 2] += Double(horizontalSum(c))
    tap += 3
  }
  while tap < taps {
    let place = source + offsets[tap]
    var a = Vector(repeating: 0)
    for x in stride(from: 0, to: count, by: Vector.width) { a = a.multiplyAdd(Vector(gradient + x), Vector(place + x)) }
    sums[tap] += Double(horizontalSum(a))
    tap += 1
  }
}
