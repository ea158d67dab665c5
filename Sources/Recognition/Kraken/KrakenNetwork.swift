import Checkpoints
import Datasets
import Foundation
import Messages
import NeuralNetwork

/// A network as kraken writes it: a VGSL string whose layers have names, and weights under these names.
///
/// The layers compute the same numbers. Batch normalization becomes a part of the convolution before it. Feature `y * channels + c`
/// of a time step in kraken is `c * height + y` here, so the first layer of sequences has its columns in another order.
struct KrakenNetwork {
  /// The string, for example `[1,40,0,1 Cr{C_0}3,3,16 ... O{O_9}1c71]`.
  var spec: String { "[" + blocks.joined(separator: " ") + "]" }
  /// Weights in forward order, with kraken's names behind `UUID.nn.`.
  private(set) var tensors: [NamedTensor] = []

  private let model: ExportedModel
  private var blocks: [String]
  /// Layers so far.
  private var count = 0

  /// A layer that kraken does not have.
  struct Refusal: Error {
    let layer: String
    let why: String
  }

  /// - Throws: ``Refusal``, or `ArchitectureError`.
  init(_ model: ExportedModel) throws {
    self.model = model
    let architecture = model.architecture
    blocks = ["1,\(architecture.inputHeight),0,1"]
    if !architecture.inkIsPositive {
      // Paper is 0 in kraken, and 1 behind this layer; beyond the edges there is 0 here too.
      append("C", "l", Filters(outputs: 1, inputs: 1, Extent(1, 1), [-1]), bias: [1])
    }
    var shape = FeatureShape.maps(channels: 1, height: architecture.inputHeight)
    var stages = Array(zip(architecture.stages, try architecture.layers(classes: model.alphabet.classCount)))[...]
    while let (stage, layer) = stages.popFirst() {
      if case .convolution(let name, _, _, let padding, _, false) = stage,
        case .batchNormalization(let normalization, let relu) = stages.first?.0
      {
        try append(convolution: name, normalizedBy: normalization, padding: padding, relu: relu)
        stages.removeFirst()
      } else {
        try append(stage, layer.name, after: shape)
      }
      shape = layer.output
    }
  }

  // MARK: - Layers

  private mutating func append(_ stage: LayerSpec, _ name: String, after shape: FeatureShape) throws {
    switch stage {
    case .convolution(let name, _, _, let padding, _, let relu):
      try append(convolution: name, normalizedBy: nil, padding: padding, relu: relu)
    case .batchNormalization(let name, let relu):
      let normalization = normalization(name)
      append("C", relu ? "r" : "l", Filters(diagonal: normalization.scale), bias: normalization.shift)
    case .residual(let name, let kernel): append(residual: name, kernel)
    case .depthwise(let name, _):
      let filters = Filters(depthwise: model.tensor("\(name).weight"))
      append("C", "l", filters, bias: filters.zeros)
    case .auxiliaryHead: break  // Only training has it.
    case .maxPool(let kernel, let stride, let padding):
      guard padding == Extent(0, 0) else { throw Refusal(layer: name, why: "its max pooling has no padding") }
      let step = stride == kernel ? "" : ",\(stride.height),\(stride.width)"
      append("Mp", "", "\(kernel.height),\(kernel.width)\(step)")
    case .dropout(let rate, let wholeFeatures): append("Do", "", "\(decimal(rate))\(wholeFeatures ? ",2" : "")")
    case .recurrent(let module, let layer, let hidden, let cell, let direction):
      if cell == .gru { throw Refusal(layer: name, why: "it has no GRU, and makes an LSTM of the letter G") }
      if direction == .reverse {
        throw Refusal(layer: name, why: "its LSTMs read from left to right, or in both directions")
      }
      let permutation = reshape(after: shape)
      let weights = (direction == .forward ? [""] : ["", "_reverse"]).flatMap { suffix in
        ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { part in
          let tensor = model.tensor("\(module).\(part)_l\(layer)\(suffix)")
          let values = part == "weight_ih" ? reordered(tensor, permutation) : tensor.values
          return NamedTensor(name: "layer.\(part)_l0\(suffix)", shape: tensor.shape, values: values)
        }
      }
      append("L", direction == .forward ? "fx" : "bx", "\(hidden)", weights)
    case .linear(let name):
      let (weight, bias) = (model.tensor("\(name).weight"), model.tensor("\(name).bias"))
      let values = reordered(weight, reshape(after: shape))
      append(
        "O", "", "1c\(weight.shape[0])",
        [
          NamedTensor(name: "lin.weight", shape: weight.shape, values: values),
          NamedTensor(name: "lin.bias", shape: bias.shape, values: bias.values),
        ])
    }
  }

  /// Appends a block such as `Cr{C_0}3,3,16`, with its weights.
  private mutating func append(_ type: String, _ kind: String, _ arguments: String, _ weights: [NamedTensor] = []) {
    let name = nextName(type)
    blocks.append("\(type)\(kind){\(name)}\(arguments)")
    add(weights, below: name)
  }

  private mutating func append(_ type: String, _ kind: String, _ filters: Filters, bias: [Float]) {
    append(type, kind, filters.arguments, filters.tensors(bias: bias))
  }

  private mutating func nextName(_ type: String) -> String {
    defer { count += 1 }
    return "\(type)_\(count)"
  }

  private mutating func add(_ weights: [NamedTensor], below path: String) {
    tensors += weights.map { NamedTensor(name: "\(path).\($0.name)", shape: $0.shape, values: $0.values) }
  }

  // MARK: - Convolutions

  private mutating func append(
    convolution name: String, normalizedBy normalization: String?, padding: Extent, relu: Bool
  ) throws {
    var filters = Filters(model.tensor("\(name).weight"))
    let stored = model.tensor("\(name).bias").values
    var bias = stored.isEmpty ? filters.zeros : stored
    if let normalization { (filters, bias) = self.normalization(normalization).folded(into: filters, bias) }
    let activation = relu ? "r" : "l"
    if padding == filters.usualPadding {
      append("C", activation, filters, bias: bias)
    } else if padding == filters.transposedPadding {
      append("C", "T\(activation)", filters.arguments, filters.transposed.tensors(bias: bias))
    } else {
      throw Refusal(
        layer: name,
        why: "its convolutions of \(filters.kernel.height) x \(filters.kernel.width) have a padding of "
          + "\(filters.usualPadding.height) x \(filters.usualPadding.width), not of \(padding.height) x \(padding.width)"
      )
    }
  }

  /// The input beside a branch, then the sum of both: `(I [Cr1,1,C Cl3,3,C]) A3,C`.
  private mutating func append(residual name: String, _ kernel: Extent) {
    let normalization = normalization("\(name).0")
    let scaling = Filters(diagonal: normalization.scale)
    let filters = Filters(model.tensor("\(name).2.weight"))
    let (identity, first, second) = (nextName("I"), nextName("C"), nextName("C"))
    blocks += ["(I{\(identity)}", "[Cr{\(first)}\(scaling.arguments)", "Cl{\(second)}\(filters.arguments)])"]
    let branch = "\(identity) \(first) \(second).\(first) \(second)"
    add(scaling.tensors(bias: normalization.shift), below: "\(branch).\(first)")
    add(filters.tensors(bias: filters.zeros), below: "\(branch).\(second)")
    append("A", "", "3,\(filters.outputs)")
  }

  private func normalization(_ name: String) -> Normalization {
    func values(_ part: String) -> [Double] { model.tensor("\(name).\(part)").values.map(Double.init) }
    return Normalization(
      weight: values("weight"), bias: values("bias"), mean: values("running_mean"), variance: values("running_var"))
  }

  // MARK: - Sequences

  /// Makes time steps of the columns of feature maps, and returns our feature of each of kraken's; nil if there are no maps.
  private mutating func reshape(after shape: FeatureShape) -> [Int]? {
    guard case .maps(let channels, let height) = shape else { return nil }
    append("S", "", "1(1x0)1,3")
    return (0..<height).flatMap { y in (0..<channels).map { $0 * height + y } }
  }

  /// The values of a matrix with its columns in another order.
  private func reordered(_ tensor: NamedTensor, _ order: [Int]?) -> [Float] {
    guard let order else { return tensor.values }
    return (0..<tensor.shape[0]).flatMap { row in order.map { tensor.values[row * order.count + $0] } }
  }

  /// A rate without an exponent, which kraken would not read.
  private func decimal(_ rate: Double) -> String {
    let text = "\(rate)"
    return text.contains("e") ? String(format: "%.12f", rate) : text
  }
}
