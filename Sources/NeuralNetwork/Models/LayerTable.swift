import Messages

/// One row of a network's table of layers.
public struct LayerDescription: Sendable, Equatable {
  public let name: String
  public let summary: String
  public let output: FeatureShape
  /// Trained weights of the layer.
  public let weights: Int
}

extension Architecture {
  /// The network's layers for `classes` classes (including the CTC blank). Throws if the architecture is invalid. It
  /// may come from a file: every number is checked before it is used.
  public func layers(classes: Int) throws(ArchitectureError) -> [LayerDescription] {
    func check(_ condition: Bool, _ message: @autoclosure () -> String) throws(ArchitectureError) {
      if !condition { throw ArchitectureError(model: name, message()) }
    }
    if !isPlain(name) { throw ArchitectureError(model: "(unnamed)", "its name must have \(plainName)") }
    try check((2...200_000).contains(classes), "\(classes) classes, but 2 to 200000 are possible")
    try check((1...1024).contains(inputHeight), "input height \(inputHeight) is not in 1...1024")
    try check((1...256).contains(stages.count), "\(stages.count) stages, but 1 to 256 are possible")
    var shape = FeatureShape.maps(channels: 1, height: inputHeight)
    var layers: [LayerDescription] = []
    var names: [String] = []
    var weights = 0
    for (i, (stage, stageName)) in zip(stages, stageNames).enumerated() {
      if let problem = stage.problem(after: shape, isLast: i == stages.count - 1) {
        throw ArchitectureError(
          model: name, "stage \(i + 1)\(isPlain(stage.name) ? " (\(stage.name))" : ""): \(problem)")
      }
      if stage.hasWeights {
        try check(!names.contains(stage.name), "stage \(i + 1): a second layer named \(stage.name)")
        names.append(stage.name)
      }
      let count = stage.weights(after: shape, classes: classes)
      shape = stage.shape(after: shape, classes: classes)
      weights += count
      try check(weights <= 1 << 30, "more than 2^30 weights with stage \(i + 1) (\(stage.name))")
      layers.append(LayerDescription(name: stageName, summary: stage.summary, output: shape, weights: count))
    }
    try check(
      sequenceLength(forWidth: minimumWidth) > 0, "images of \(minimumWidth) columns give no time step")
    return layers
  }

  /// Throws if the architecture is invalid.
  public func validate(classes: Int) throws(ArchitectureError) {
    _ = try layers(classes: classes)
  }

  /// The table of layers for the log, one line per layer, with aligned columns.
  public func table(classes: Int) throws(ArchitectureError) -> String {
    let layers = try layers(classes: classes)
    let total = layers.reduce(0) { $0 + $1.weights }
    var table = TextTable("layer", "kind", "output", "weights", leftColumns: 3)
    for layer in layers {
      table.append(layer.name, layer.summary, layer.output.description, String(layer.weights))
    }
    table.append(name, "height \(inputHeight), \(classes) classes", "", String(total))
    return table.lines.joined(separator: "\n")
  }
}

extension LayerSpec {
  /// Whether the layer has a row of weights for each class.
  public var hasClasses: Bool {
    switch self {
    case .linear, .auxiliaryHead: true
    case .convolution, .stridedConvolution, .activation, .groupNormalization, .batchNormalization, .residual,
      .depthwise,
      .maxPool, .dropout, .recurrent:
      false
    }
  }

  var hasWeights: Bool {
    switch self {
    case .maxPool, .dropout, .activation: false
    case .convolution, .stridedConvolution, .groupNormalization, .batchNormalization, .residual, .depthwise,
      .auxiliaryHead, .recurrent, .linear:
      true
    }
  }

  /// The output's shape for an input of `shape`.
  func shape(after shape: FeatureShape, classes: Int) -> FeatureShape {
    switch (self, shape) {
    case (.convolution(_, let out, _, _, _, _), .maps(_, let height)):
      .maps(channels: out, height: outputHeight(height))
    case (.stridedConvolution(_, let out, _, _, _, _, _), .maps(_, let height)):
      .maps(channels: out, height: outputHeight(height))
    case (.maxPool, .maps(let channels, let height)): .maps(channels: channels, height: outputHeight(height))
    case (.recurrent(_, _, let hidden, _, let direction), _):
      .sequence(features: (direction ?? .both).count * hidden)
    case (.linear, _): .sequence(features: classes)
    case (.activation, _), (.groupNormalization, _), (.batchNormalization, _), (.residual, _), (.depthwise, _),
      (.auxiliaryHead, _), (.dropout, _):
      shape
    // Impossible, see ``problem(after:isLast:)``.
    case (.convolution, .sequence), (.stridedConvolution, .sequence), (.maxPool, .sequence): shape
    }
  }

  /// Trained weights for an input of `shape`.
  func weights(after shape: FeatureShape, classes: Int) -> Int {
    switch (self, shape) {
    case (.convolution(_, let out, let kernel, _, let bias, _), .maps(let channels, _)):
      out * (channels * kernel.height * kernel.width + (bias ? 1 : 0))
    case (.stridedConvolution(_, let out, let kernel, _, _, let bias, _), .maps(let channels, _)):
      out * (channels * kernel.height * kernel.width + (bias ? 1 : 0))
    case (.batchNormalization, .maps(let channels, _)), (.groupNormalization, .maps(let channels, _)): 2 * channels
    case (.residual(_, let kernel), .maps(let channels, _)):
      channels * (channels * kernel.height * kernel.width + 2)
    case (.recurrent(_, _, let hidden, let cell, let direction), _):
      (direction ?? .both).count * (cell ?? .lstm).gates * hidden * (shape.features + hidden + 2)
    case (.depthwise(_, let kernel), .maps(let channels, _)): channels * kernel.height * kernel.width
    case (.auxiliaryHead, .maps(let channels, _)): classes * (channels + 1)
    case (.linear, _): classes * (shape.features + 1)
    case (.maxPool, _), (.dropout, _), (.activation, _): 0
    // Impossible, see ``problem(after:isLast:)``.
    case (.convolution, .sequence), (.stridedConvolution, .sequence), (.groupNormalization, .sequence),
      (.batchNormalization, .sequence), (.residual, .sequence), (.depthwise, .sequence), (.auxiliaryHead, .sequence):
      0
    }
  }

  /// The problem of the stage for an input of `shape`; nil if there is none.
  func problem(after shape: FeatureShape, isLast: Bool) -> String? {
    if !isPlain(name) { return "its name must have \(plainName)" }
    switch (self, shape) {
    case (.linear, _): return isLast ? nil : "linear must be the last stage"
    case _ where isLast: return "the last stage must be linear"
    case (.dropout(let rate, _), _):
      return rate >= 0 && rate < 1 ? nil : "a rate of \(rate) is not possible, it must be from 0 to below 1"
    case (.recurrent(_, let layer, let hidden, _, _), _):
      if !(0...63).contains(layer) { return "layer \(layer) is not in 0...63" }
      return (1...8192).contains(hidden) ? nil : "\(hidden) hidden features, but 1 to 8192 are possible"
    case (.convolution, .sequence), (.stridedConvolution, .sequence), (.activation, .sequence),
      (.groupNormalization, .sequence), (.batchNormalization, .sequence), (.residual, .sequence),
      (.depthwise, .sequence),
      (.auxiliaryHead, .sequence), (.maxPool, .sequence):
      return "feature maps are gone after the first recurrent layer"
    case (.convolution(_, let out, let kernel, let padding, _, _), .maps(_, let height)):
      if !(1...4096).contains(out) { return "\(out) channels, but 1 to 4096 are possible" }
      if !isIn(1...16, kernel) { return "kernel sizes must be in 1...16" }
      if !isIn(0...15, padding) || padding.height >= kernel.height || 2 * padding.width >= kernel.width {
        return "padding must be smaller than the kernel and must not widen the image"
      }
      return outputHeight(height) > 0 ? nil : "\(height) lines are too few"
    case (.stridedConvolution(_, let out, let kernel, let stride, let dilation, _, _), .maps(_, let height)):
      if !(1...4096).contains(out) { return "\(out) channels, but 1 to 4096 are possible" }
      if !isIn(1...16, kernel) || !isIn(1...16, stride) || !isIn(1...16, dilation) {
        return "sizes of kernel, stride and dilation must be in 1...16"
      }
      return outputHeight(height) > 0 ? nil : "\(height) lines are too few"
    case (.groupNormalization(_, let groups), .maps(let channels, _)):
      return groups >= 1 && groups <= channels && channels % groups == 0
        ? nil : "\(channels) channels cannot be in \(groups) groups of one size"
    case (.maxPool(let kernel, let stride, let padding), .maps(_, let height)):
      if !isIn(1...16, kernel) || !isIn(1...16, stride) { return "window and stride sizes must be in 1...16" }
      if !isIn(0...8, padding) || 2 * padding.height > kernel.height || 2 * padding.width > kernel.width {
        return "padding must be at most half a window"
      }
      return outputHeight(height) > 0 ? nil : "\(height) lines are too few"
    case (.auxiliaryHead(_, let weight), .maps):
      return weight > 0 && weight <= 10
        ? nil : "a share of \(weight) is not possible, it must be above 0 and at most 10"
    case (.residual(_, let kernel), .maps), (.depthwise(_, let kernel), .maps):
      let isOdd = kernel.height % 2 == 1 && kernel.width % 2 == 1
      return isIn(1...15, kernel) && isOdd ? nil : "kernel sizes must be odd, and in 1...15"
    case (.batchNormalization, .maps), (.activation, .maps): return nil
    }
  }

  private func isIn(_ range: ClosedRange<Int>, _ extent: Extent) -> Bool {
    range.contains(extent.height) && range.contains(extent.width)
  }
}

private let plainName = "1 to 100 letters, digits, dots, hyphens or underscores"

/// Whether a name can be used unchanged in a message and a file.
private func isPlain(_ name: String) -> Bool {
  (1...100).contains(name.utf8.count)
    && name.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
      default: false
      }
    }
}
