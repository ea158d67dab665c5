/// A value that describes a network fully, apart from its number of classes. Stored with every checkpoint.
///
/// An image of `inputHeight` lines goes through the stages in order. Between the last stage of feature maps and the
/// first of sequences, each column becomes a time step with channels * height features, channel-major.
///
/// Check an architecture from a file or a command line with ``validate(classes:)`` before any other use.
public struct Architecture: Codable, Sendable, Equatable {
  /// The name on the command line, for example `akuru`; `custom` for one that was given as a string.
  public var name: String
  /// Lines of every input image.
  public var inputHeight: Int
  /// True if paper is 0 and ink 1 in the network's input, so that padding is paper; false for weights that were
  /// trained elsewhere on white = 1, whose padding is black.
  public var inkIsPositive: Bool
  public var stages: [LayerSpec]

  public init(name: String, inputHeight: Int, inkIsPositive: Bool = true, stages: [LayerSpec]) {
    self.name = name
    self.inputHeight = inputHeight
    self.inkIsPositive = inkIsPositive
    self.stages = stages
  }

  /// A name for each stage, for tables. Pools and dropouts have no weights, and so no name of their own: they are
  /// numbered.
  var stageNames: [String] {
    stages.indices.map { i in
      let stage = stages[i]
      return stage.hasWeights ? stage.name : "\(stage.name)\(stages[...i].count { $0.name == stage.name })"
    }
  }

  /// Time steps of an image `width` columns wide, a bound of its label's length; 0 if the image is too narrow.
  public func sequenceLength(forWidth width: Int) -> Int {
    var width = max(0, width)
    for stage in stages where width > 0 { width = stage.outputWidth(width) }
    return width
  }

  /// Columns of the narrowest image with a time step.
  public var minimumWidth: Int {
    var width = 1
    while width < Architecture.maximumMinimumWidth && sequenceLength(forWidth: width) == 0 { width += 1 }
    return width
  }

  /// The limit of ``minimumWidth``; no sensible network needs wider images for its first time step.
  static let maximumMinimumWidth = 4096

  /// Zero columns that are needed between images, see ``ColumnLayout``.
  var gap: Int { stages.reduce(1) { max($0, $1.gap) } }

  /// Trained weights of the network for that many classes.
  public func weightCount(classes: Int) throws(ArchitectureError) -> Int {
    try layers(classes: classes).reduce(0) { $0 + $1.weights }
  }
}

/// An invalid ``Architecture``, or an image that it cannot process.
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
