import Tensors

/// Stochastic gradient descent with momentum, as PyTorch's `SGD` without dampening and Nesterov's correction: weight
/// decay is L2 regularization, added to the gradient.
public final class SGD: Optimizer {
  public let name = "sgd"
  public var step = 0
  private let settings: OptimizerSettings
  private let direction: Storage

  /// For slabs of `count` floats.
  public init(count: Int, settings: OptimizerSettings = OptimizerSettings()) {
    self.settings = settings
    direction = Storage(count: count)
  }

  public var slots: [(name: String, storage: Storage)] { [("momentum_buffer", direction)] }

  /// With w the weight and g the scaled gradient: g <- g + decay * w, b <- momentum * b + g, w <- w - learningRate * b.
  public func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float
  ) {
    step += 1
    let (momentum, penalty) = (
      Vector(repeating: Float(settings.momentum)), Vector(repeating: Float(settings.weightDecay))
    )
    let (rate, scale) = (Vector(repeating: learningRate), Vector(repeating: gradientScale))
    let directions = direction.base
    forEachVector(ranges) { i in
      let old = Vector(values + i)
      let gradient = (Vector(gradients + i) * scale).multiplyAdd(penalty, old)
      let direction = gradient.multiplyAdd(momentum, Vector(directions + i))
      direction.store(directions + i)
      (old - rate * direction).store(values + i)
    }
  }
}
