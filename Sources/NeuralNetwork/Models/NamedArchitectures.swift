/// The networks with a name on the command line.
extension Architecture {
  /// The spec strings of the named networks, see ``init(spec:name:)``.
  public static let specs = [
    // Four convolutions with batch normalization, one bidirectional LSTM.
    "akuru": """
    [1,40,0,1 Cl3,3,16b0 Bnr Mp2,2 Cl3,3,32b0 Bnr Mp2,2 Cl3,3,64b0 Bnr Mp2,1 Cl3,3,96b0 Bnr Mp2,1 Lbx128 O1c]
    """,
    // Shi, Bai and Yao 2015 (arXiv 1507.05717, table 1).
    "crnn": """
    [1,32,0,1 Cr3,3,64 Mp2,2 Cr3,3,128 Mp2,2 Cr3,3,256 Cr3,3,256 Mp2,2,2,1p0,1 Cl3,3,512 Bnr Cl3,3,512 Bnr \
    Mp2,2,2,1p0,1 Cr2,2,512 Lbx256 Lbx256 O1c]
    """,
    // The tutorial's model, its code as printed.
    "tutorial": "[1,61,0,1 C{conv1.0}r2,3,1p1,1 Mp2,2 C{conv2.0}r2,3,2p1,1 Mp2,2 Lbx256 O1c]",
  ]

  /// The named network; nil for a name that is not in ``specs``.
  public static func named(_ name: String) -> Architecture? {
    specs[name].flatMap { try? Architecture(spec: $0, name: name) }
  }

  /// The tutorial's model with `channels` feature maps in the first convolution and twice as many in the second. 1 is
  /// the tutorial's code as printed, 64 its text.
  public static func tutorial(channels: Int = 1, hidden: Int = 256, height: Int = 61) -> Architecture {
    sized("tutorial", height: height, channels: [channels, 2 &* channels], hidden: hidden)
  }

  /// The default model, optionally scaled.
  public static func akuru(height: Int = 40, channels: [Int] = [16, 32, 64, 96], hidden: Int = 128) -> Architecture {
    sized("akuru", height: height, channels: channels, hidden: hidden)
  }

  /// The network of Shi, Bai and Yao 2015, optionally scaled.
  public static func crnn(
    height: Int = 32, channels: [Int] = [64, 128, 256, 256, 512, 512, 512], hidden: Int = 256
  ) -> Architecture {
    sized("crnn", height: height, channels: channels, hidden: hidden)
  }

  /// A named network with other sizes, unchecked; `channels` has one number for each convolution.
  private static func sized(_ name: String, height: Int, channels: [Int], hidden: Int) -> Architecture {
    var architecture = named(name)!
    var channels = channels[...]
    architecture.inputHeight = height
    architecture.stages = architecture.stages.map { stage in
      switch stage {
      case .convolution(let name, _, let kernel, let padding, let bias, let relu):
        .convolution(
          name: name, out: channels.popFirst() ?? 0, kernel: kernel, padding: padding, bias: bias, relu: relu)
      case .recurrent(let name, let layer, _, let cell, let direction):
        .recurrent(name: name, layer: layer, hidden: hidden, cell: cell, direction: direction)
      case .stridedConvolution, .activation, .groupNormalization, .batchNormalization, .residual, .depthwise,
        .auxiliaryHead, .maxPool, .dropout, .linear:
        stage
      }
    }
    return architecture
  }
}
