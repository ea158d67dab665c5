import Messages
import Settings

/// The network and its input images.
package struct ModelSettings: SettingsGroup {
  /// The name of a network, or its spec string, see `Architecture.init(spec:name:)`.
  package var model = "akuru"
  /// Feature maps of the first convolution; only for `tutorial`.
  package var channels: Int?
  /// Units of the LSTM in each direction; only for `tutorial`.
  package var hidden: Int?
  /// Input height in pixels.
  package var height = 40
  /// Widest accepted image after resizing, in pixels.
  package var maxWidth = 4096
  /// Share of the feature maps that are dropped before the first LSTM; nil is none.
  package var featureDropout: Double?
  /// The network's input for white paper: usually 0 (or nil); 1 for weights that were trained elsewhere with white = 1.
  package var paperValue: Int?

  /// How weights are drawn before training; nil is as PyTorch's layers do.
  package var startWeights: StartWeights?

  package init() {}

  /// The settings of a named network, or of a spec string.
  /// - Throws: `ConfigurationError` for an unknown name or an invalid spec string.
  package init(model: String) throws {
    self.model = model
    switch model {
    case "akuru": height = 40
    case "crnn": height = 32
    case _ where isTutorial: (height, channels, hidden) = (61, 1, 256)
    case _ where isSpec: height = try architecture().inputHeight
    default:
      let hint = closestMatch(to: model, among: ModelSettings.names + ModelSettings.tutorialNames).map {
        "did you mean \($0)?"
      }
      let names = "it is one of \(ModelSettings.names.joined(separator: ", ")), or a network in brackets"
      throw ConfigurationError(option: "model", " \(model): no such model; \(hint ?? names)")
    }
  }

  /// The named networks.
  package static let names = ["akuru", "crnn", "tutorial"]

  /// Whether ``model`` is a spec string.
  package var isSpec: Bool { model.hasPrefix("[") }

  /// Whether ``model`` is the tutorial's network, under its current or its original name.
  package var isTutorial: Bool { ModelSettings.tutorialNames.contains(model) }

  /// The names of the tutorial's network: early checkpoints call it `seed`.
  package static let tutorialNames = ["tutorial", "seed"]

  /// The network.
  /// - Throws: `ConfigurationError` if its spec string is invalid.
  package func architecture() throws -> Architecture {
    var architecture: Architecture
    switch model {
    case "akuru": architecture = .akuru(height: height)
    case "crnn": architecture = .crnn(height: height)
    case _ where isTutorial:
      architecture = .tutorial(channels: channels ?? 1, hidden: hidden ?? 256, height: height)
      architecture.name = model
    default:
      do {
        architecture = try Architecture(spec: model)
      } catch {
        throw ConfigurationError(option: "model", ": \(error)")
      }
    }
    if let featureDropout, featureDropout > 0 { architecture.insertDropout(featureDropout) }
    architecture.inkIsPositive = paperValue != 1
    return architecture
  }

  package func validate() throws {
    if !isTutorial {
      let names = "--model tutorial"
      try require(CodingKeys.channels, isNil: channels == nil, unless: false, goesWith: names)
      try require(CodingKeys.hidden, isNil: hidden == nil, unless: false, goesWith: names)
    }
    try requireCount(channels, CodingKeys.channels, to: 4096)
    try requireCount(hidden, CodingKeys.hidden, to: 4096)
    try require((1...1024).contains(height), CodingKeys.height, height, "must be 1 to 1024 pixels")
    try require((4...65_535).contains(maxWidth), CodingKeys.maxWidth, maxWidth, "must be 4 to 65535 pixels")
    try requireShare(featureDropout, CodingKeys.featureDropout)
    try require((0...1).contains(paperValue ?? 0), CodingKeys.paperValue, paperValue ?? 0, "must be 0 or 1")
    let architecture = try architecture()
    if isSpec && architecture.inputHeight != height {
      throw ConfigurationError(option: "height", " goes with named models; the network in --model says it")
    }
    do {
      try architecture.validate(classes: 2)
    } catch {
      if isSpec { throw ConfigurationError(option: "model", ": \(error.message)") }
      throw ConfigurationError(option: "height", " \(height) is not possible: \(error)")
    }
  }
}

extension Architecture {
  /// Drops whole feature maps before the first LSTM, or before the last layer if there is none.
  fileprivate mutating func insertDropout(_ rate: Double) {
    let place = stages.firstIndex { if case .recurrent = $0 { true } else { false } } ?? stages.count - 1
    stages.insert(.dropout(rate: rate, wholeFeatures: true), at: place)
  }
}
