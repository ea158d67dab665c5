import Tensors

/// Clipping by the global norm (Pascanu et al. 2013, arXiv 1211.5063), as PyTorch's `clip_grad_norm_`: the gradients of
/// all weights together are treated as one vector, which is scaled down to ``maximumNorm`` if it is longer.
public struct GradientClipping: Sendable, Equatable {
  public let maximumNorm: Double

  public init(maximumNorm: Double) {
    self.maximumNorm = maximumNorm
  }

  /// The Euclidean norm of `count` floats, a multiple of 16, by ``SquareSum``: the bits depend on the gradients only. NaN or infinite if a
  /// gradient is.
  public static func norm(_ gradients: UnsafePointer<Float>, count: Int) -> Double {
    var squares = SquareSum()
    squares.add(gradients, count: count)
    return squares.total.squareRoot()
  }

  /// The factor for all gradients: maximumNorm / (norm + 1e-6), at most 1.
  public func coefficient(norm: Double) -> Float {
    Float(min(1, maximumNorm / (norm + 1e-6)))
  }
}
