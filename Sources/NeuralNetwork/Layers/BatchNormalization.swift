import Tensors

/// Batch normalization (Ioffe and Szegedy 2015, arXiv 1502.03167), optionally with ReLU and max pooling, as PyTorch's
/// `BatchNorm2d` with epsilon 1e-5. Without pooling, output and input have the same shape and share a layout; with it,
/// the normalized values are never stored.
///
/// Training normalizes each channel by the mean and the biased variance over the columns of images only, n values in
/// total, and writes mean and unbiased variance (n / (n - 1); 0 for n = 1) to the buffers' `statistic`. Evaluation uses
/// the buffers' running values. This layer never updates those: statistics are first reduced over ranks, then
/// ``Parameters/updateRunningStatistics(in:mean:)`` applies the result.
public final class BatchNormalization: ImageLayer {
  public static let epsilon = 1e-5

  /// The weight of a new statistic in a running average, as in PyTorch:
  /// running = (1 - momentum) * running + momentum * statistic.
  public static let momentum: Float = 0.1

  /// [channels]; a new network starts with 1.
  public let weight: Parameter
  /// [channels].
  public let bias: Parameter
  public let runningMean: Buffer
  public let runningVariance: Buffer

  /// Whether training also uses the running averages, like evaluation.
  public var isFrozen = false

  let channels: Int
  let relu: Bool
  let pooling: Pooling?
  private var plannedInput: FeatureMaps?
  private var plannedOutput: FeatureMaps?
  /// The number of a channel's values in images.
  private var population = 0
  /// Mean and 1 / sqrt(variance + epsilon) of each channel, as used by the forward pass; [2, channels].
  private var used = Matrix(rows: 0, columns: 0)
  private(set) var mode = Mode.training
  /// Two lines of the gradient before the pool.
  private var scratch = Matrix(rows: 0, columns: 0)

  /// Whether ``init(name:channels:relu:pool:gap:parameters:)`` supports the pool.
  public static func canPool(_ pool: MaxPool.Shape) -> Bool { PoolWindow(pool) != nil }

  /// Declares `<name>.weight`, `<name>.bias`, `<name>.running_mean` and `<name>.running_var`. `gap` is the number of
  /// columns between images that the layers after the pool need.
  public init(
    name: String, channels: Int, relu: Bool, pool: MaxPool.Shape? = nil, gap: Int = 1, parameters: Parameters
  ) {
    require(pool.map(BatchNormalization.canPool) ?? true, "unsupported pool")
    (self.channels, self.relu) = (channels, relu)
    pooling = pool.flatMap(PoolWindow.init).map { Pooling($0, gap: gap) }
    weight = parameters.add("\(name).weight", shape: [channels])
    bias = parameters.add("\(name).bias", shape: [channels])
    runningMean = parameters.addBuffer("\(name).running_mean", count: channels, initial: 0)
    runningVariance = parameters.addBuffer("\(name).running_var", count: channels, initial: 1)
  }

  public func outputWidth(_ width: Int) -> Int { pooling?.window.outputWidth(width) ?? width }

  public func outputHeight(_ height: Int) -> Int { pooling == nil ? height : height / 2 }

  public func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    require(input.channels == channels, "\(input.channels) channels for a normalization of \(channels)")
    let (rows, columns) = (channels * input.height, input.layout.stride)
    let output: FeatureMaps
    if let pooling {
      output = pooling.plan(input.layout, channels: channels, height: input.height, in: workspace)
      scratch = workspace.scratch(count: 2 * columns)
    } else {
      output = FeatureMaps(
        layout: input.layout, channels: channels, height: input.height,
        value: workspace.activation(rows: rows, columns: columns),
        gradient: workspace.gradient(rows: rows, columns: columns))
    }
    planStatistics(population: input.layout.validColumns * input.height, in: workspace)
    (plannedInput, plannedOutput) = (input, output)
    return output
  }

  public func forward(_ asked: Mode) {
    begin(asked)
    guard let input = plannedInput, let output = plannedOutput else { return }
    let (columns, height, mask) = (input.layout.stride, input.height, input.layout.mask.base)
    let (values, results) = (input.value.pointer, output.value.pointer)
    pooling?.select(0..<columns)
    for channel in 0..<channels {
      let source = values + channel * height * columns
      let map =
        mode == .training
        ? map(channel, of: measure(source, lines: height, columns: columns, mask: mask)) : runningMap(channel)
      if let pooling {
        for y in 0..<height / 2 {
          let first = source + 2 * y * columns
          pooling.pool(first, first + columns, map, channel: channel, y: y)
        }
      } else {
        for y in 0..<height {
          normalizeLine(
            source + y * columns, map, mask: mask, results + (channel * height + y) * columns, count: columns)
        }
      }
    }
    pooling?.finishForward()
  }

  /// Plans what the two passes need to know of each channel, of `population` values in images.
  func planStatistics(population: Int, in workspace: Workspace) {
    used = workspace.activation(rows: 2, columns: channels)
    self.population = population
  }

  /// Chooses the statistics of a forward pass.
  func begin(_ asked: Mode) { mode = isFrozen ? .evaluation : asked }

  /// The map that normalizes a channel by the mean and the biased variance of its values, which become its statistic.
  func map(_ channel: Int, of measured: (mean: Float, variance: Double)) -> PoolMap {
    runningMean.statistic.pointer[channel] = measured.mean
    runningVariance.statistic.pointer[channel] =
      population > 1 ? Float(measured.variance * Double(population) / Double(population - 1)) : 0
    return map(channel, mean: measured.mean, variance: measured.variance)
  }

  /// The map that normalizes a channel by its running averages.
  func runningMap(_ channel: Int) -> PoolMap {
    map(
      channel, mean: runningMean.value.pointer[channel],
      variance: Double(runningVariance.value.pointer[channel]))
  }

  private func map(_ channel: Int, mean: Float, variance: Double) -> PoolMap {
    let inverse = Float(1 / (variance + BatchNormalization.epsilon).squareRoot())
    used.pointer[channel] = mean
    used.pointer[channels + channel] = inverse
    return PoolMap(
      mean: mean, scale: weight.value.pointer[channel] * inverse, shift: bias.value.pointer[channel],
      floor: relu ? 0 : -.infinity)
  }

  /// Mean and biased variance of a channel, in two passes; lines are summed in Float lanes, over lines in Double.
  private func measure(
    _ source: UnsafePointer<Float>, lines: Int, columns: Int, mask: UnsafePointer<Float>
  ) -> (mean: Float, variance: Double) {
    var total = 0.0
    for y in 0..<lines { total += Double(lineSum(source + y * columns, count: columns)) }
    let mean = Float(total / Double(population))
    var squares = 0.0
    for y in 0..<lines {
      squares += Double(squaredDeviations(source + y * columns, mean: mean, mask: mask, count: columns))
    }
    return (mean, squares / Double(population))
  }

  /// What makes the input's gradient of the output's: scale * dy + slope * (x - mean) + constant.
  struct Share {
    var mean: Float
    var scale: Float
    var slope: Float = 0
    var constant: Float = 0
  }

  /// Adds the gradients of a channel's weight and bias, from the sum of the gradient and that of the gradient times the deviation from the
  /// mean.
  func share(_ channel: Int, plain: Double, weighted: Double) -> Share {
    let (mean, inverse) = (used.pointer[channel], used.pointer[channels + channel])
    weight.gradient.pointer[channel] += Float(weighted * Double(inverse))
    bias.gradient.pointer[channel] += Float(plain)
    // dx = scale * (dy - mean(dy) - deviation * inverse^2 * mean(dy * deviation)); in evaluation scale * dy.
    let scale = weight.value.pointer[channel] * inverse
    guard mode == .training else { return Share(mean: mean, scale: scale) }
    return Share(
      mean: mean, scale: scale,
      slope: -scale * Float(weighted / Double(population) * Double(inverse) * Double(inverse)),
      constant: -scale * Float(plain / Double(population)))
  }

  public func backward() {
    guard let input = plannedInput, let output = plannedOutput, let gradients = output.gradient?.pointer else { return }
    let (columns, height, mask) = (input.layout.stride, input.height, input.layout.mask.base)
    let (sources, values, targets) = (input.value.pointer, output.value.pointer, input.gradient?.pointer)
    pooling?.select(0..<columns)
    for channel in 0..<channels {
      let first = channel * height * columns
      let source = sources + first
      let mean = used.pointer[channel]
      // Sums of the gradient, and of the gradient times the deviation from the mean.
      var (plain, weighted) = (0.0, 0.0)
      func add(_ gradient: UnsafePointer<Float>, line y: Int) {
        plain += Double(lineSum(gradient, count: columns))
        weighted += Double(deviationProducts(source + y * columns, gradient, mean: mean, count: columns))
      }
      if let pooling {
        if !addPooled(channel, &plain, &weighted) {
          unpool(pooling, channel, height: height - height % 2, columns: columns, add)
        }
      } else {
        for y in 0..<height {
          let line = gradients + first + y * columns
          if relu { rectifyGradient(line, where: values + first + y * columns, count: columns) }
          add(line, line: y)
        }
      }
      let share = share(channel, plain: plain, weighted: weighted)
      guard let targets else { continue }
      func combine(_ gradient: UnsafePointer<Float>, line y: Int) {
        combineLine(
          gradient, share, source + y * columns, mask: mask, targets + first + y * columns, count: columns)
      }
      if let pooling {
        unpool(pooling, channel, height: height, columns: columns, combine)
      } else {
        for y in 0..<height { combine(gradients + first + y * columns, line: y) }
      }
    }
  }

  /// Adds both sums from the maxima alone, since all other gradients are zero. A maximum is (output - bias) / scale away from the mean, where
  /// scale is the weight over the standard deviation.
  ///
  /// - Returns: false for a weight so small that this quotient would have large errors.
  private func addPooled(_ channel: Int, _ plain: inout Double, _ weighted: inout Double) -> Bool {
    guard let output = plannedOutput, let gradient = output.gradient else { return false }
    let (gamma, beta) = (weight.value.pointer[channel], bias.value.pointer[channel])
    guard abs(gamma) >= 0.02 * max(1, abs(beta)) else { return false }
    var products = 0.0
    let (columns, gradients, values) = (output.layout.stride, gradient.pointer, output.value.pointer)
    for row in channel * output.height..<(channel + 1) * output.height {
      let (sum, product) = maximaSums(
        gradients + row * columns, values + row * columns, floor: relu ? 0 : -.infinity, shift: beta, count: columns)
      plain += Double(sum)
      products += Double(product)
    }
    weighted += products / Double(gamma * used.pointer[channels + channel])
    return true
  }

  /// Calls `body` with the gradient of each line before the pool. Finding it again from a quarter or half of the values, for small weights
  /// twice, costs less than storing it.
  @inline(__always)
  private func unpool(
    _ pooling: Pooling, _ channel: Int, height: Int, columns: Int,
    _ body: (_ gradient: UnsafePointer<Float>, _ y: Int) -> Void
  ) {
    let (first, second) = (scratch.pointer, scratch.pointer + columns)
    for y in 0..<height / 2 {
      pooling.unpool(channel: channel, y: y, into: first, second)
      body(first, 2 * y)
      body(second, 2 * y + 1)
    }
    if height % 2 == 1 {
      first.update(repeating: 0, count: columns)
      body(first, height - 1)
    }
  }
}
