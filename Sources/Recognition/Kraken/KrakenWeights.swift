import Checkpoints
import NeuralNetwork

/// Reads the weights of a kraken file and gives them Akuru's names and order.
struct KrakenWeights {
  /// The weights, in forward order.
  private(set) var tensors: [NamedTensor] = []
  /// The names in the file of the tensors that were read.
  private(set) var names: Set<String> = []

  private let file: SafeTensorsFile
  private let prefix: String
  private let classes: Int

  /// A tensor that is missing or has another shape.
  struct Problem: Error {
    let why: String
  }

  init(file: SafeTensorsFile, prefix: String, classes: Int) {
    (self.file, self.prefix, self.classes) = (file, prefix, classes)
  }

  /// - Throws: ``Problem``, or `SafeTensorsError`.
  mutating func read(_ architecture: Architecture, _ blocks: [KrakenBlock]) throws {
    var shape = FeatureShape.maps(channels: 1, height: architecture.inputHeight)
    let layers = try architecture.layers(classes: classes)
    for ((stage, block), layer) in zip(zip(architecture.stages, blocks), layers) {
      try read(stage, block, after: shape)
      shape = layer.output
    }
  }

  private mutating func read(_ stage: LayerSpec, _ block: KrakenBlock, after shape: FeatureShape) throws {
    switch (stage, shape) {
    case (.convolution(let name, let out, let kernel, _, _, _), .maps(let channels, _)):
      if block.isTransposed {
        let stored = try tensor(block, "co.weight", [channels, out, kernel.height, kernel.width])
        let filters = Filters(stored).transposed
        tensors.append(NamedTensor(name: "\(name).weight", shape: filters.shape, values: filters.values))
        try read(block, "co.bias", [out], as: "\(name).bias")
      } else {
        try readConvolution(block, name, out: out, channels: channels, kernel)
      }
    case (.stridedConvolution(let name, let out, let kernel, _, _, _, _), .maps(let channels, _)):
      try readConvolution(block, name, out: out, channels: channels, kernel)
    case (.groupNormalization(let name, _), .maps(let channels, _)):
      for part in ["weight", "bias"] { try read(block, "layer.\(part)", [channels], as: "\(name).\(part)") }
    case (.residual(let name, let kernel), .maps(let channels, _)) where block.branch.count == 2:
      try readResidual(block, name, channels: channels, kernel)
    case (.recurrent(let name, let layer, let hidden, _, let direction), _):
      for suffix in direction == .forward ? [""] : ["", "_reverse"] {
        let input = try tensor(block, "layer.weight_ih_l0\(suffix)", [4 * hidden, shape.features])
        tensors.append(
          NamedTensor(
            name: "\(name).weight_ih_l\(layer)\(suffix)", shape: input.shape, values: reordered(input, after: shape)))
        try read(
          block, "layer.weight_hh_l0\(suffix)", [4 * hidden, hidden], as: "\(name).weight_hh_l\(layer)\(suffix)")
        for part in ["bias_ih", "bias_hh"] {
          try read(block, "layer.\(part)_l0\(suffix)", [4 * hidden], as: "\(name).\(part)_l\(layer)\(suffix)")
        }
      }
    case (.linear(let name), _):
      let weight = try tensor(block, "lin.weight", [classes, shape.features])
      tensors.append(
        NamedTensor(name: "\(name).weight", shape: weight.shape, values: reordered(weight, after: shape)))
      try read(block, "lin.bias", [classes], as: "\(name).bias")
    case (.maxPool, _), (.dropout, _), (.activation, _): break
    // kraken has no such layers, and feature maps are gone behind sequences.
    case (.residual, _), (.depthwise, _), (.auxiliaryHead, _), (.batchNormalization, _), (.convolution, .sequence),
      (.stridedConvolution, .sequence), (.groupNormalization, .sequence):
      throw Problem(why: "kraken has no layer \(stage.name)")
    }
  }

  private mutating func readConvolution(
    _ block: KrakenBlock, _ name: String, out: Int, channels: Int, _ kernel: Extent
  ) throws {
    try read(block, "co.weight", [out, channels, kernel.height, kernel.width], as: "\(name).weight")
    try read(block, "co.bias", [out], as: "\(name).bias")
  }

  /// The normalization that the first convolution of the branch is, and the second convolution.
  private mutating func readResidual(
    _ block: KrakenBlock, _ name: String, channels: Int, _ kernel: Extent
  ) throws {
    let scaling = Filters(try tensor(block, "\(block.branch[0]).co.weight", [channels, channels, 1, 1]))
    guard let scale = scaling.diagonal else {
      throw Problem(
        why: "\(block.branch[0]) mixes channels; beside an input, only a factor for each channel is possible here")
    }
    let shift = try tensor(block, "\(block.branch[0]).co.bias", [channels]).values
    // A mean of 0, and the variance that makes the deviation 1.
    let statistics = [0, Float(1 - BatchNormalization.epsilon)].map { [Float](repeating: $0, count: channels) }
    for (part, values) in zip(["weight", "bias", "running_mean", "running_var"], [scale, shift] + statistics) {
      tensors.append(NamedTensor(name: "\(name).0.\(part)", shape: [channels], values: values))
    }
    let weight = try tensor(
      block, "\(block.branch[1]).co.weight", [channels, channels, kernel.height, kernel.width])
    guard try tensor(block, "\(block.branch[1]).co.bias", [channels]).values.allSatisfy({ $0 == 0 }) else {
      throw Problem(why: "\(block.branch[1]) has a bias, which is not possible beside an input here")
    }
    tensors.append(NamedTensor(name: "\(name).2.weight", shape: weight.shape, values: weight.values))
  }

  private mutating func read(_ block: KrakenBlock, _ part: String, _ shape: [Int], as name: String) throws {
    let values = try tensor(block, part, shape).values
    tensors.append(NamedTensor(name: name, shape: shape, values: values))
  }

  /// A tensor of the file, whose shape is checked before it is read.
  private mutating func tensor(_ block: KrakenBlock, _ part: String, _ shape: [Int]) throws -> NamedTensor {
    let name = "\(prefix).nn.\(block.name).\(part)"
    guard let entry = file.entry(name) else { throw Problem(why: "tensor \(name) is missing") }
    guard entry.shape == shape else {
      throw Problem(why: "tensor \(name) has shape \(entry.shape), its network needs \(shape)")
    }
    names.insert(name)
    return NamedTensor(name: name, shape: shape, values: try file.floats(name))
  }

  /// The columns of a layer that reads feature maps, in the order of our features.
  private func reordered(_ tensor: NamedTensor, after shape: FeatureShape) -> [Float] {
    guard case .maps(let channels, let height) = shape else { return tensor.values }
    let columns = channels * height
    var values = tensor.values
    for row in 0..<tensor.shape[0] {
      for c in 0..<channels {
        for y in 0..<height {
          values[row * columns + c * height + y] = tensor.values[row * columns + y * channels + c]
        }
      }
    }
    return values
  }
}
