import Tensors

/// One direction of an LSTM (Hochreiter and Schmidhuber 1997, with forget gates).
final class LSTMPass: RecurrentPass {
  let place: RecurrentPlace
  private var inputs: Int { place.inputs }
  private let hidden: Int
  private let weightInput: Parameter
  private let weightHidden: Parameter
  private let biasInput: Parameter
  private let biasHidden: Parameter

  private var input: PackedSequence?
  private var output: PackedSequence?
  private var gates = Matrix(rows: 0, columns: 0)
  private var cells = Matrix(rows: 0, columns: 0)
  private var tanhCells = Matrix(rows: 0, columns: 0)
  /// h of the previous step, in the rows of `gates`; zero where a sequence starts.
  private var previousOutputs = Matrix(rows: 0, columns: 0)
  private var scratch = Matrix(rows: 0, columns: 0)

  init(_ place: RecurrentPlace, _ parameters: Parameters) {
    let (prefix, suffix, hidden) = (place.prefix, place.suffix, place.hidden)
    (self.place, self.hidden) = (place, hidden)
    weightInput = parameters.add("\(prefix).weight_ih\(suffix)", shape: [4 * hidden, place.inputs])
    weightHidden = parameters.add("\(prefix).weight_hh\(suffix)", shape: [4 * hidden, hidden])
    biasInput = parameters.add("\(prefix).bias_ih\(suffix)", shape: [4 * hidden])
    biasHidden = parameters.add("\(prefix).bias_hh\(suffix)", shape: [4 * hidden])
  }

  // Scratch, in floats, each part a multiple of 16:
  //   forward:  bias [4H], zeros [H], unused [H], packed W_ih [in, 4H], then transposed or packed W_hh [H, 4H]
  //   backward: bias gradient [4H], zeros [H], carried output [batch, H], carried cell [batch, H], packed W_hh [4H, H]
  private var biasCount: Int { Storage.padded(4 * hidden) }
  private var rowCount: Int { Storage.padded(hidden) }
  private var bias: UnsafeMutablePointer<Float> { scratch.pointer }
  private var zeros: UnsafeMutablePointer<Float> { scratch.pointer + biasCount }
  private var unused: UnsafeMutablePointer<Float> { zeros + rowCount }
  private var transposed: UnsafeMutablePointer<Float> { unused + rowCount }
  private var packedForward: PackedMatrix { PackedMatrix(rows: hidden, columns: 4 * hidden, in: transposed) }
  private var carriedOutput: UnsafeMutablePointer<Float> { zeros + rowCount }
  private func carriedCell(_ batch: Int) -> UnsafeMutablePointer<Float> {
    carriedOutput + Storage.padded(batch * hidden)
  }
  private func packedBackward(_ batch: Int) -> PackedMatrix {
    PackedMatrix(rows: 4 * hidden, columns: hidden, in: carriedCell(batch) + Storage.padded(batch * hidden))
  }

  func scratchCount(batch: Int) -> Int {
    let weights = Storage.padded(4 * hidden * hidden)
    let carried = 2 * Storage.padded(batch * hidden)
    return biasCount + 2 * rowCount
      + max(weights, place.packedInputCount(4 * hidden), carried + (packs ? weights : 0))
  }

  func plan(_ input: PackedSequence, _ output: PackedSequence, scratch: Matrix, in workspace: Workspace) {
    let rows = input.layout.rows
    (self.input, self.output, self.scratch) = (input, output, scratch)
    gates = workspace.activation(rows: rows, columns: 4 * hidden)
    cells = workspace.activation(rows: rows, columns: hidden)
    tanhCells = workspace.activation(rows: rows, columns: hidden)
    previousOutputs = workspace.activation(rows: rows, columns: hidden)
  }

  /// Whether W_hh is packed, once for all steps.
  private var packs: Bool { PackedMatrix.canPack(columns: hidden) }

  /// Whether a product is small. OpenBLAS on AVX-512 multiplies small products without packing, but only with an
  /// untransposed right side (measured for 8 x 512 x 128: 4.4 us against 16 us), so a transposed copy of W_hh pays off.
  /// Elsewhere the copy costs nothing measurable, and large products are as fast with W_hh as it is stored.
  private func isSmall(rows: Int) -> Bool { rows * 4 * hidden * hidden <= 1_000_000 }

  func beginForward() {
    guard let input, let last = input.layout.batchSizes.last else { return }
    place.project(input, weightInput, packed: transposed, into: gates)
    let (first, second) = (biasInput.value.pointer, biasHidden.value.pointer)
    for i in 0..<4 * hidden { bias[i] = first[i] + second[i] }
    zeros.update(repeating: 0, count: rowCount)
    if packs {
      packedForward.pack(transposed: weightHidden.value.pointer)
    } else if isSmall(rows: last) {
      transpose(weightHidden.value.pointer, rows: 4 * hidden, columns: hidden, into: transposed)
    }
  }

  func forwardStep(_ t: Int) {
    guard let layout = input?.layout, let output else { return }
    let (batch, start, running) = (layout.batchSizes[t], layout.offsets[t], place.continuing(layout, t))
    let gateRows = gates.row(start)
    if packs {
      packedForward.multiply(
        m: running, previousOutputs.row(start), lda: hidden, accumulate: true, into: gateRows, ldc: 4 * hidden)
    } else if running > 0 {
      let small = isSmall(rows: running)
      gemm(
        transposeB: !small, m: running, n: 4 * hidden, k: hidden, previousOutputs.row(start), lda: hidden,
        small ? transposed : weightHidden.value.pointer, ldb: small ? 4 * hidden : hidden, beta: 1, gateRows,
        ldc: 4 * hidden)
    }
    previousOutputs.row(start + running).update(repeating: 0, count: (batch - running) * hidden)
    let following = place.next(t)
    let isLast = following < 0 || following >= layout.steps
    func rows(_ previousCells: UnsafePointer<Float>, stride: Int) -> LSTMForwardRows {
      LSTMForwardRows(
        gates: gateRows, bias: bias, previousCells: previousCells, previousStride: stride, cells: cells.row(start),
        tanhCells: tanhCells.row(start), output: output.value.row(start) + place.column, outputStride: place.outputs,
        next: isLast ? unused : previousOutputs.row(layout.offsets[following]),
        nextRows: isLast ? 0 : place.continuing(layout, following), unused: unused)
    }
    if running > 0 {
      let previous = cells.row(layout.offsets[place.before(t)])
      lstmForward(rows(previous, stride: hidden), rows: 0..<running, hidden: hidden)
    }
    lstmForward(rows(zeros, stride: 0), rows: running..<batch, hidden: hidden)
  }

  func beginBackward() {
    guard let batch = input?.layout.count else { return }
    bias.update(repeating: 0, count: biasCount)
    zeros.update(repeating: 0, count: rowCount)
    carriedOutput.update(repeating: 0, count: 2 * Storage.padded(batch * hidden))
    if packs { packedBackward(batch).pack(weightHidden.value.pointer) }
  }

  /// Rows that receive no gradient from a later step still contain the zeros of ``beginBackward()``: in the forward
  /// direction the rows of a step beyond those of the following step, in the reverse direction those of t = 0.
  func backwardStep(_ t: Int) {
    guard let layout = input?.layout, let output else { return }
    let (batch, start, running) = (layout.batchSizes[t], layout.offsets[t], place.continuing(layout, t))
    func rows(_ previousCells: UnsafePointer<Float>, stride: Int) -> LSTMBackwardRows {
      LSTMBackwardRows(
        gates: gates.row(start), previousCells: previousCells, previousStride: stride,
        tanhCells: tanhCells.row(start), outputGradient: output.gradient.row(start) + place.column,
        outputStride: place.outputs, carriedOutput: carriedOutput, carriedCell: carriedCell(layout.count),
        biasGradient: bias)
    }
    if running > 0 {
      let previous = cells.row(layout.offsets[place.before(t)])
      lstmBackward(rows(previous, stride: hidden), rows: 0..<running, hidden: hidden)
    }
    lstmBackward(rows(zeros, stride: 0), rows: running..<batch, hidden: hidden)
    if packs {
      return packedBackward(layout.count).multiply(
        m: running, gates.row(start), lda: 4 * hidden, accumulate: false, into: carriedOutput, ldc: hidden)
    }
    gemm(
      m: running, n: hidden, k: 4 * hidden, gates.row(start), lda: 4 * hidden, weightHidden.value.pointer, ldb: hidden,
      beta: 0, carriedOutput, ldc: hidden)
  }

  var firstWeight: Int { weightInput.value.offset }

  func weightGradients(accumulate: Bool) {
    guard let input else { return }
    let (rows, beta): (Int, Float) = (gates.rows, accumulate ? 1 : 0)
    gemm(
      transposeA: true, m: 4 * hidden, n: inputs, k: rows, gates.pointer, lda: 4 * hidden, input.value.pointer,
      ldb: inputs, beta: beta, weightInput.gradient.pointer, ldc: inputs)
    gemm(
      transposeA: true, m: 4 * hidden, n: hidden, k: rows, gates.pointer, lda: 4 * hidden, previousOutputs.pointer,
      ldb: hidden, beta: beta, weightHidden.gradient.pointer, ldc: hidden)
    let (first, second) = (biasInput.gradient.pointer, biasHidden.gradient.pointer)
    for i in 0..<4 * hidden {
      first[i] = accumulate ? first[i] + bias[i] : bias[i]
      second[i] = accumulate ? second[i] + bias[i] : bias[i]
    }
  }

  func inputGradient(accumulate: Bool) {
    guard let input, gates.rows > 0 else { return }
    gemm(
      m: gates.rows, n: inputs, k: 4 * hidden, gates.pointer, lda: 4 * hidden, weightInput.value.pointer, ldb: inputs,
      beta: accumulate ? 1 : 0, input.gradient.pointer, ldc: inputs)
  }
}

/// to[c, r] = from[r, c], in blocks of 16 x 16 so that both sides stay in the first-level cache.
private func transpose(
  _ from: UnsafePointer<Float>, rows: Int, columns: Int, into to: UnsafeMutablePointer<Float>
) {
  for r0 in stride(from: 0, to: rows, by: 16) {
    for c0 in stride(from: 0, to: columns, by: 16) {
      for c in c0..<min(c0 + 16, columns) {
        for r in r0..<min(r0 + 16, rows) { to[c * rows + r] = from[r * columns + c] }
      }
    }
  }
}
