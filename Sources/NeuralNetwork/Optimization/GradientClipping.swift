import Tensors

/// Clipping by the global norm (Pascanu et al. 2013, arXiv 1211.5063), as PyTorch's `clip_grad_norm_`: the gradients of
/// all weights together are treated as one vector, which is scaled down to ``maximumNorm`` if it is longer.
public struct GradientClipping: Sendable, Equatable {
  public let maximumNorm: Double

  public init(maximumNorm: Double) {
    self.maximumNorm = maximumNorm
  }

  /// The Euclidean norm of `count` floats, a multiple of 16. Squares are exact in Double and added in sixteen lanes,
  /// which are added in a fixed order: the bits depend on the gradients only. NaN or infinite if a gradient is.
  public static func norm(_ gradients: UnsafePointer<Float>, count: Int) -> Double {
    var a = SIMD8<Double>(repeating: 0)
    var b = SIMD8<Double>(repeating: 0)
    var i = 0
    while i < count {
      let floats = Vector(gradients + i)
      let (low, high) = (SIMD8<Double>(floats.lowHalf), SIMD8<Double>(floats.highHalf))
      a += low * low
      b += high * high
      i += Vector.width
    }
    let eight = a + b
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return (two.x + two.y).squareRoot()
  }

  /// The factor for all gradients: maximumNorm / (norm + 1e-6), at most 1.
  public func coefficient(norm: Double) -> Float {
    Float(min(1, maximumNorm / (norm + 1e-6)))
  }
}
