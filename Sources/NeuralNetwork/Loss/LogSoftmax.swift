import Tensors

/// log softmax(x)[k] = (x[k] - maximum) - logAddExp for one row of logits.
///
/// The two parts are stored separately, because their sum would lose precision for large logits.
struct LogSoftmax {
  let maximum: Float
  /// ln of the sum of e^(x - maximum); NaN if a logit is NaN or infinite.
  let logAddExp: Float

  /// Reads `classes` logits.
  @inline(__always)
  init(_ row: UnsafePointer<Float>, classes: Int) {
    maximum = rowMaximum(row, count: classes)
    let shift = Vector(repeating: maximum)
    var (sum, finite) = (Vector(repeating: 0), Vector(repeating: 0))
    var j = 0
    while j + Vector.width <= classes {
      let x = Vector(row + j)
      sum += exp(x - shift)
      finite += x * Vector(repeating: 0)  // NaN for NaN and infinity, which `exp` clamps
      j += Vector.width
    }
    if j < classes {
      let x = Vector(row + j, first: classes - j, fill: 0)
      let e = exp(x - shift)
      sum += e.replacing(with: 0, where: Vector.lanes .>= Float(classes - j))
      finite += x * Vector(repeating: 0)
    }
    logAddExp = log(Vector(repeating: horizontalSum(sum)))[0] + horizontalSum(finite)
  }

  /// Values read back from memory.
  @inline(__always)
  init(maximum: Float, logAddExp: Float) {
    (self.maximum, self.logAddExp) = (maximum, logAddExp)
  }

  /// to[k] = scale * softmax(row)[k].
  @inline(__always)
  func writeSoftmax(_ row: UnsafePointer<Float>, classes: Int, scale: Float, to: UnsafeMutablePointer<Float>) {
    let (a, b, s) = (Vector(repeating: maximum), Vector(repeating: logAddExp), Vector(repeating: scale))
    var j = 0
    while j + Vector.width <= classes {
      (s * exp(Vector(row + j) - a - b)).store(to + j)
      j += Vector.width
    }
    if j < classes { (s * exp(Vector(row + j) - a - b)).store(to + j, first: classes - j) }
  }
}

/// The largest of `count` floats.
@inline(__always)
func rowMaximum(_ row: UnsafePointer<Float>, count: Int) -> Float {
  // Not `pointwiseMax`, which compiles to a loop over lanes unless one side is a constant.
  @inline(__always) func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: a .< b) }
  var v = Vector(repeating: -.infinity)
  var j = 0
  while j + Vector.width <= count {
    v = larger(v, Vector(row + j))
    j += Vector.width
  }
  if j < count { v = larger(v, Vector(row + j, first: count - j, fill: -.infinity)) }
  let a = v.lowHalf.replacing(with: v.highHalf, where: v.lowHalf .< v.highHalf)
  let b = a.lowHalf.replacing(with: a.highHalf, where: a.lowHalf .< a.highHalf)
  return max(max(b.x, b.y), max(b.z, b.w))
}
