import Files
import Foundation
import Messages
import NeuralNetwork
import ONNXSchema
import SwiftProtobuf

extension ExportedModel {
  /// The ONNX operator set and the file version that goes with it (ONNX 1.12, 2022).
  static let (operatorSet, fileVersion): (Int64, Int64) = (17, 8)

  /// Writes the network as an ONNX model: `images` [batch, 1, height, width] and `widths` [batch] in, `logits`
  /// [batch, time, classes] and `lengths` [batch] out. Facts about the model are in `metadata_props`.
  func writeONNX(to path: String) throws {
    var model = Onnx_ModelProto()
    model.irVersion = ExportedModel.fileVersion
    (model.producerName, model.producerVersion) = ("akuru", akuruVersion)
    var operators = Onnx_OperatorSetIdProto()
    operators.version = ExportedModel.operatorSet
    model.opsetImport = [operators]
    model.docString = "Text recognizer (CNN, LSTM, CTC); class 0 is the CTC blank, class k is alphabet[k - 1]."
    model.metadataProps = try metadata().sorted { $0.key < $1.key }.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      (entry.key, entry.value) = (key, value)
      return entry
    }
    var builder = ONNXNetwork(self)
    model.graph = try builder.build()
    let bytes: [UInt8] = try model.serializedBytes()
    try AtomicFile.write(bytes, to: path)
  }
}

/// Turns an architecture and its weights into ONNX nodes.
///
/// Images of a batch are left-aligned in a common width, and pixels to the right of an image must have no effect: a
/// convolution that reaches past an image's edge gets zeros there, a pool minus infinity, and an LSTM gets the lengths.
/// So an image's logits do not depend on its neighbors.
private struct ONNXNetwork {
  private let model: ExportedModel
  private var graph: ONNXGraph
  /// The name of the current value.
  private var value = "images"
  /// The name of the images' widths at this point, and of their mask, if any.
  private var widths = "widths"
  private var mask: String?
  /// The lengths in the form for LSTMs, once feature maps have become sequences.
  private var sequenceLengths: String?

  init(_ model: ExportedModel) {
    self.model = model
    graph = ONNXGraph(name: model.architecture.name)
  }

  mutating func build() throws -> Onnx_GraphProto {
    let architecture = model.architecture
    let classes = model.alphabet.classCount
    graph.addInput(
      "images", .float, [.free("batch"), .fixed(1), .fixed(architecture.inputHeight), .free("width")],
      about: "Gray images as metadata `preprocessing` says; anything may stand right of an image.")
    graph.addInput("widths", .int64, [.free("batch")], about: "Columns of each image.")
    graph.addOutput(
      "logits", .float, [.free("batch"), .free("time"), .fixed(classes)],
      about: "Class scores before softmax; 0 in steps from `lengths` on.")
    graph.addOutput("lengths", .int64, [.free("batch")], about: "Time steps of each image.")
    var shape = FeatureShape.maps(channels: 1, height: architecture.inputHeight)
    for (stage, layer) in zip(architecture.stages, try architecture.layers(classes: classes)) {
      append(stage, after: shape)
      shape = layer.output
    }
    // From [time, batch, classes]; values after the end of an image are removed.
    value = graph.node("Transpose", [value], [.integers("perm", [1, 0, 2])])
    let steps = graph.node("Shape", [value], [.integer("start", 1), .integer("end", 2)])
    let inside = columnMask(extent: steps, axes: [1])
    let column = graph.node("Unsqueeze", [inside, graph.integers([2])])
    let zero = graph.scalar(0, name: "zero")
    _ = graph.node("Where", [column, value, zero], output: "logits")
    _ = graph.node("Identity", [widths], output: "lengths")
    return graph.proto
  }

  private mutating func append(_ stage: LayerSpec, after shape: FeatureShape) {
    switch stage {
    case .convolution(let name, _, let kernel, let padding, let bias, let relu):
      appendConvolution([name + ".weight"] + (bias ? [name + ".bias"] : []), kernel, padding: padding)
      if relu { value = graph.node("Relu", [value]) }
    case .stridedConvolution(let name, _, let kernel, let stride, let dilation, let bias, let relu):
      let padding = Extent(dilation.height * (kernel.height - 1) / 2, dilation.width * (kernel.width - 1) / 2)
      appendConvolution(
        [name + ".weight"] + (bias ? [name + ".bias"] : []), kernel, padding: padding, stride: stride,
        dilation: dilation)
      if relu { value = graph.node("Relu", [value]) }
    case .activation(let function):
      switch function {
      case .tanh: value = graph.node("Tanh", [value])
      case .leakyReLU: value = graph.node("LeakyRelu", [value], [.float("alpha", 0.01)])
      case .softmax: value = graph.node("Softmax", [value], [.integer("axis", 1)])
      }
    case .groupNormalization(let name, let groups): appendGroups(name, groups, of: shape)
    case .batchNormalization(let name, let relu):
      let inputs = ["weight", "bias", "running_mean", "running_var"].map { weights("\(name).\($0)") }
      value = graph.node(
        "BatchNormalization", [value] + inputs, [.float("epsilon", Float(BatchNormalization.epsilon))])
      if relu { value = graph.node("Relu", [value]) }
    case .residual(let name, let kernel):
      let skipped = value
      append(.batchNormalization(name: "\(name).0", relu: true), after: shape)
      append(
        .convolution(
          name: "\(name).2", out: 0, kernel: kernel, padding: Extent(kernel.height / 2, kernel.width / 2), bias: false,
          relu: false), after: shape)
      value = graph.node("Add", [skipped, value])
    case .maxPool(let kernel, let stride, let padding):
      if padding.width > 0 { hideBehindImages(graph.scalar(-.infinity, name: "minus_infinity")) }
      value = graph.node(
        "MaxPool", [value],
        [
          .integers("kernel_shape", kernel.list), .integers("pads", padding.list + padding.list),
          .integers("strides", stride.list),
        ])
      setWidths(padding: 2 * padding.width - kernel.width, stride: stride.width)
    case .depthwise(let name, let kernel):
      appendConvolution(
        [name + ".weight"], kernel, padding: Extent(kernel.height / 2, kernel.width / 2),
        groups: model.tensor("\(name).weight").shape[0])
    case .dropout, .auxiliaryHead: break  // no effect in evaluation
    case .recurrent(let name, let layer, let hidden, let cell, let direction):
      toSequences(shape)
      appendRecurrent(
        "\(name).l\(layer)", name, layer: layer, inputs: shape.features, hidden: hidden, cell: cell ?? .lstm,
        direction: direction ?? .both)
    case .linear(let name):
      toSequences(shape)
      let weight = model.tensor("\(name).weight")
      let (rows, columns) = (weight.shape[0], weight.shape[1])
      let transposed = (0..<columns).flatMap { c in (0..<rows).map { weight.values[$0 * columns + c] } }
      let factor = graph.weights(weight.name, shape: [columns, rows], transposed)
      value = graph.node("MatMul", [value, factor])
      value = graph.node("Add", [value, weights("\(name).bias")])
    }
  }

  /// A convolution with the tensors of these names.
  private mutating func appendConvolution(
    _ names: [String], _ kernel: Extent, padding: Extent, stride: Extent = Extent(1, 1),
    dilation: Extent = Extent(1, 1),
    groups: Int = 1
  ) {
    if padding.width > 0 { hideBehindImages(graph.scalar(0, name: "zero")) }
    var attributes: [Onnx_AttributeProto] = [
      .integers("kernel_shape", kernel.list), .integers("pads", padding.list + padding.list),
    ]
    if stride != Extent(1, 1) { attributes.append(.integers("strides", stride.list)) }
    if dilation != Extent(1, 1) { attributes.append(.integers("dilations", dilation.list)) }
    if groups > 1 { attributes.append(.integer("group", groups)) }
    value = graph.node("Conv", [value] + names.map { weights($0) }, attributes)
    setWidths(padding: 2 * padding.width - dilation.width * (kernel.width - 1) - 1, stride: stride.width)
  }

  /// Mean and variance of each group in an image's own columns. `GroupNormalization` came with operator set 18, and sees all columns.
  private mutating func appendGroups(_ name: String, _ groups: Int, of shape: FeatureShape) {
    guard case .maps(let channels, let height) = shape else { return }
    let (zero, lines) = (graph.scalar(0, name: "zero"), channels / groups * height)
    func integers(_ values: [Int]) -> String { graph.integers(values.map(Int64.init)) }
    hideBehindImages(zero)
    let grouped = graph.node("Reshape", [value, integers([0, groups, lines, -1])])
    let columns = graph.node(
      "Cast", [graph.node("Unsqueeze", [widths, integers([1, 2, 3])])],
      [.integer("to", Onnx_TensorProto.DataType.float.rawValue)])
    let count = graph.node("Mul", [columns, graph.scalar(Float(lines), name: "\(name).lines")])
    func mean(_ values: String) -> String {
      graph.node("Div", [graph.node("ReduceSum", [values, integers([2, 3])], [.integer("keepdims", 1)]), count])
    }
    let deviation = graph.node("Sub", [grouped, mean(grouped)])
    let inside = graph.node("Where", [mask ?? "", deviation, zero])
    let variance = mean(graph.node("Mul", [inside, inside]))
    let epsilon = graph.scalar(Float(GroupNormalization.epsilon), name: "\(name).epsilon")
    let spread = graph.node("Sqrt", [graph.node("Add", [variance, epsilon])])
    value = graph.node("Reshape", [graph.node("Div", [inside, spread]), integers([0, channels, height, -1])])
    for (operation, part) in [("Mul", "weight"), ("Add", "bias")] {
      let tensor = model.tensor("\(name).\(part)")
      value = graph.node(
        operation, [value, graph.weights(tensor.name, shape: [channels, 1, 1], tensor.values)])
    }
  }

  private mutating func weights(_ name: String) -> String {
    let tensor = model.tensor(name)
    return graph.weights(name, shape: tensor.shape, tensor.values)
  }

  /// floor((width + padding) / stride) + 1.
  private mutating func setWidths(padding: Int, stride: Int) {
    if padding == -1 && stride == 1 { return }
    if padding != 0 { widths = graph.node("Add", [widths, graph.integers([Int64(padding)])]) }
    if stride != 1 { widths = graph.node("Div", [widths, graph.integers([Int64(stride)])]) }
    widths = graph.node("Add", [widths, graph.integers([1])])
    mask = nil
  }

  /// Replaces everything to the right of the images in [batch, channels, height, width].
  private mutating func hideBehindImages(_ replacement: String) {
    if mask == nil {
      let columns = graph.node("Shape", [value], [.integer("start", 3), .integer("end", 4)])
      mask = columnMask(extent: columns, axes: [1, 2, 3])
    }
    if let mask { value = graph.node("Where", [mask, value, replacement]) }
  }

  /// True in an image's own columns: [batch, 1..., extent], with the widths' dimensions widened by `axes`.
  private mutating func columnMask(extent: String, axes: [Int64]) -> String {
    let limit = graph.node("Squeeze", [extent, graph.integers([0])])
    let range = graph.node(
      "Range", [graph.integers([0], isScalar: true), limit, graph.integers([1], isScalar: true)])
    let ends = graph.node("Unsqueeze", [widths, graph.integers(axes)])
    return graph.node("Less", [range, ends])
  }

  /// [batch, channels, height, width] to [time, batch, channels * height], at the first call.
  private mutating func toSequences(_ shape: FeatureShape) {
    guard sequenceLengths == nil else { return }
    value = graph.node("Transpose", [value], [.integers("perm", [3, 0, 1, 2])])
    value = graph.node("Reshape", [value, graph.integers([0, 0, Int64(shape.features)])])
    sequenceLengths = graph.node(
      "Cast", [widths], [.integer("to", Onnx_TensorProto.DataType.int32.rawValue)])
  }

  private mutating func appendRecurrent(
    _ prefix: String, _ name: String, layer: Int, inputs: Int, hidden: Int, cell: RecurrentCell,
    direction: RecurrentDirection
  ) {
    // ONNX has all directions in one tensor. It orders the gates of an LSTM i, o, f, c, those of a GRU z, r, n; PyTorch's orders
    // are i, f, c, o and r, z, n.
    let order = cell == .lstm ? [0, 3, 1, 2] : [1, 0, 2]
    let directions = direction == .both ? ["", "_reverse"] : [""]
    let (count, rows) = (directions.count, order.count * hidden)
    func gathered(_ part: String, columns: Int) -> [[Float]] {
      directions.map { direction in
        let values = model.tensor("\(name).\(part)_l\(layer)\(direction)").values
        let gate = hidden * columns
        return order.flatMap { values[$0 * gate..<($0 + 1) * gate] }
      }
    }
    func weights(_ letter: String, _ part: String, columns: Int) -> String {
      graph.weights(
        "\(prefix).\(letter)", shape: [count, rows, columns], gathered(part, columns: columns).flatMap { $0 })
    }
    let input = weights("W", "weight_ih", columns: inputs)
    let recurrent = weights("R", "weight_hh", columns: hidden)
    let biases = zip(gathered("bias_ih", columns: 1), gathered("bias_hh", columns: 1)).flatMap { $0 + $1 }
    let bias = graph.weights("\(prefix).B", shape: [count, 2 * rows], biases)
    var attributes: [Onnx_AttributeProto] = [
      .integer("hidden_size", hidden),
      .text("direction", direction == .both ? "bidirectional" : direction.rawValue),
    ]
    // PyTorch applies the reset gate to the product with h.
    if cell == .gru { attributes.append(.integer("linear_before_reset", 1)) }
    value = graph.node(
      cell == .lstm ? "LSTM" : "GRU", [value, input, recurrent, bias, sequenceLengths ?? ""], attributes)
    // From [time, direction, batch, hidden].
    value = graph.node("Transpose", [value], [.integers("perm", [0, 2, 1, 3])])
    value = graph.node("Reshape", [value, graph.integers([0, 0, Int64(count * hidden)])])
  }
}

extension Extent {
  fileprivate var list: [Int] { [height, width] }
}
