import Tensors

/// Adam (Kingma and Ba 2015, algorithm 1, arXiv 1412.6980), with PyTorch's settings: weight decay is L2 regularization,
/// added to the gradient.
public final class Adam: Optimizer {
  public let name = "adam"
  public var step: Int {
    get { moments.step }
    set { moments.step = newValue }
  }
  public var slots: [(name: String, storage: Storage)] { moments.slots }
  private let moments: AdamMoments

  /// For slabs of `count` floats.
  public init(count: Int, settings: OptimizerSettings = OptimizerSettings()) {
    moments = AdamMoments(count: count, settings: settings)
  }

  public func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float
  ) {
    moments.update(
      values: values, gradients: gradients, ranges: ranges, learningRate: learningRate, gradientScale: gradientScale,
      penalty: Float(moments.settings.weightDecay), keep: 1)
  }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2, arXiv 1711.05101), as PyTorch's: before
/// the step, weights shrink by learningRate * weightDecay.
public final class AdamW: Optimizer {
  public let name = "adamw"
  public var step: Int {
    get { moments.step }
    set { moments.step = newValue }
  }
  public var slots: [(name: String, storage: Storage)] { moments.slots }
  private let moments: AdamMoments

  /// For slabs of `count` floats.
  public init(count: Int, settings: OptimizerSettings = OptimizerSettings()) {
    moments = AdamMoments(count: count, settings: settings)
  }

  public func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float
  ) {
    moments.update(
      values: values, gradients: gradients, ranges: ranges, learningRate: learningRate, gradientScale: gradientScale,
      penalty: 0, keep: Float(1 - Double(learningRate) * moments.settings.weightDecay))
  }
}

/// The moving averages that Adam, AdamW and LAMB share, and the update of the first two.
final class AdamMoments {
  let settings: OptimizerSettings
  var step = 0
  private let mean: Storage
  private let square: Storage

  init(count: Int, settings: OptimizerSettings) {
    self.settings = settings
    mean = Storage(count: count)
    square = Storage(count: count)
  }

  var slots: [(name: String, storage: Storage)] { [("exp_avg", mean), ("exp_avg_sq", square)] }

  /// With w the weight and g the scaled gradient: w <- keep * w, g <- g + penalty * w, m and v average g and g^2, and
  /// w <- w - learningRate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon). One pass over the ranges.
  func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float, penalty: Float, keep: Float
  ) {
    step += 1
    let stepSize = Vector(repeating: Float(Double(learningRate) / (1 - power(settings.beta1, step))))
    let rootScale = Vector(repeating: Float(1 / (1 - power(settings.beta2, step)).squareRoot()))
    let epsilon = Vector(repeating: Float(settings.epsilon ?? 1e-8))
    let meanShare = Vector(repeating: Float(1 - settings.beta1))
    let squareKeep = Vector(repeating: Float(settings.beta2))
    let squareShare = Vector(repeating: Float(1 - settings.beta2))
    let scale = Vector(repeating: gradientScale)
    let (penalty, keep) = (Vector(repeating: penalty), Vector(repeating: keep))
    let (means, squares) = (mean.base, square.base)
    forEachVector(ranges) { i in
      let old = Vector(values + i) * keep
      let gradient = (Vector(gradients + i) * scale).multiplyAdd(penalty, old)
      let oldMean = Vector(means + i)
      let mean = oldMean.multiplyAdd(meanShare, gradient - oldMean)
      let square = (Vector(squares + i) * squareKeep).multiplyAdd(squareShare * gradient, gradient)
      mean.store(means + i)
      square.store(squares + i)
      let root = squareRoot(square)
      (old - stepSize * mean / epsilon.multiplyAdd(root, rootScale)).store(values + i)
    }
  }
}

extension AdamMoments {
  /// The averages of ``update(values:gradients:ranges:learningRate:gradientScale:penalty:keep:)``, and the direction
  /// m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weightDecay * w of each weight in place of its step.
  func average(
    values: UnsafePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], gradientScale: Float,
    directions: UnsafeMutablePointer<Float>
  ) {
    step += 1
    let meanScale = Vector(repeating: Float(1 / (1 - power(settings.beta1, step))))
    let rootScale = Vector(repeating: Float(1 / (1 - power(settings.beta2, step)).squareRoot()))
    let epsilon = Vector(repeating: Float(settings.epsilon ?? 1e-6))
    let meanShare = Vector(repeating: Float(1 - settings.beta1))
    let squareKeep = Vector(repeating: Float(settings.beta2))
    let squareShare = Vector(repeating: Float(1 - settings.beta2))
    let (scale, decay) = (Vector(repeating: gradientScale), Vector(repeating: Float(settings.weightDecay)))
    let (means, squares) = (mean.base, square.base)
    forEachVector(ranges) { i in
      let gradient = Vector(gradients + i) * scale
      let oldMean = Vector(means + i)
      let mean = oldMean.multiplyAdd(meanShare, gradient - oldMean)
      let square = (Vector(squares + i) * squareKeep).multiplyAdd(squareShare * gradient, gradient)
      mean.store(means + i)
      square.store(squares + i)
      let root = squareRoot(square)
      let step = meanScale * mean / epsilon.multiplyAdd(root, rootScale)
      step.multiplyAdd(decay, Vector(values + i)).store(directions + i)
    }
  }
}

/// Calls `body` with the offset of each vector in ranges whose bounds are multiples of 16.
@inline(__always)
func forEachVector(_ ranges: [Range<Int>], _ body: (Int) -> Void) {
  for range in ranges {
    var i = range.lowerBound
    while i < range.upperBound {
      body(i)
      i += Vector.width
    }
  }
}

/// Square roots within 2 units in the last place for x = 0 and for normal x below 2^126; a tiny number for subnormal x.
///
/// Newton's iteration for 1 / sqrt(x) from the well-known initial guess by bit manipulation (Lomont 2003).
/// `Vector.squareRoot()` would compile to sixteen calls.
@inline(__always)
func squareRoot(_ x: Vector) -> Vector {
  let halfBits = unsafeBitCast(x, to: SIMD16<Int32>.self) &>> 1
  var y = unsafeBitCast(SIMD16<Int32>(repeating: 0x5F37_59DF) &- halfBits, to: Vector.self)
  let half = x * Vector(repeating: -0.5)
  for _ in 0..<3 { y = y * Vector(repeating: 1.5).multiplyAdd(half * y, y) }
  return x * y
}

/// base^exponent by repeated squaring: unlike libm's `pow`, the same bits everywhere.
func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
