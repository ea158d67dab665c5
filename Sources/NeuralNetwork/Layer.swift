import Tensors

/// Training uses the micro-batch's own statistics; evaluation uses the running averages.
public enum Mode: Sendable {
  case training
  case evaluation
}

/// A micro-batch of feature maps, (C, H, W): C channels of H lines, and W columns with the images side by side.
///
/// `value` and `gradient` are matrices (C * H, W), where W is `layout.stride`: row `c * H + y` is line y of channel c.
/// Both contain zero in every column that belongs to no image; all writers must keep it so.
public struct FeatureMaps {
  public let layout: ColumnLayout
  public let channels: Int
  public let height: Int
  public let value: Matrix
  /// d loss / d value. For the network's input it is planned only if a test requests it.
  public let gradient: Matrix?

  public init(layout: ColumnLayout, channels: Int, height: Int, value: Matrix, gradient: Matrix?) {
    self.layout = layout
    self.channels = channels
    self.height = height
    self.value = value
    self.gradient = gradient
  }
}

/// A micro-batch of sequences, (T, N, F): T time steps of N sequences with F features.
///
/// Sequences differ in length, so `value` and `gradient` are packed: matrices (R, F), where R is `layout.rows`, the sum
/// of the lengths. The row of step t of sequence n is `layout.offsets[t] + n`.
public struct PackedSequence {
  public let layout: SequenceLayout
  public let features: Int
  public let value: Matrix
  public let gradient: Matrix

  public init(layout: SequenceLayout, features: Int, value: Matrix, gradient: Matrix) {
    self.layout = layout
    self.features = features
    self.value = value
    self.gradient = gradient
  }
}

// The rules of all layers:
// - `plan` is called for each micro-batch before `forward`. It stores the input, lays out the output and requests
//   memory; it reads and writes no float. `workspace.commit()` follows the last plan.
// - `forward` overwrites the output's value; `backward` reads the output's gradient, overwrites the input's gradient
//   (if there is one) and ADDS into the gradients of the layer's parameters (a recurrent layer overwrites them if it is told to).
// - Memory that a layer requests has arbitrary contents, including NaN, until the layer writes it.
// - The workspace owns all memory of `value` and `gradient`. A layer keeps its input and output from `plan` to the next
//   `plan`, and reads their addresses anew in each `forward` and `backward`, because `commit` may move them.
// - `value` stays unchanged from the layer's `forward` to its `backward`; the layers before and after it may read it.
// - The gradient of a layer's output is overwritten after the layer's `backward` has returned. A layer may change
//   it in place before that.
// - Scratch memory keeps nothing from one call to the next.
// - A slow `backward` polls `workspace.progressHook` between its blocks.
// - Neither `plan` (for a micro-batch no wider than an earlier one), `forward` nor `backward` allocates.

/// A layer from feature maps to feature maps.
///
/// The workspace owns all floats. Their addresses are valid within one call of `forward` or `backward` only: `plan` and
/// `commit` may move them.
public protocol ImageLayer: AnyObject {
  /// Columns of an image's output for an image of `width` columns; may be 0 for a width that is too small.
  func outputWidth(_ width: Int) -> Int
  /// Lines of the output for an input of `height` lines.
  func outputHeight(_ height: Int) -> Int
  /// Lays out an output (C', H', W') for an input (C, H, W), and keeps both.
  func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps
  /// Writes the output's value (C', H', W') from the input's value (C, H, W).
  func forward(_ mode: Mode)
  /// Writes the input's gradient (C, H, W), if there is one, from the output's gradient (C', H', W') and the values
  /// that `forward` kept. Adds to the gradients of the parameters.
  func backward()
}

/// A layer from sequences to sequences of the same lengths. Ownership is as in ``ImageLayer``.
public protocol SequenceLayer: AnyObject {
  /// Lays out an output (T, N, F') for an input (T, N, F), and keeps both.
  func plan(_ input: PackedSequence, in workspace: Workspace) -> PackedSequence
  /// Writes the output's value (T, N, F') from the input's value (T, N, F).
  func forward(_ mode: Mode)
  /// Writes the input's gradient (T, N, F) from the output's gradient (T, N, F') and the values that `forward` kept.
  /// Adds to the gradients of the parameters.
  func backward()
  /// Does the same as ``backward()``, and reports gradients early: a layer with more work to do calls `finished` with a
  /// place in the parameter slab when all gradients from that place on are complete.
  func backward(finished: (_ from: Int) throws -> Void) rethrows
}

extension SequenceLayer {
  public func backward(finished: (_ from: Int) throws -> Void) rethrows { backward() }
}
