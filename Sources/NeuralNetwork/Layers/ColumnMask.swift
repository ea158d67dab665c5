import Tensors

/// `v` in the lanes where `mask` is 1 and zero where it is 0, for any `v`, including NaN.
@inline(__always)
func keep(_ v: Vector, _ mask: Vector) -> Vector {
  Vector(repeating: 0).replacing(with: v, where: mask .> Vector(repeating: 0))
}

/// ReLU's backward pass on `count` floats: zeroes `gradient` where `value`, the output, is not positive.
@inline(__always)
func rectifyGradient(_ gradient: UnsafeMutablePointer<Float>, where value: UnsafePointer<Float>, count: Int) {
  for x in stride(from: 0, to: count, by: Vector.width) {
    keep(Vector(gradient + x), Vector(value + x)).store(gradient + x)
  }
}

/// The sum of `count` floats, a multiple of 16, in a fixed order.
@inline(__always)
func lineSum(_ values: UnsafePointer<Float>, count: Int) -> Float {
  var (a, b) = (Vector(repeating: 0), Vector(repeating: 0))
  var x = 0
  while x + 32 <= count {
    a += Vector(values + x)
    b += Vector(values + x + 16)
    x += 32
  }
  if x < count { a += Vector(values + x) }
  return horizontalSum(a + b)
}

/// Zeroes the columns of one line that belong to no image, and those of image n from `kept(widths[n])` on.
@inline(__always)
func zeroGaps(_ line: UnsafeMutablePointer<Float>, _ layout: ColumnLayout, kept: (Int) -> Int) {
  let (starts, widths) = (layout.starts, layout.widths)
  var end = 0
  for n in 0..<starts.count {
    for x in end..<starts[n] { line[x] = 0 }
    end = starts[n] + kept(widths[n])
  }
  for x in end..<layout.stride { line[x] = 0 }
}
