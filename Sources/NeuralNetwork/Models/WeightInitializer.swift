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
    case (.batchNormalization, _), (.groupNormalization, _):
      self = .constant(parameter.name.hasSuffix(".weight") ? 1 : 0)
    case (.residual, _):
      self =
        isBias
        ? .constant(parameter.name.hasSuffix(".weight") ? 1 : 0)
        : .uniform(bound: WeightInitializer.bound(1, parameter.value.columns))
    case (.recurrent(_, _, let hidden, _, _), .pytorch): self = .uniform(bound: WeightInitializer.bound(1, hidden))
    case (.recurrent(_, _, _, let cell, _), .glorot):
      let kind = parameter.name.split(separator: ".").last ?? ""
      if isBias {
        // The two biases of a gate are added; one of them is enough.
        self = kind.hasPrefix("bias_ih") && cell ?? .lstm == .lstm ? .forgetGates : .constant(0)
      } else {
        // A matrix of 1,024 rows takes a second or two; the time grows with the third power.
        let isSmall = parameter.value.columns <= 1024
        self = kind.hasPrefix("weight_hh") && isSmall ? .orthogonal : .glorot(parameter)
      }
    case (.linear, .glorot), (.auxiliaryHead, .glorot): self = isBias ? .constant(0) : .glorot(parameter)
    case (.convolution, _), (.stridedConvolution, _), (.depthwise, _), (.auxiliaryHead, .pytorch), (.linear, .pytorch),
      (.maxPool, _), (.dropout, _), (.activation, _):
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

/// A square matrix of orthonormal rows, by the modified method of Gram and Schmidt from rows whose numbers are nearly normal: sums
/// of twelve uniform ones. Only additions, multiplications, divisions and square roots, in a fixed order: the same bits on every
/// machine.
private func orthonormalRows(_ size: Int, _ random: inout KeyedRandom) -> [Double] {
  // Rows of whole vectors, with zeros at their ends.
  let vectors = (size + 7) / 8
  var matrix = [SIMD8<Double>](repeating: .zero, count: size * vectors)
  matrix.withUnsafeMutableBufferPointer { matrix in
    for row in 0..<size {
      let this = matrix.baseAddress! + row * vectors
      for i in 0..<size {
        for _ in 0..<12 { this[i / 8][i % 8] += Double(random.uniform(0, 1)) - 0.5 }
      }
      for other in 0..<row {
        let that = matrix.baseAddress! + other * vectors
        let product = dot(this, that, vectors)
        for i in 0..<vectors { this[i] -= product * that[i] }
      }
      let norm = dot(this, this, vectors).squareRoot()
      for i in 0..<vectors { this[i] /= norm }
    }
  }
  return (0..<size * size).map { matrix[$0 / size * vectors + $0 % size / 8][$0 % size % 8] }
}

private func dot(_ a: UnsafePointer<SIMD8<Double>>, _ b: UnsafePointer<SIMD8<Double>>, _ count: Int) -> Double {
  var sum = SIMD8<Double>.zero
  for i in 0..<count { sum += a[i] * b[i] }
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))
}
