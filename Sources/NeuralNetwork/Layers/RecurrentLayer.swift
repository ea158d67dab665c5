import Tensors

/// A recurrent layer over packed sequences, as PyTorch's `LSTM` and `GRU` compute it on a `PackedSequence`: [rows, in] ->
/// [rows, directions * hidden], in one direction or in both; then the forward direction's h is in the first half of a row.
///
/// Each sequence's reverse direction starts at its own last step, and no work is done on padding. The input projection
/// and each weight gradient are one product over all rows; only W_hh h_prev is computed step by step.
public final class RecurrentLayer: SequenceLayer {
  /// Features of the output: hidden of each direction.
  public let outputs: Int
  /// Whether `backward` writes the input's gradient. False if nothing below the layer is trained.
  public var inputNeedsGradient = true
  /// Whether `backward` overwrites the weights' gradients in place of adding to them: they are most of a network's, and writing them once
  /// saves zeroing and reading them.
  public var overwritesGradients = false

  /// The forward direction, or the only one.
  private let first: any RecurrentPass
  /// The reverse direction of a layer with both.
  private let second: (any RecurrentPass)?
  private var input: PackedSequence?
  private var workspace: Workspace?

  /// Declares `<name>.weight_ih_l<layer>` [gates * hidden, in], `weight_hh` [gates * hidden, hidden], `bias_ih` and `bias_hh`
  /// [gates * hidden], for both directions then the same with `_reverse`. The gates of an LSTM are ordered i, f, g, o, those
  /// of a GRU r, z, n.
  public init(
    name: String = "rnn", layer: Int = 0, in inputs: Int, hidden: Int, cell: RecurrentCell = .lstm,
    direction: RecurrentDirection = .both, parameters: Parameters
  ) {
    outputs = direction.count * hidden
    func pass(reverse: Bool, column: Int, suffix: String) -> any RecurrentPass {
      let place = RecurrentPlace(
        prefix: name, suffix: "_l\(layer)\(suffix)", reverse: reverse, inputs: inputs, hidden: hidden,
        column: column, outputs: direction.count * hidden)
      return switch cell {
      case .lstm: LSTMPass(place, parameters)
      case .gru: GRUPass(place, parameters)
      }
    }
    first = pass(reverse: direction == .reverse, column: 0, suffix: "")
    second = direction == .both ? pass(reverse: true, column: hidden, suffix: "_reverse") : nil
  }

  public func plan(_ input: PackedSequence, in workspace: Workspace) -> PackedSequence {
    let rows = input.layout.rows
    let output = PackedSequence(
      layout: input.layout, features: outputs, value: workspace.activation(rows: rows, columns: outputs),
      gradient: workspace.gradient(rows: rows, columns: outputs))
    let share = first.scratchCount(batch: input.layout.count)
    let scratch = workspace.scratch(count: second == nil ? share : 2 * share)
    func part(_ i: Int) -> Matrix {
      Matrix(storage: scratch.storage, offset: scratch.offset + i * share, rows: 1, columns: share)
    }
    first.plan(input, output, scratch: part(0), in: workspace)
    second?.plan(input, output, scratch: part(1), in: workspace)
    (self.input, self.workspace) = (input, workspace)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let steps = input?.layout.steps else { return }
    first.beginForward()
    second?.beginForward()
    for t in 0..<steps {
      first.forwardStep(first.place.reverse ? steps - 1 - t : t)
      second?.forwardStep(steps - 1 - t)
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
    first.beginBackward()
    second?.beginBackward()
    for t in 0..<steps {
      workspace?.progressHook?()
      first.backwardStep(first.place.reverse ? t : steps - 1 - t)
      second?.backwardStep(t)
    }
    if let second {
      second.weightGradients(accumulate: !overwritesGradients)
      try finished(second.firstWeight)
    }
    first.weightGradients(accumulate: !overwritesGradients)
    try finished(first.firstWeight)
    guard inputNeedsGradient else { return }
    first.inputGradient(accumulate: false)
    second?.inputGradient(accumulate: true)
  }
}

/// The place of a direction in its layer.
struct RecurrentPlace {
  /// The weights' names are `<prefix>.weight_ih<suffix>` and so on.
  let prefix: String
  let suffix: String
  let reverse: Bool
  let inputs: Int
  let hidden: Int
  /// First column of the direction's part of the output, and columns of all of it.
  let column: Int
  let outputs: Int

  /// The number of sequences at step t that continue from the previous step; they are the first rows of step t. "Previous" and
  /// "next" refer to the order of processing: the forward direction runs t = 0, 1, ...; the reverse direction runs backwards,
  /// where each sequence starts, with zero state, at its own last step.
  func continuing(_ layout: SequenceLayout, _ t: Int) -> Int {
    if reverse { return t + 1 < layout.steps ? layout.batchSizes[t + 1] : 0 }
    return t > 0 ? layout.batchSizes[t] : 0
  }

  func before(_ t: Int) -> Int { reverse ? t + 1 : t - 1 }
  func next(_ t: Int) -> Int { reverse ? t - 1 : t + 1 }

  /// Floats in which ``project(_:_:packed:into:)`` packs W_ih of `count` rows; 0 if it is not packed, as a large one.
  func packedInputCount(_ count: Int) -> Int {
    PackedMatrix.canPack(columns: hidden) && PackedMatrix.isSmall(rows: inputs, columns: count) ? inputs * count : 0
  }

  /// W_ih x of all steps, [rows, columns of `gates`].
  func project(
    _ input: PackedSequence, _ weight: Parameter, packed: UnsafeMutablePointer<Float>, into gates: Matrix
  ) {
    let count = gates.columns
    guard packedInputCount(count) > 0 else {
      return gemm(
        transposeB: true, m: gates.rows, n: count, k: inputs, input.value.pointer, lda: inputs, weight.value.pointer,
        ldb: inputs, beta: 0, gates.pointer, ldc: count)
    }
    let matrix = PackedMatrix(rows: inputs, columns: count, in: packed)
    matrix.pack(transposed: weight.value.pointer)
    matrix.multiply(
      m: gates.rows, input.value.pointer, lda: inputs, accumulate: false, into: gates.pointer, ldc: count)
  }
}

/// One direction of a ``RecurrentLayer``: its weights, the values kept for the backward pass, and single time steps.
protocol RecurrentPass: AnyObject {
  var place: RecurrentPlace { get }
  /// The offset of the direction's weights in the parameter slab.
  var firstWeight: Int { get }
  /// Floats of scratch for `batch` sequences.
  func scratchCount(batch: Int) -> Int
  func plan(_ input: PackedSequence, _ output: PackedSequence, scratch: Matrix, in workspace: Workspace)
  /// Input projection of all steps in one product, and the other preparations of the steps.
  func beginForward()
  func forwardStep(_ t: Int)
  func beginBackward()
  func backwardStep(_ t: Int)
  /// After all steps: weight gradients of all of them in one product each, written, or added when `accumulate`.
  func weightGradients(accumulate: Bool)
  /// After all steps: the input's gradient, written, or added when `accumulate`.
  func inputGradient(accumulate: Bool)
}
