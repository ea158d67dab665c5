import Checkpoints
import NeuralNetwork

/// The weights of a convolution, [outputs, inputs, lines, columns].
struct Filters {
  let outputs: Int
  let inputs: Int
  let kernel: Extent
  let values: [Float]

  init(outputs: Int, inputs: Int, _ kernel: Extent, _ values: [Float]) {
    (self.outputs, self.inputs, self.kernel, self.values) = (outputs, inputs, kernel, values)
  }

  init(_ tensor: NamedTensor) {
    let shape = tensor.shape
    self.init(outputs: shape[0], inputs: shape[1], Extent(shape[2], shape[3]), tensor.values)
  }

  /// Filters of 1 x 1 that scale each channel.
  init(diagonal: [Float]) {
    let count = diagonal.count
    var values = [Float](repeating: 0, count: count * count)
    for i in 0..<count { values[i * count + i] = diagonal[i] }
    self.init(outputs: count, inputs: count, Extent(1, 1), values)
  }

  /// The factor of each channel, if these are filters that only scale; otherwise nil.
  var diagonal: [Float]? {
    guard outputs == inputs, kernel == Extent(1, 1) else { return nil }
    let factors = (0..<outputs).map { values[$0 * outputs + $0] }
    let isDiagonal = values.indices.allSatisfy { $0 % (outputs + 1) == 0 || values[$0] == 0 }
    return isDiagonal ? factors : nil
  }

  /// Filters that each see one channel, [channels, 1, lines, columns].
  init(depthwise tensor: NamedTensor) {
    let (count, kernel) = (tensor.shape[0], Extent(tensor.shape[2], tensor.shape[3]))
    let taps = kernel.height * kernel.width
    var values = [Float](repeating: 0, count: count * count * taps)
    for i in 0..<count { for tap in 0..<taps { values[(i * count + i) * taps + tap] = tensor.values[i * taps + tap] } }
    self.init(outputs: count, inputs: count, kernel, values)
  }

  var shape: [Int] { [outputs, inputs, kernel.height, kernel.width] }

  /// A bias of nothing.
  var zeros: [Float] { Array(repeating: 0, count: outputs) }

  /// What stands in a block of a string.
  var arguments: String { "\(kernel.height),\(kernel.width),\(outputs)" }

  /// The padding of kraken's convolutions, and of its transposed ones.
  var usualPadding: Extent { Extent((kernel.height - 1) / 2, (kernel.width - 1) / 2) }

  /// The padding with which a convolution equals a transposed one that has the usual padding.
  var transposedPadding: Extent {
    Extent(kernel.height - 1 - usualPadding.height, kernel.width - 1 - usualPadding.width)
  }

  /// The weights of the transposed convolution that computes the same, and back: [inputs, outputs, lines, columns], turned by half.
  var transposed: Filters {
    let taps = kernel.height * kernel.width
    var turned: [Float] = []
    turned.reserveCapacity(values.count)
    for input in 0..<inputs {
      for output in 0..<outputs {
        let first = (output * inputs + input) * taps
        turned += values[first..<first + taps].reversed()
      }
    }
    return Filters(outputs: inputs, inputs: outputs, kernel, turned)
  }

  /// Each output times its factor.
  func scaled(by factors: [Double]) -> Filters {
    let size = values.count / outputs
    let scaled = values.enumerated().map { Float(Double($1) * factors[$0 / size]) }
    return Filters(outputs: outputs, inputs: inputs, kernel, scaled)
  }

  /// Weights and bias under kraken's names.
  func tensors(bias: [Float]) -> [NamedTensor] {
    [
      NamedTensor(name: "co.weight", shape: shape, values: values),
      NamedTensor(name: "co.bias", shape: [bias.count], values: bias),
    ]
  }
}

/// What a batch normalization does in recognition: a factor for each channel, and a constant.
struct Normalization {
  private let factors: [Double]
  private let constants: [Double]

  init(weight: [Double], bias: [Double], mean: [Double], variance: [Double]) {
    let factors = zip(weight, variance).map { $0 / ($1 + BatchNormalization.epsilon).squareRoot() }
    constants = zip(bias, zip(mean, factors)).map { $0 - $1.0 * $1.1 }
    self.factors = factors
  }

  var scale: [Float] { factors.map { Float($0) } }
  var shift: [Float] { constants.map { Float($0) } }

  /// The convolution that gives the normalized values.
  func folded(into filters: Filters, _ bias: [Float]) -> (Filters, bias: [Float]) {
    let shifted = bias.indices.map { Float(Double(bias[$0]) * factors[$0] + constants[$0]) }
    return (filters.scaled(by: factors), shifted)
  }
}
