import Settings
import Tensors

/// A rule that updates the weights of a network from their gradients, in place, on flat slabs.
///
/// The state is flat too: a checkpoint stores every slot of ``slots`` with the weights' names and shapes, and ``step``.
/// An update is a pure function of (state, step, arguments): the same bits on every rank.
public protocol Optimizer: AnyObject {
  /// The name on the command line and in files, for example `adamw`.
  var name: String { get }
  /// The number of updates so far. A resumed run sets it, together with the contents of ``slots``.
  var step: Int { get set }
  /// The state: one slab per slot, as long as the weights, under PyTorch's names.
  var slots: [(name: String, storage: Storage)] { get }

  /// Makes one update, by gradients * `gradientScale`. Weights outside of `ranges` and their state stay
  /// unchanged.
  ///
  /// - Parameters:
  ///   - values: the weights.
  ///   - gradients: d loss / d values, of the same length.
  ///   - ranges: the floats of the slabs that change. Bounds are multiples of 16, and none is above the count the
  ///     optimizer was created for.
  ///   - learningRate: this step's rate.
  ///   - gradientScale: the factor of ``GradientClipping/coefficient(norm:)``, or 1.
  func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float)
}

extension Optimizer {
  /// Makes one update of the first `count` weights, a multiple of 16.
  public func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, count: Int, learningRate: Float,
    gradientScale: Float
  ) {
    update(
      values: values, gradients: gradients, ranges: [0..<count], learningRate: learningRate,
      gradientScale: gradientScale)
  }
}

/// The settings of optimizers. The defaults are PyTorch's, except that weights do not decay and that SGD has momentum.
public struct OptimizerSettings: Codable, Sendable, Equatable {
  /// Adam, LAMB: share of the old mean that is kept each step.
  public var beta1: Double
  /// Adam, LAMB: share of the old mean of squares that is kept each step.
  public var beta2: Double
  /// Adam, LAMB, Adadelta: keeps roots and quotients away from zero; must be positive. nil is 1e-8 for Adam, 1e-6 for
  /// LAMB and Adadelta.
  public var epsilon: Double?
  /// SGD: share of the previous direction that is kept each step.
  public var momentum: Double
  /// Adadelta: share of the old means of squares that is kept each step.
  public var rho: Double
  public var weightDecay: Double

  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double? = nil, momentum: Double = 0.9, rho: Double = 0.9,
    weightDecay: Double = 0
  ) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    (self.momentum, self.rho, self.weightDecay) = (momentum, rho, weightDecay)
  }
}

/// The optimizers of the command line.
public enum OptimizerKind: String, OptionChoice {
  case adam
  case adamw
  case lamb
  case sgd
  case adadelta

  /// Whether it averages gradients and their squares as Adam does, with two decays.
  public var hasBetas: Bool { self == .adam || self == .adamw || self == .lamb }

  /// Creates the optimizer for slabs of `count` floats.
  ///
  /// - Parameter matrices: the floats of each tensor of at least two dimensions, for LAMB; nil is all floats.
  public func make(count: Int, matrices: [Range<Int>]? = nil, settings: OptimizerSettings) -> any Optimizer {
    switch self {
    case .adam: Adam(count: count, settings: settings)
    case .adamw: AdamW(count: count, settings: settings)
    case .lamb: LAMB(count: count, scaled: matrices ?? [0..<count], settings: settings)
    case .sgd: SGD(count: count, settings: settings)
    case .adadelta: Adadelta(count: count, settings: settings)
    }
  }
}
