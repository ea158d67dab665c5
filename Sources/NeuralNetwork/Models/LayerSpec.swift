/// Lines and columns.
public struct Extent: Codable, Sendable, Equatable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  var pair: (height: Int, width: Int) { (height, width) }
}

/// One layer of an ``Architecture``. Names are PyTorch's module names: `cnn.0` owns `cnn.0.weight`.
public enum LayerSpec: Codable, Sendable, Equatable {
  /// Convolution to `out` channels with stride 1, see ``Convolution``.
  case convolution(name: String, out: Int, kernel: Extent, padding: Extent, bias: Bool, relu: Bool)
  /// Convolution with strides or dilation, see ``StridedConvolution``.
  case stridedConvolution(
    name: String, out: Int, kernel: Extent, stride: Extent, dilation: Extent, bias: Bool, relu: Bool)
  /// A function of the values, see ``Activation``.
  case activation(function: Activation.Function)
  /// Group normalization, see ``GroupNormalization``.
  case groupNormalization(name: String, groups: Int)
  /// Batch normalization, see ``BatchNormalization``.
  case batchNormalization(name: String, relu: Bool)
  /// Residual block with a convolution that keeps the size, see ``ResidualBlock``.
  case residual(name: String, kernel: Extent)
  /// Depthwise convolution that keeps the size, see ``DepthwiseConvolution``.
  case depthwise(name: String, kernel: Extent)
  /// A second CTC output that only training has, with this share of the loss, see ``AuxiliaryHead``.
  case auxiliaryHead(name: String, weight: Double)
  /// Maximum over windows, see ``MaxPool``.
  case maxPool(kernel: Extent, stride: Extent, padding: Extent)
  /// Dropout of a share of the values, or of whole feature maps (after an LSTM, of features), see ``Dropout``.
  case dropout(rate: Double, wholeFeatures: Bool)
  /// Recurrent layer number `layer` of the module `name`, with `hidden` features in each direction, see ``RecurrentLayer``. A
  /// cell of nil is an LSTM, a direction of nil both: what all layers were when checkpoints had neither.
  case recurrent(
    name: String, layer: Int, hidden: Int, cell: RecurrentCell? = nil, direction: RecurrentDirection? = nil)
  /// Linear map to the classes; the last stage.
  case linear(name: String)

  /// Checkpoints use the key `lstm` for recurrent layers.
  private enum CodingKeys: String, CodingKey {
    case convolution, stridedConvolution, activation, groupNormalization, batchNormalization, residual, depthwise
    case auxiliaryHead, maxPool, dropout, linear
    case recurrent = "lstm"
  }

  /// Checkpoints use the key `share` for the rate of a dropout.
  private enum DropoutCodingKeys: String, CodingKey {
    case rate = "share"
    case wholeFeatures
  }
}

/// The shape of the data between stages.
public enum FeatureShape: Sendable, Equatable, CustomStringConvertible {
  case maps(channels: Int, height: Int)
  case sequence(features: Int)

  /// Features of a column or time step.
  public var features: Int {
    switch self {
    case .maps(let channels, let height): channels * height
    case .sequence(let features): features
    }
  }

  public var description: String {
    switch self {
    case .maps(let channels, let height): "\(channels) x \(height) x W"
    case .sequence(let features): "T x \(features)"
    }
  }
}

extension LayerSpec {
  /// The name of the kind, for tables and messages.
  public var name: String {
    switch self {
    case .convolution(let name, _, _, _, _, _), .stridedConvolution(let name, _, _, _, _, _, _),
      .batchNormalization(let name, _), .groupNormalization(let name, _), .residual(let name, _),
      .depthwise(let name, _), .auxiliaryHead(let name, _), .linear(let name):
      name
    case .recurrent(let name, let layer, _, _, _): "\(name).l\(layer)"
    case .activation: "activation"
    case .maxPool: "pool"
    case .dropout: "dropout"
    }
  }

  /// The kind with its settings, for tables.
  public var summary: String {
    func text(_ extent: Extent) -> String { "\(extent.height)x\(extent.width)" }
    switch self {
    case .convolution(_, let out, let kernel, let padding, let bias, let relu):
      let parts = ["convolution \(text(kernel)) to \(out)", "padding \(text(padding))"]
      return (parts + (bias ? ["bias"] : []) + (relu ? ["ReLU"] : [])).joined(separator: ", ")
    case .stridedConvolution(_, let out, let kernel, let stride, let dilation, let bias, let relu):
      let parts =
        ["convolution \(text(kernel)) to \(out)", "stride \(text(stride))"]
        + (dilation == Extent(1, 1) ? [] : ["dilation \(text(dilation))"])
      return (parts + (bias ? ["bias"] : []) + (relu ? ["ReLU"] : [])).joined(separator: ", ")
    case .activation(let function): return function.rawValue
    case .groupNormalization(_, let groups): return "group normalization, \(groups) groups"
    case .batchNormalization(_, let relu): return "batch normalization" + (relu ? ", ReLU" : "")
    case .residual(_, let kernel): return "residual block, convolution \(text(kernel))"
    case .depthwise(_, let kernel): return "depthwise convolution \(text(kernel))"
    case .auxiliaryHead(_, let weight): return "auxiliary CTC head, \(weight) of the loss"
    case .maxPool(let kernel, let stride, let padding):
      let parts = ["max pool \(text(kernel))"] + (stride == kernel ? [] : ["stride \(text(stride))"])
      return (parts + (padding == Extent(0, 0) ? [] : ["padding \(text(padding))"])).joined(separator: ", ")
    case .dropout(let rate, let wholeFeatures):
      return "dropout of \(rate)\(wholeFeatures ? " of the features" : "")"
    case .recurrent(_, _, let hidden, let cell, let direction):
      return "\((direction ?? .both).title) \((cell ?? .lstm).title) \(hidden)"
    case .linear: return "linear"
    }
  }

  /// Columns of the output for an image of `width` columns; 0 if it is too narrow.
  func outputWidth(_ width: Int) -> Int {
    switch self {
    case .convolution(_, _, let kernel, let padding, _, _):
      max(0, width + 2 * padding.width - kernel.width + 1)
    case .stridedConvolution(_, _, let kernel, let stride, let dilation, _, _):
      StridedConvolution.Shape(kernel, stride, dilation).columns(width)
    case .maxPool(let kernel, let stride, let padding):
      windows(width, kernel.width, stride.width, padding.width)
    case .activation, .groupNormalization, .batchNormalization, .residual, .depthwise, .auxiliaryHead, .dropout,
      .recurrent, .linear:
      width
    }
  }

  /// Lines of the output for an input of `height` lines; 0 or less if it is too low.
  func outputHeight(_ height: Int) -> Int {
    switch self {
    case .convolution(_, _, let kernel, let padding, _, _): height + 2 * padding.height - kernel.height + 1
    case .stridedConvolution(_, _, let kernel, let stride, let dilation, _, _):
      StridedConvolution.Shape(kernel, stride, dilation).lines(height)
    case .maxPool(let kernel, let stride, let padding):
      windows(height, kernel.height, stride.height, padding.height)
    case .activation, .groupNormalization, .batchNormalization, .residual, .depthwise, .auxiliaryHead, .dropout,
      .recurrent, .linear:
      height
    }
  }

  /// Columns of zeros that the stage reads beyond an image's edge.
  var gap: Int {
    switch self {
    case .convolution(_, _, let kernel, let padding, _, _): max(padding.width, kernel.width - 1 - padding.width)
    case .residual(_, let kernel), .depthwise(_, let kernel): kernel.width / 2
    case .stridedConvolution, .activation, .groupNormalization, .batchNormalization, .auxiliaryHead, .maxPool, .dropout,
      .recurrent, .linear:
      0
    }
  }

  private func windows(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
    size + 2 * padding < kernel ? 0 : (size + 2 * padding - kernel) / stride + 1
  }
}

extension StridedConvolution.Shape {
  init(_ kernel: Extent, _ stride: Extent, _ dilation: Extent) {
    self.init(kernel: kernel.pair, stride: stride.pair, dilation: dilation.pair)
  }
}
