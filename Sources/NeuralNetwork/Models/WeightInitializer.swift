import Tensors

/// The initial values of a parameter.
enum WeightInitializer: Equatable {
  /// Uniform in [-bound, bound).
  case uniform(bound: Float)
  case constant(Float)
  /// Square matrices with orthonormal rows, one below the other.
  case orthogonal
  /// 1 for the forget gates, 0 for the other gates.
  case forgetGates

  /// - Parameter inputs: of one output of the stage.
  init(of parameter: Parameter, in stage: LayerSpec, inputs: Int, by start: StartWeights) {
    let isBias = parameter.shape.count == 1
    switch (stage, start) {
    case (.batchNormalization, _): self = .constant(parameter.name.hasSuffix(".weight") ? 1 : 0)
    case (.lstm(_, _, let hidden), .pytorch): self = .uniform(bound: WeightInitializer.bound(1, hidden))
    case (.lstm, .glorot):
      let kind = parameter.name.split(separator: ".").last ?? ""
      if isBias {
        // The two biases of a gate are added; one of them is enough.
        self = kind.hasPrefix("bias_ih") ? .forgetGates : .constant(0)
      } else {
        self = kind.hasPrefix("weight_hh") ? .orthogonal : .glorot(parameter)
      }
    case (.linear, .glorot): self = isBias ? .constant(0) : .glorot(parameter)
    case (.convolution, _), (.linear, .pytorch), (.maxPool, _), (.dropout, _):
      self = .uniform(bound: WeightInitializer.bound(1, inputs))
    }
  }

  private static func glorot(_ parameter: Parameter) -> WeightInitializer {
    .uniform(bound: bound(6, parameter.value.rows + parameter.value.columns))
  }

  private static func bound(_ share: Double, _ count: Int) -> Float {
    Float((share / Double(count)).squareRoot())
  }

  /// Draws the values from the stream of (seed, .weights, sample: index).
  func fill(_ parameter: Parameter, seed: UInt64, index: UInt32) {
    let (values, count) = (parameter.value.pointer, parameter.value.count)
    var random = KeyedRandom(seed: seed, purpose: .weights, sample: index)
    switch self {
    case .constant(let value): parameter.value.fill(value)
    case .uniform(let bound): for i in 0..<count { values[i] = random.uniform(-bound, bound) }
    case .forgetGates: for i in 0..<count { values[i] = (count / 4..<count / 2).contains(i) ? 1 : 0 }
    case .orthogonal:
      let size = parameter.value.columns
      for first in stride(from: 0, to: count, by: size * size) {
        let matrix = orthonormalRows(size, &random)
        for i in matrix.indices { values[first + i] = Float(matrix[i]) }
      }
    }
  }
}

/// A square matrix of orthonormal rows, by Gram and Schmidt from rows whose numbers are nearly normal: sums of twelve uniform
/// ones. Only additions, multiplications, divisions and square roots: the same bits on every machine.
private func orthonormalRows(_ size: Int, _ random: inout KeyedRandom) -> [Double] {
  var matrix = [Double](repeating: 0, count: size * size)
  for row in 0..<size {
    let start = row * size
    for i in start..<start + size {
      for _ in 0..<12 { matrix[i] += Double(random.uniform(0, 1)) - 0.5 }
    }
    // Twice is enough against rounding (Giraud, Langou and Rozloznik 2005).
    for _ in 0..<2 {
      for other in stride(from: 0, to: start, by: size) {
        var product = 0.0
        for i in 0..<size { product += matrix[start + i] * matrix[other + i] }
        for i in 0..<size { matrix[start + i] -= product * matrix[other + i] }
      }
    }
    var square = 0.0
    for i in start..<start + size { square += matrix[i] * matrix[i] }
    let norm = square.squareRoot()
    for i in start..<start + size { matrix[i] /= norm }
  }
  return matrix
}
