/// The cost of a layer for one image.
public struct LayerCost: Sendable {
  public let name: String
  /// Multiply-adds of the forward pass.
  public let multiplyAdds: Double
  /// False for the first layer, whose input needs no gradient.
  public let hasInputGradient: Bool

  /// Floating-point operations of a forward and a backward pass: two per multiply-add; the backward pass repeats
  /// the forward pass's work once for the weights and once for the input.
  public var trainingOperations: Double { 2 * multiplyAdds * (hasInputGradient ? 3 : 2) }
}

extension Architecture {
  /// The costs of all layers with multiplications, for an image `width` columns wide.
  public func multiplyAdds(width: Int, classes: Int) -> [LayerCost] {
    var costs: [LayerCost] = []
    var (width, shape) = (width, FeatureShape.maps(channels: 1, height: inputHeight))
    for stage in stages {
      let output = stage.shape(after: shape, classes: classes)
      width = stage.outputWidth(width)
      var count = 0
      switch (stage, shape) {
      case (.convolution(_, let out, let kernel, let padding, _, _), .maps(let channels, let height)):
        let lines = height + 2 * padding.height - kernel.height + 1
        count = lines * width * out * channels * kernel.height * kernel.width
      case (.stridedConvolution(_, let out, let kernel, _, _, _, _), .maps(let channels, let height)):
        count = stage.outputHeight(height) * width * out * channels * kernel.height * kernel.width
      case (.recurrent(_, _, let hidden, let cell, let direction), _):
        count =
          width * (direction ?? .both).count * (cell ?? .lstm).gates * hidden * (shape.features + hidden)
      case (.residual(_, let kernel), .maps(let channels, let height)):
        count = height * width * channels * channels * kernel.height * kernel.width
      case (.depthwise(_, let kernel), .maps(let channels, let height)):
        count = height * width * channels * kernel.height * kernel.width
      case (.auxiliaryHead, .maps(let channels, _)): count = width * channels * classes
      case (.linear, _): count = width * shape.features * classes
      case (.batchNormalization, _), (.groupNormalization, _), (.activation, _), (.maxPool, _), (.dropout, _): break
      // Impossible, see ``LayerSpec/problem(after:isLast:)``.
      case (.convolution, .sequence), (.stridedConvolution, .sequence), (.residual, .sequence), (.depthwise, .sequence),
        (.auxiliaryHead, .sequence):
        break
      }
      if count > 0 {
        costs.append(LayerCost(name: stage.name, multiplyAdds: Double(count), hasInputGradient: !costs.isEmpty))
      }
      shape = output
    }
    return costs
  }
}
