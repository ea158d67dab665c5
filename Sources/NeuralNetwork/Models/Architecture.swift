/// A value that describes a network fully, apart from its number of classes. Stored with every checkpoint.
///
/// An image of `inputHeight` lines goes through the stages in order. Between the last stage of feature maps and the first
/// of sequences, each column becomes a time step with channels * height features, channel-major.
///
/// One that comes from a file or a command line is to be checked with ``validate(classes:)`` before anything else.
public struct Architecture: Codable, Sendable, Equatable {
  /// The name on the command line, for example `akuru`.
  public var name: String
  /// Lines of every input image.
  public var inputHeight: Int
  /// True when paper is 0 and ink 1 in the network's input, so that padding is paper; false for weights that were
  /// trained elsewhere on white = 1, whose padding is black.
  public var inkIsPositive: Bool
  public var stages: [Stage]

  public init(name: String, inputHeight: Int, inkIsPositive: Bool = true, stages: [Stage]) {
    self.name = name
    self.inputHeight = inputHeight
    self.inkIsPositive = inkIsPositive
    self.stages = stages
  }

  /// The tutorial's model: two convolutions 2x3 with ReLU and 2x2 pools (`channels`, then twice as many), one
  /// bidirectional LSTM. 1 channel is the tutorial's code as printed, 64 its text.
  public static func seed(channels: Int = 1, hidden: Int = 256, height: Int = 61) -> Architecture {
    var stages: [Stage] = []
    for (name, out) in [("conv1.0", channels), ("conv2.0", 2 &* channels)] {
      stages.append(
        .convolution(name: name, out: out, kernel: Extent(2, 3), padding: Extent(1, 1), bias: true, relu: true))
      stages.append(.maxPool(kernel: Extent(2, 2), stride: Extent(2, 2), padding: Extent(0, 0)))
    }
    stages += [.lstm(name: "rnn", layer: 0, hidden: hidden), .linear(name: "fc")]
    return Architecture(name: "seed", inputHeight: height, stages: stages)
  }

  /// The default model: four convolutions 3x3 with batch normalisation, ReLU and pooling, one bidirectional LSTM of 128.
  public static func akuru(height: Int = 40) -> Architecture {
    akuru(height: height, channels: [16, 32, 64, 96], hidden: 128)
  }

  /// The default model in another size. The first two of the convolutions halve height and width, the others the height.
  public static func akuru(height: Int, channels: [Int], hidden: Int) -> Architecture {
    var stages: [Stage] = []
    for (i, out) in channels.enumerated() {
      let pool = Extent(2, i < 2 ? 2 : 1)
      stages.append(
        .convolution(
          name: "cnn.\(4 * i)", out: out, kernel: Extent(3, 3), padding: Extent(1, 1), bias: false, relu: false))
      stages.append(.batchNormalization(name: "cnn.\(4 * i + 1)", relu: true))
      stages.append(.maxPool(kernel: pool, stride: pool, padding: Extent(0, 0)))
    }
    stages += [.lstm(name: "rnn", layer: 0, hidden: hidden), .linear(name: "fc")]
    return Architecture(name: "akuru", inputHeight: height, stages: stages)
  }

  /// A name for each stage, for tables. Pools have no weights, and so no name of their own: they are numbered.
  var stageNames: [String] {
    var pools = 0
    return stages.map { stage in
      guard case .maxPool = stage else { return stage.name }
      pools += 1
      return "\(stage.name)\(pools)"
    }
  }

  /// Time steps, and so the longest label, of an image `width` columns wide; 0 where the image is too narrow.
  public func sequenceLength(forWidth width: Int) -> Int {
    var width = max(0, width)
    for stage in stages where width > 0 { width = stage.outputWidth(width) }
    return width
  }

  /// Columns of the narrowest image that has a time step.
  public var minimumWidth: Int {
    var width = 1
    while width < Architecture.maximumMinimumWidth && sequenceLength(forWidth: width) == 0 { width += 1 }
    return width
  }

  /// No sensible network needs wider images before it says anything.
  static let maximumMinimumWidth = 4096

  /// Zero columns that must stand between images, see ``ColumnLayout``.
  var gap: Int { stages.reduce(1) { max($0, $1.gap) } }

  /// Trained weights of the network for that many classes.
  public func weightCount(classes: Int) throws(ArchitectureError) -> Int {
    try layers(classes: classes).reduce(0) { $0 + $1.weights }
  }
}

/// What makes an ``Architecture`` impossible, or an image unfit for it.
public struct ArchitectureError: Error, CustomStringConvertible, Equatable {
  /// The architecture's name.
  public let model: String
  public let message: String

  public init(model: String, _ message: String) {
    self.model = model
    self.message = message
  }

  public var description: String { "model \(model): \(message)" }
}
