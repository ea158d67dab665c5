import Tensors

/// y = x W^T + b for each row: [rows, in] -> [rows, out], PyTorch's `Linear`.
public final class Linear: SequenceLayer {
  /// Features of the output.
  public let outputs: Int
  private let inputs: Int
  private let weight: Parameter
  private let bias: Parameter
  private var input: PackedSequence?
  private var output: PackedSequence?

  /// Declares `<name>.weight` [out, in] and `<name>.bias` [out].
  public init(name: String, in inputs: Int, out outputs: Int, parameters: Parameters) {
    (self.inputs, self.outputs) = (inputs, outputs)
    weight = parameters.add("\(name).weight", shape: [outputs, inputs])
    bias = parameters.add("\(name).bias", shape: [outputs])
  }

  public func plan(_ input: PackedSequence, in workspace: Workspace) -> PackedSequence {
    let rows = input.layout.rows
    let output = PackedSequence(
      layout: input.layout, features: outputs, value: workspace.activation(rows: rows, columns: outputs),
      gradient: workspace.gradient(rows: rows, columns: outputs))
    (self.input, self.output) = (input, output)
    return output
  }

  public func forward(_ mode: Mode) {
    guard let input, let output else { return }
    let (rows, b) = (output.value.rows, bias.value.pointer)
    for row in 0..<rows { output.value.row(row).update(from: b, count: outputs) }
    gemm(
      transposeB: true, m: rows, n: outputs, k: inputs, input.value.pointer, lda: inputs, weight.value.pointer,
      ldb: inputs, beta: 1, output.value.pointer, ldc: outputs)
  }

  public func backward() {
    guard let input, let output else { return }
    let (rows, dy) = (output.gradient.rows, output.gradient.pointer)
    gemm(
      transposeA: true, m: outputs, n: inputs, k: rows, dy, lda: outputs, input.value.pointer, ldb: inputs, beta: 1,
      weight.gradient.pointer, ldc: inputs)
    gemm(
      m: rows, n: inputs, k: outputs, dy, lda: outputs, weight.value.pointer, ldb: inputs, beta: 0,
      input.gradient.pointer, ldc: inputs)
    let db = bias.gradient.pointer
    for row in 0..<rows { addRow(output.gradient.row(row), to: db, count: outputs) }
  }

  private func addRow(_ row: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
    var j = 0
    while j + Vector.width <= count {
      (Vector(sum + j) + Vector(row + j)).store(sum + j)
      j += Vector.width
    }
    if j < count { (Vector(sum + j) + Vector(row + j)).store(sum + j, first: count - j) }
  }
}
