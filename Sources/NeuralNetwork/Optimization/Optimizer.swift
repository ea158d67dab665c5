import Tensors

/// A rule that changes all weights of a network from their gradients, in place, on flat slabs.
///
/// The state is flat too: a checkpoint stores every slot of ``slots`` with the weights' names and shapes, and ``step``.
/// An update is a pure function of (state, step, arguments): the same bits on every rank.
public protocol Optimizer: AnyObject {
  /// The name on the command line and in files, for example `adamw`.
  var name: String { get }
  /// Updates done so far. A resumed run sets it, together with the contents of ``slots``.
  var step: Int { get set }
  /// The state, one slab as long as the weights for each slot, under PyTorch's names.
  var slots: [(name: String, storage: Storage)] { get }

  /// Does one step: values change by gradients * `gradientScale`.
  ///
  /// - Parameters:
  ///   - values: the weights, [count].
  ///   - gradients: d loss / d values, [count].
  ///   - count: floats in the slab, a multiple of 16 and not above the count the optimizer was made for.
  ///   - learningRate: this step's rate.
  ///   - gradientScale: the factor of ``GradientClipping/coefficient(norm:)``, or 1.
  func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, count: Int, learningRate: Float,
    gradientScale: Float)
}

/// The optimizers of the command line.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
  case adam
  case adamw

  /// Makes the optimizer for slabs of `count` floats.
  public func make(count: Int, settings: AdamSettings) -> any Optimizer {
    switch self {
    case .adam: Adam(count: count, settings: settings)
    case .adamw: AdamW(count: count, settings: settings)
    }
  }
}
