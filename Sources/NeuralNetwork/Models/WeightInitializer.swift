import Tensors

/// The initial values of a parameter: the defaults of PyTorch's layers.
enum WeightInitializer: Equatable {
  /// Uniform in [-bound, bound).
  case uniform(bound: Float)
  case constant(Float)

  /// Convolutions and linear layers start uniformly within 1 / sqrt(inputs of one output), LSTMs within 1 /
  /// sqrt(hidden); batch normalization starts with factors 1 and summands 0. `inputs` counts the inputs of one output
  /// of the stage.
  init(of parameter: Parameter, in stage: LayerSpec, inputs: Int) {
    switch stage {
    case .batchNormalization: self = .constant(parameter.name.hasSuffix(".weight") ? 1 : 0)
    case .lstm(_, _, let hidden): self = .uniform(bound: WeightInitializer.bound(hidden))
    case .convolution, .linear, .maxPool, .dropout: self = .uniform(bound: WeightInitializer.bound(inputs))
    }
  }

  private static func bound(_ inputs: Int) -> Float {
    Float(1 / Double(inputs).squareRoot())
  }

  func fill(_ parameter: Parameter, seed: UInt64, index: UInt32) {
    switch self {
    case .constant(let value): parameter.value.fill(value)
    case .uniform(let bound):
      var random = KeyedRandom(seed: seed, purpose: .weights, sample: index)
      let values = parameter.value.pointer
      for i in 0..<parameter.value.count { values[i] = random.uniform(-bound, bound) }
    }
  }
}
