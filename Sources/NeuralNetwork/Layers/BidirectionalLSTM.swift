import Tensors

/// A bidirectional LSTM layer over packed sequences, as PyTorch's `LSTM(in, hidden, bidirectional=True)` computes it on
/// a `PackedSequence`: [rows, in] -> [rows, 2 * hidden], the forward direction's h in the first half of a row.
///
/// Each sequence's reverse direction starts at its own last step, and no work is done on padding. The input projection
/// and each weight gradient are one product over all rows; only W_hh h_prev is computed step by step.
public final class BidirectionalLSTM: SequenceLayer {
  /// Features of the output: 2 * hidden.
  public let outputs: Int
  /// Whether `backward` writes the input's gradient. False if nothing below the layer is trained.
  public var inputNeedsGradient = true

  private let forwardDirection: LSTMDirection
  private let reverseDirection: LSTMDirection
  private var input: PackedSequence?
  private var workspace: Workspace?

  /// Declares `<name>.weight_ih_l<layer>` [4 hidden, in], `weight_hh` [4 hidden, hidden], `bias_ih` and `bias_hh`
  /// [4 hidden], then the same with `_reverse`. Gates are ordered i, f, g, o.
  public init(name: String = "rnn", layer: Int = 0, in inputs: Int, hidden: Int, parameters: Parameters) {
    outputs = 2 * hidden
    forwardDirection = LSTMDirection(
      prefix: name, layer: layer, reverse: false, inputs: inputs, hidden: hidden, parameters: parameters)
    reverseDirection = LSTMDirection(
      prefix: name, layer: layer, reverse: true, inputs: inputs, hidden: hidden, parameters: parameters)
  }

  public func plan(_ input: PackedSequence, in workspace: Workspace) -> PackedSequence {
    let rows = input.layout.rows
    let output = PackedSequence(
      layout: input.layout, features: outputs, value: workspace.activation(rows: rows, columns: outputs),
      gradient: workspace.gradient(rows: rows, columns: outputs))
    let share = forwardDirection.scratchCount(batch: input.layout.count)
    let scratch = workspace.scratch(count: 2 * share)
    func part(_ i: Int) -> Matrix {
      Matrix(storage: scratch.storage, offset: scratch.offset + i * share, rows: 1, columns: share)
    }
    forwardDirection.plan(input, output, scratch: part(0), in: workspace)
    reverseDirection.plan(input, output, scratch: part(1), in: workspace)
    (self.input, self.workspace) = (input, workspace)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let steps = input?.layout.steps else { return }
    forwardDirection.beginForward()
    reverseDirection.beginForward()
    for t in 0..<steps {
      forwardDirection.forwardStep(t)
      reverseDirection.forwardStep(steps - 1 - t)
    }
  }

  /// The gates are overwritten by their gradients: only one backward pass per forward pass.
  public func backward() {
    backward { _ in }
  }

  /// The gradients of the reverse direction's weights, which are last in the slab, are completed first, then those of
  /// the forward direction, then the input's.
  public func backward(finished: (_ from: Int) throws -> Void) rethrows {
    guard let steps = input?.layout.steps else { return }
    forwardDirection.beginBackward()
    reverseDirection.beginBackward()
    for t in 0..<steps {
      workspace?.progressHook?()
      forwardDirection.backwardStep(steps - 1 - t)
      reverseDirection.backwardStep(t)
    }
    reverseDirection.addWeightGradients()
    try finished(reverseDirection.firstWeight)
    forwardDirection.addWeightGradients()
    try finished(forwardDirection.firstWeight)
    guard inputNeedsGradient else { return }
    forwardDirection.inputGradient(accumulate: false)
    reverseDirection.inputGradient(accumulate: true)
  }
}
