import Tensors

/// Adadelta (Zeiler 2012, algorithm 1, arXiv 1212.5701), as PyTorch's: the step is scaled by a learning rate, usually
/// 1; weight decay is L2 regularization, added to the gradient.
public final class Adadelta: Optimizer {
  public let name = "adadelta"
  public var step = 0
  private let settings: OptimizerSettings
  private let square: Storage
  private let change: Storage

  /// For slabs of `count` floats.
  public init(count: Int, settings: OptimizerSettings = OptimizerSettings()) {
    self.settings = settings
    square = Storage(count: count)
    change = Storage(count: count)
  }

  public var slots: [(name: String, storage: Storage)] { [("square_avg", square), ("acc_delta", change)] }

  /// With w the weight and g the scaled gradient: g <- g + decay * w, s averages g^2,
  /// d = sqrt(c + epsilon) / sqrt(s + epsilon) * g, c averages d^2, w <- w - learningRate * d.
  public func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float
  ) {
    step += 1
    let (keep, share) = (Vector(repeating: Float(settings.rho)), Vector(repeating: Float(1 - settings.rho)))
    let epsilon = Vector(repeating: Float(settings.epsilon ?? 1e-6))
    let penalty = Vector(repeating: Float(settings.weightDecay))
    let (rate, scale) = (Vector(repeating: learningRate), Vector(repeating: gradientScale))
    let (squares, changes) = (square.base, change.base)
    forEachVector(ranges) { i in
      let old = Vector(values + i)
      let gradient = (Vector(gradients + i) * scale).multiplyAdd(penalty, old)
      let square = (Vector(squares + i) * keep).multiplyAdd(share * gradient, gradient)
      let oldChange = Vector(changes + i)
      let change = squareRoot(oldChange + epsilon) / squareRoot(square + epsilon) * gradient
      square.store(squares + i)
      (oldChange * keep).multiplyAdd(share * change, change).store(changes + i)
      (old - rate * change).store(values + i)
    }
  }
}
