/// An error in a network's spec string, with its position.
public struct NetworkSpecError: Error, CustomStringConvertible, Equatable {
  /// Position in the string, counted in Unicode scalars from 1.
  public let position: Int
  public let message: String

  public var description: String { "position \(position): \(message)" }
}

extension Architecture {
  /// Reads a network from a compact string in the style of VGSL (Smith 2016, "Tesseract's variable graph specification
  /// language") as kraken writes it:
  ///
  ///     [1,48,0,1 Cr3,3,32 Mp2,2 Cl3,3,64b0 Bnr Mp2,2 Lbx192 Do0.2 O1c]
  ///
  /// - `[1,48,0,1`: one gray image 48 lines high, of any width.
  /// - `Cr3,3,32`: convolution 3 lines x 3 columns to 32 channels with ReLU; `Cl` without. Lines and columns are padded
  ///   by half a kernel; a suffix `p1,1` sets another padding, `b0` omits the bias.
  /// - `Cr3,3,32,2,2`: the same with a stride of 2 lines and 2 columns; `Cr3,3,32,1,1,2,2` with a dilation.
  /// - `Ct`, `Clr`, `Cm`: convolution with tanh, leaky ReLU, or softmax over the channels, which are `Nt`, `Nlr` and `Nm` alone.
  /// - `Gn32`: group normalization with 32 groups.
  /// - `Bn`, `Bnr`: batch normalization, the latter with ReLU.
  /// - `R3,3`: residual block, see ``ResidualBlock``: the input is added to a convolution of its normalized, rectified values.
  /// - `Dw3,3`: depthwise convolution, see ``DepthwiseConvolution``: each channel has a filter of its own, without bias.
  /// - `Hc0.1`: a second CTC output that only training has, with a tenth of the loss, see ``AuxiliaryHead``.
  /// - `Mp2,2`: maximum over windows of 2 x 2; `Mp2,2,2,1` with a stride of 2 x 1; a suffix `p0,1` adds padding.
  /// - `Lbx192`: bidirectional LSTM with 192 features in each direction; `Lfx`, `Lrx` read in one direction, from left to right
  ///   and back. `Gbx`, `Gfx`, `Grx` are the same with GRUs.
  /// - `Do0.2`: dropout of single values; `Do0.2,2` of whole feature maps, or of a feature over all time steps.
  /// - `S1(1x0)1,3`: columns become time steps, which is implied before the first LSTM.
  /// - `O1c`: linear map to the letters of the alphabet; implied at the end. A number of classes after it is ignored.
  ///
  /// A name in braces (`C{conv1.0}r3,3,32`) names the weights. Otherwise the layers before the first LSTM are `cnn.0`,
  /// `cnn.1`, ..., where ReLUs, pools and dropouts count as in PyTorch's `Sequential`; LSTMs are `rnn`, the output
  /// `fc`.
  public init(spec: String, name: String = "custom") throws(NetworkSpecError) {
    let reader = try NetworkSpecReader(spec)
    self.init(name: name, inputHeight: reader.height, stages: reader.stages)
  }

  /// The network as a string that ``init(spec:name:)`` reads. It does not contain `inkIsPositive`.
  public var spec: String {
    var names = NetworkSpecNames()
    let layers = stages.map { stage in
      let standard = names.next(for: stage)
      return stage.spec(name: stage.module == standard ? "" : "{\(stage.module)}")
    }
    return "[" + (["1,\(inputHeight),0,1"] + layers).joined(separator: " ") + "]"
  }
}

extension LayerSpec {
  /// The default padding of convolutions.
  static func usualPadding(_ kernel: Extent) -> Extent { Extent((kernel.height - 1) / 2, (kernel.width - 1) / 2) }

  /// The module that owns the weights: `rnn`, where ``name`` is `rnn.l0`; empty if there are none.
  var module: String {
    switch self {
    case .convolution(let name, _, _, _, _, _), .stridedConvolution(let name, _, _, _, _, _, _),
      .batchNormalization(let name, _), .groupNormalization(let name, _), .residual(let name, _),
      .depthwise(let name, _), .auxiliaryHead(let name, _), .recurrent(let name, _, _, _, _), .linear(let name):
      name
    case .maxPool, .dropout, .activation: ""
    }
  }

  fileprivate func spec(name: String) -> String {
    func pair(_ extent: Extent) -> String { "\(extent.height),\(extent.width)" }
    switch self {
    case .convolution(_, let out, let kernel, let padding, let bias, let relu):
      let pad = padding == LayerSpec.usualPadding(kernel) ? "" : "p\(pair(padding))"
      return "C\(name)\(relu ? "r" : "l")\(pair(kernel)),\(out)\(pad)\(bias ? "" : "b0")"
    case .stridedConvolution(_, let out, let kernel, let stride, let dilation, let bias, let relu):
      let spread = dilation == Extent(1, 1) ? "" : ",\(pair(dilation))"
      return "C\(name)\(relu ? "r" : "l")\(pair(kernel)),\(out),\(pair(stride))\(spread)\(bias ? "" : "b0")"
    case .activation(let function):
      return "N\(NetworkSpecReader.functions.first { $0.1 == function }?.0 ?? "")"
    case .groupNormalization(_, let groups): return "Gn\(name)\(groups)"
    case .batchNormalization(_, let relu): return "Bn\(name)\(relu ? "r" : "")"
    case .residual(_, let kernel): return "R\(name)\(pair(kernel))"
    case .depthwise(_, let kernel): return "Dw\(name)\(pair(kernel))"
    case .auxiliaryHead(_, let weight): return "Hc\(name)\(weight)"
    case .maxPool(let kernel, let stride, let padding):
      let step = stride == kernel ? "" : ",\(pair(stride))"
      return "Mp\(pair(kernel))\(step)\(padding == Extent(0, 0) ? "" : "p\(pair(padding))")"
    case .dropout(let rate, let wholeFeatures): return "Do\(rate)\(wholeFeatures ? ",2" : "")"
    case .recurrent(_, _, let hidden, let cell, let direction):
      return "\((cell ?? .lstm).letter)\((direction ?? .both).letter)x\(name)\(hidden)"
    case .linear: return "O\(name)1c"
    }
  }
}

/// The default names of layers.
struct NetworkSpecNames {
  /// Modules so far, as counted by PyTorch's `Sequential`.
  private var modules = 0

  /// Returns the default ``LayerSpec/module`` of the next stage, and counts the stage.
  mutating func next(for stage: LayerSpec) -> String {
    switch stage {
    case .convolution(_, _, _, _, _, let relu), .stridedConvolution(_, _, _, _, _, _, let relu),
      .batchNormalization(_, let relu):
      defer { modules += relu ? 2 : 1 }
      return "cnn.\(modules)"
    case .groupNormalization, .residual, .depthwise, .auxiliaryHead:
      defer { modules += 1 }
      return "cnn.\(modules)"
    case .maxPool, .dropout, .activation:
      modules += 1
      return ""
    case .recurrent: return "rnn"
    case .linear: return "fc"
    }
  }
}
