import Tensors

/// One direction of a GRU (Cho et al. 2014, arXiv 1406.1078), in the form of cuDNN and PyTorch: the reset gate r applies to the
/// product with h_prev.
final class GRUPass: RecurrentPass {
  let place: RecurrentPlace
  private var inputs: Int { place.inputs }
  private let hidden: Int
  private let weightInput: Parameter
  private let weightHidden: Parameter
  private let biasInput: Parameter
  private let biasHidden: Parameter

  private var input: PackedSequence?
  private var output: PackedSequence?
  /// [rows, 3H]: W_ih x, then the gates r, z, n, then d loss / d (W_ih x).
  private var gates = Matrix(rows: 0, columns: 0)
  /// [rows, 3H]: W_hh h_prev, of which the backward pass needs the part of n, then d loss / d (W_hh h_prev).
  private var hiddenGates = Matrix(rows: 0, columns: 0)
  /// h of the previous step, in the rows of `gates`; zero where a sequence starts.
  private var previousOutputs = Matrix(rows: 0, columns: 0)
  private var scratch = Matrix(rows: 0, columns: 0)

  init(_ place: RecurrentPlace, _ parameters: Parameters) {
    let (prefix, suffix, hidden) = (place.prefix, place.suffix, place.hidden)
    (self.place, self.hidden) = (place, hidden)
    weightInput = parameters.add("\(prefix).weight_ih\(suffix)", shape: [3 * hidden, place.inputs])
    weightHidden = parameters.add("\(prefix).weight_hh\(suffix)", shape: [3 * hidden, hidden])
    biasInput = parameters.add("\(prefix).bias_ih\(suffix)", shape: [3 * hidden])
    biasHidden = parameters.add("\(prefix).bias_hh\(suffix)", shape: [3 * hidden])
  }

  // Scratch, in floats, each part a multiple of 16:
  //   forward:  unused [H], packed W_ih [in, 3H], then packed W_hh [H, 3H]
  //   backward: bias gradients [3H] and [3H], carried output [batch, H], packed W_hh [3H, H]
  private var unused: UnsafeMutablePointer<Float> { scratch.pointer }
  private var packed: UnsafeMutablePointer<Float> { scratch.pointer + Storage.padded(hidden) }
  private var packedForward: PackedMatrix { PackedMatrix(rows: hidden, columns: 3 * hidden, in: packed) }
  private var biasGradient: UnsafeMutablePointer<Float> { scratch.pointer }
  private var hiddenBiasGradient: UnsafeMutablePointer<Float> { scratch.pointer + Storage.padded(3 * hidden) }
  private var carried: UnsafeMutablePointer<Float> { hiddenBiasGradient + Storage.padded(3 * hidden) }
  private func packedBackward(_ batch: Int) -> PackedMatrix {
    PackedMatrix(rows: 3 * hidden, columns: hidden, in: carried + Storage.padded(batch * hidden))
  }

  func scratchCount(batch: Int) -> Int {
    let weights = packs ? max(3 * hidden * hidden, place.packedInputCount(3 * hidden)) : 0
    // The last partial vector of a row may read beyond it.
    return weights + max(Storage.padded(hidden), 2 * Storage.padded(3 * hidden) + Storage.padded(batch * hidden))
      + Vector.width
  }

  /// Whether W_hh is packed, once for all steps.
  private var packs: Bool { PackedMatrix.canPack(columns: hidden) }

  var firstWeight: Int { weightInput.value.offset }

  func plan(_ input: PackedSequence, _ output: PackedSequence, scratch: Matrix, in workspace: Workspace) {
    let rows = input.layout.rows
    (self.input, self.output, self.scratch) = (input, output, scratch)
    gates = workspace.activation(rows: rows, columns: 3 * hidden)
    hiddenGates = workspace.activation(rows: rows, columns: 3 * hidden)
    previousOutputs = workspace.activation(rows: rows, columns: hidden)
  }

  func beginForward() {
    guard let input else { return }
    place.project(input, weightInput, packed: packed, into: gates)
    if packs { packedForward.pack(transposed: weightHidden.value.pointer) }
  }

  func forwardStep(_ t: Int) {
    guard let layout = input?.layout, let output else { return }
    let (batch, start, running) = (layout.batchSizes[t], layout.offsets[t], place.continuing(layout, t))
    if packs {
      packedForward.multiply(
        m: running, previousOutputs.row(start), lda: hidden, accumulate: false, into: hiddenGates.row(start),
        ldc: 3 * hidden)
    } else if running > 0 {
      gemm(
        transposeB: true, m: running, n: 3 * hidden, k: hidden, previousOutputs.row(start), lda: hidden,
        weightHidden.value.pointer, ldb: hidden, beta: 0, hiddenGates.row(start), ldc: 3 * hidden)
    }
    hiddenGates.row(start + running).update(repeating: 0, count: (batch - running) * 3 * hidden)
    previousOutputs.row(start + running).update(repeating: 0, count: (batch - running) * hidden)
    let following = place.next(t)
    let isLast = following < 0 || following >= layout.steps
    let rows = GRUForwardRows(
      gates: gates.row(start), hiddenGates: hiddenGates.row(start), bias: biasInput.value.pointer,
      hiddenBias: biasHidden.value.pointer, previous: previousOutputs.row(start),
      output: output.value.row(start) + place.column, outputStride: place.outputs,
      next: isLast ? unused : previousOutputs.row(layout.offsets[following]),
      nextRows: isLast ? 0 : place.continuing(layout, following), unused: unused)
    gruForward(rows, rows: batch, hidden: hidden)
  }

  func beginBackward() {
    guard let batch = input?.layout.count else { return }
    biasGradient.update(repeating: 0, count: 2 * Storage.padded(3 * hidden))
    carried.update(repeating: 0, count: Storage.padded(batch * hidden))
    if packs { packedBackward(batch).pack(weightHidden.value.pointer) }
  }

  /// Rows that receive no gradient from a later step still contain the zeros of ``beginBackward()``, as in ``LSTMPass``.
  func backwardStep(_ t: Int) {
    guard let layout = input?.layout, let output else { return }
    let (batch, start, running) = (layout.batchSizes[t], layout.offsets[t], place.continuing(layout, t))
    let rows = GRUBackwardRows(
      gates: gates.row(start), hiddenGates: hiddenGates.row(start), previous: previousOutputs.row(start),
      outputGradient: output.gradient.row(start) + place.column, outputStride: place.outputs, carried: carried,
      biasGradient: biasGradient, hiddenBiasGradient: hiddenBiasGradient)
    gruBackward(rows, rows: batch, hidden: hidden)
    if packs {
      return packedBackward(layout.count).multiply(
        m: running, hiddenGates.row(start), lda: 3 * hidden, accumulate: true, into: carried, ldc: hidden)
    }
    gemm(
      m: running, n: hidden, k: 3 * hidden, hiddenGates.row(start), lda: 3 * hidden, weightHidden.value.pointer,
      ldb: hidden, beta: 1, carried, ldc: hidden)
  }

  func weightGradients(accumulate: Bool) {
    guard let input else { return }
    let beta: Float = accumulate ? 1 : 0
    gemm(
      transposeA: true, m: 3 * hidden, n: inputs, k: gates.rows, gates.pointer, lda: 3 * hidden, input.value.pointer,
      ldb: inputs, beta: beta, weightInput.gradient.pointer, ldc: inputs)
    gemm(
      transposeA: true, m: 3 * hidden, n: hidden, k: gates.rows, hiddenGates.pointer, lda: 3 * hidden,
      previousOutputs.pointer, ldb: hidden, beta: beta, weightHidden.gradient.pointer, ldc: hidden)
    let (first, second) = (biasInput.gradient.pointer, biasHidden.gradient.pointer)
    for i in 0..<3 * hidden {
      first[i] = accumulate ? first[i] + biasGradient[i] : biasGradient[i]
      second[i] = accumulate ? second[i] + hiddenBiasGradient[i] : hiddenBiasGradient[i]
    }
  }

  func inputGradient(accumulate: Bool) {
    guard let input, gates.rows > 0 else { return }
    gemm(
      m: gates.rows, n: inputs, k: 3 * hidden, gates.pointer, lda: 3 * hidden, weightInput.value.pointer, ldb: inputs,
      beta: accumulate ? 1 : 0, input.gradient.pointer, ldc: inputs)
  }
}
