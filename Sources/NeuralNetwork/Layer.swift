import Tensors

/// Training uses the micro-batch's own statistics; evaluation uses running averages.
public enum Mode: Sendable {
  case training
  case evaluation
}

/// A micro-batch of feature maps: images side by side, one row of columns per channel and line.
///
/// `value` and `gradient` are [channels * height, layout.stride]: row `c * height + y` is line y of channel c.
/// Both hold zero in every column that belongs to no image; whoever writes them keeps it so.
public struct Strip {
  public let layout: ColumnLayout
  public let channels: Int
  public let height: Int
  public let value: Matrix
  /// d loss / d value. For the network's input it is planned only when a test asks for it.
  public let gradient: Matrix?

  public init(layout: ColumnLayout, channels: Int, height: Int, value: Matrix, gradient: Matrix?) {
    self.layout = layout
    self.channels = channels
    self.height = height
    self.value = value
    self.gradient = gradient
  }
}

/// A micro-batch of sequences; `value` and `gradient` are [layout.rows, features].
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
// - `plan` is called for each micro-batch before `forward`. It stores the input, places the output and requests memory;
//   it touches no float. `workspace.commit()` follows the last plan.
// - `forward` overwrites the output's value; `backward` reads the output's gradient, overwrites the input's gradient
//   (if there is one) and ADDS into the gradients of the layer's parameters.
// - Memory a layer requests holds anything, NaN included, until the layer writes it.
// - `backward`, where it takes long, calls `workspace.meanwhile` now and then.
// - Neither `plan` (for a micro-batch no wider than an earlier one), `forward` nor `backward` allocates.

/// A layer from feature maps to feature maps.
public protocol ImageLayer: AnyObject {
  /// Columns of an image's output for an image of `width` columns; may be 0 for a width that is too small.
  func outputWidth(_ width: Int) -> Int
  /// Lines of the output for an input of `height` lines.
  func outputHeight(_ height: Int) -> Int
  func plan(_ input: Strip, in workspace: Workspace) -> Strip
  func forward(_ mode: Mode)
  func backward()
}

/// A layer from sequences to sequences of the same lengths.
public protocol SequenceLayer: AnyObject {
  func plan(_ input: PackedSequence, in workspace: Workspace) -> PackedSequence
  func forward(_ mode: Mode)
  func backward()
  /// The same. A layer with much left to do when some gradients of its last parameters are complete says so by calling
  /// `finished` with the place in the parameter slab from which on they are.
  func backward(finished: (_ from: Int) throws -> Void) rethrows
}

extension SequenceLayer {
  public func backward(finished: (_ from: Int) throws -> Void) rethrows { backward() }
}
