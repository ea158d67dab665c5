import Tensors

/// A convolution of one channel, its batch normalization, ReLU and max pooling as one layer: (1, H, W) -> (C, H', W'). Its values and
/// gradients before the pool are computed two lines at a time, in scratch memory, and never stored.
///
/// Statistics and gradients come from ``TapMoments`` of the input, since an output is linear in what its taps read: with w the kernel, S the
/// sums over all places of taps, P those of the products of two taps, and n places, the mean is w S / n, the variance
/// w P w / n - mean^2, and the kernel's gradient is the sum over places of (scale * dy + slope * (y - mean) + constant) times the tap,
/// that is scale * (sum of dy times the tap) + slope * (P w - mean * S) + constant * S.
public final class NormalizedConvolution: ImageLayer {
  let convolution: Convolution
  let normalization: BatchNormalization
  private let pooling: Pooling
  private var moments: TapMoments

  /// Whether the kernels are not trained, and get no gradient; the normalization has a switch of its own.
  public var kernelsAreFrozen = false
  var kernelName: String { convolution.weight.name }

  /// The layer that does the same as a convolution and the normalization behind it; nil if they are other layers, or such that cannot be
  /// one. From then on they are parts of this layer, and cannot be used alone.
  public init?(_ first: any ImageLayer, _ second: any ImageLayer) {
    guard let convolution = first as? Convolution, let normalization = second as? BatchNormalization,
      let pooling = normalization.pooling, pooling.window != .neighbors, convolution.canTakePool,
      convolution.outputs == normalization.channels
    else { return nil }
    convolution.take(pooling)
    (self.convolution, self.normalization, self.pooling) = (convolution, normalization, pooling)
    moments = TapMoments(taps: convolution.taps)
    convolution.normalizations = Array(repeating: PoolMap(), count: normalization.channels)
  }

  public func outputWidth(_ width: Int) -> Int { convolution.outputWidth(width) }
  public func outputHeight(_ height: Int) -> Int { convolution.outputHeight(height) }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    let output = convolution.plan(input, in: workspace)
    normalization.planStatistics(
      population: convolution.lineLayout.validColumns * convolution.ownHeight(input.height), in: workspace)
    return output
  }

  public func forward(_ mode: Mode) {
    require(convolution.isPlanned, "a convolution is planned before it computes")
    normalization.begin(mode)
    let (source, kernels, taps) = (convolution.padInput(), convolution.weight.value.pointer, convolution.taps)
    let measures = normalization.mode == .training
    if measures { moments.measure(convolution, source) }
    for channel in 0..<normalization.channels {
      let bias = convolution.bias?.value.pointer[channel] ?? 0
      var map: PoolMap
      if measures {
        let (mean, variance) = moments.outputs(of: kernels + channel * taps)
        map = normalization.map(channel, of: (mean + bias, variance))
        map.mean = mean
      } else {
        map = normalization.runningMap(channel)
        map.mean -= bias
      }
      convolution.normalizations[channel] = map
    }
    convolution.forwardDirect(source)
    pooling.finishForward()
  }

  public func backward() {
    require(convolution.isPlanned, "a convolution is planned before it computes")
    convolution.clearSums()
    convolution.sumGradientsDirect()
    let (kernels, gradients, taps) = (
      convolution.weight.value.pointer, convolution.weight.gradient.pointer, convolution.taps
    )
    for channel in 0..<normalization.channels {
      let (kernel, plain) = (kernels + channel * taps, convolution.sums[channel])
      let first = normalization.channels + channel * taps
      // The mean without the bias, which moves outputs and mean alike.
      let mean = Double(convolution.normalizations[channel].mean)
      var weighted = -mean * plain
      for tap in 0..<taps { weighted += Double(kernel[tap]) * convolution.sums[first + tap] }
      let share = normalization.share(channel, plain: plain, weighted: weighted)
      for tap in 0..<taps where !kernelsAreFrozen {
        var gradient = Double(share.scale) * convolution.sums[first + tap]
        if normalization.mode == .training {
          gradient += Double(share.slope) * (moments.productSum(kernel, tap) - mean * moments.sums[tap])
          gradient += Double(share.constant) * moments.sums[tap]
        }
        gradients[channel * taps + tap] += Float(gradient)
      }
      // In training, the normalization takes away what a bias adds.
      if let bias = convolution.bias, normalization.mode == .evaluation {
        bias.gradient.pointer[channel] += share.scale * Float(plain)
      }
    }
  }
}
