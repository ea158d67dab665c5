import Tensors

/// A second CTC output that only training has, on the feature maps before the recurrent layers (Retsinas et al. 2022, "Best practices
/// for a handwritten text recognition system", arXiv 2404.11339, section 3.3): (C, H, W) -> (C, H, W), unchanged.
///
/// The maximum over the lines of each column, one time step a column, and a linear map give logits of their own. Their CTC loss,
/// times a weight, is added to that of the network's output; its gradient joins the one that comes from above. In evaluation the
/// head does nothing.
public final class AuxiliaryHead: ImageLayer {
  private let weight: Float
  private let pool: MaxPool
  private let columns = MapToSequence()
  private let linear: Linear
  private let loss: CTCLoss
  /// The memory of the head, apart from that of the network, whose gradients it must not touch.
  private let own = Workspace()
  private var maps: FeatureMaps?
  private var logits: PackedSequence?
  /// The gradient that comes from above.
  private var kept = Matrix(rows: 0, columns: 0)
  private var scale: Float = 0
  /// The most time steps of a micro-batch, and of an image, that were planned.
  private var rows = 0
  private var steps = 0

  /// Declares `<name>.weight` [classes, channels] and `<name>.bias` [classes]. `weight` is the share of the head's loss.
  public init(
    name: String, weight: Double, channels: Int, height: Int, classes: Int, gap: Int = 1, parameters: Parameters
  ) {
    self.weight = Float(weight)
    pool = MaxPool(.init(kernel: (height, 1), stride: (height, 1)), gap: gap)
    linear = Linear(name: name, in: channels, out: classes, parameters: parameters)
    loss = CTCLoss(classes: classes)
  }

  public func outputWidth(_ width: Int) -> Int { width }
  public func outputHeight(_ height: Int) -> Int { height }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    own.reset()
    kept = own.activation(rows: input.value.rows, columns: input.value.columns)
    logits = linear.plan(columns.plan(pool.plan(input, in: own), in: own), in: own)
    own.commit()
    (maps, scale) = (input, 0)
    if let layout = logits?.layout { (rows, steps) = (max(rows, layout.rows), max(steps, layout.steps)) }
    return input
  }

  /// Plans the loss with the labels of the micro-batch, before ``forward(_:)``.
  public func plan(targets: LabelBatch) {
    guard let logits else { return }
    loss.plan(logits, targets: targets, in: own)
    own.commit()
  }

  /// Reserves memory for the loss of `images` images with labels of at most `length` letters, in micro-batches as were planned before.
  func reserve(images: Int, length: Int) {
    loss.reserve(images: images, rows: rows, steps: steps, length: length, in: own)
  }

  /// Lets ``backward()`` add the loss times `scale` and the head's weight; without it the head adds nothing.
  public func scale(by scale: Float) {
    self.scale = scale * weight
  }

  public func forward(_ mode: Mode) {
    guard mode == .training else { return }
    pool.forward(mode)
    columns.forward(mode)
    linear.forward(mode)
  }

  public func backward() {
    guard scale > 0, let maps else { return }
    if let gradient = maps.gradient { kept.pointer.update(from: gradient.pointer, count: gradient.count) }
    _ = loss.run(scale: scale)
    linear.backward()
    columns.backward()
    pool.backward()
    guard let gradient = maps.gradient else { return }
    add(gradient.pointer, kept.pointer, count: gradient.count, into: gradient.pointer)
  }
}
