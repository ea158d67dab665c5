import Messages
import Settings

/// How weights are updated from their gradients.
package struct OptimizationSettings: SettingsGroup {
  package var optimizer = OptimizerKind.adamw
  /// Peak learning rate.
  package var lr = 1e-3
  package var weightDecay = 1e-4
  /// Largest global gradient norm; 0 switches clipping off.
  package var clipNorm = 5.0
  package var schedule = ScheduleName.oneCycle
  /// Momentum of SGD: share of the previous direction that is kept; only for `sgd`.
  package var momentum: Double?
  /// Decay of Adam's average of the gradients; nil is 0.9.
  package var beta1: Double?
  /// Decay of Adam's average of the squared gradients; nil is 0.999.
  package var beta2: Double?
  /// Steps in which the rate rises to its peak; nil is none.
  package var warmUp: Int?
  /// How the rate grows with the batch; nil is by its square root.
  package var lrScaling: LearningRateScaling?
  /// Steps between reductions of the rate; only for the schedule `step`.
  package var decayEvery: Int?
  /// The factor of a reduction of the rate; only for the schedules `step` and `plateau`.
  package var decayFactor: Double?
  /// Evaluations without improvement before the schedule `plateau` reduces the rate.
  package var patience: Int?
  /// Decay of the moving average of the weights, which is evaluated instead of them; nil is no average.
  package var ema: Double?

  package enum ScheduleName: String, OptionChoice {
    case constant
    case oneCycle = "one-cycle"
    case cosine
    case step
    case plateau

    /// Whether the rate depends on the number of steps of the run.
    package var needsEnd: Bool { self == .oneCycle || self == .cosine }
  }

  package init(
    optimizer: OptimizerKind = .adamw, lr: Double = 1e-3, weightDecay: Double = 1e-4, clipNorm: Double = 5,
    schedule: ScheduleName = .oneCycle
  ) {
    (self.optimizer, self.lr, self.weightDecay) = (optimizer, lr, weightDecay)
    (self.clipNorm, self.schedule) = (clipNorm, schedule)
  }

  /// Sets another optimizer, with its usual rate and momentum. (The presets' rates are Adam's.)
  package mutating func use(_ kind: OptimizerKind) {
    optimizer = kind
    if !kind.hasBetas { (beta1, beta2) = (nil, nil) }
    switch kind {
    case .adam, .adamw, .lamb: momentum = nil
    case .sgd: (lr, momentum) = (1e-2, 0.9)
    case .adadelta: (lr, momentum) = (1, nil)
    }
  }

  /// Sets another schedule, with its usual settings.
  package mutating func use(_ name: ScheduleName) {
    schedule = name
    decayFactor = name == .step || name == .plateau ? 0.1 : nil
    patience = name == .plateau ? 10 : nil
  }

  package var learningRateSchedule: LearningRateSchedule {
    switch schedule {
    case .constant: .constant
    case .oneCycle: .oneCycle()
    case .cosine: .cosine
    case .step: .step(every: decayEvery ?? 1, factor: decayFactor ?? 1)
    case .plateau: .plateau(factor: decayFactor ?? 1)
    }
  }

  /// Creates the optimizer for slabs of `count` floats.
  ///
  /// - Parameter matrices: the floats of each tensor of at least two dimensions.
  package func makeOptimizer(count: Int, matrices: [Range<Int>]? = nil) -> any Optimizer {
    var settings = OptimizerSettings(momentum: momentum ?? 0.9, weightDecay: weightDecay)
    if let beta1 { settings.beta1 = beta1 }
    if let beta2 { settings.beta2 = beta2 }
    return optimizer.make(count: count, matrices: matrices, settings: settings)
  }

  package func validate() throws {
    try require(lr.isFinite && lr > 0, CodingKeys.lr, lr, "must be positive")
    try require(
      weightDecay.isFinite && weightDecay >= 0, CodingKeys.weightDecay, weightDecay, "must not be negative")
    try require(clipNorm.isFinite && clipNorm >= 0, CodingKeys.clipNorm, clipNorm, "must not be negative (0 is off)")
    try requireShare(momentum, CodingKeys.momentum)
    try requireShare(beta1, CodingKeys.beta1)
    try requireShare(beta2, CodingKeys.beta2)
    try requireShare(ema, CodingKeys.ema)
    try requireCount(warmUp, CodingKeys.warmUp, from: 0)
    try requireCount(decayEvery, CodingKeys.decayEvery)
    try requireCount(patience, CodingKeys.patience, from: 0)
    if let decayFactor {
      try require(decayFactor > 0 && decayFactor < 1, CodingKeys.decayFactor, decayFactor, "must be between 0 and 1")
    }
    let (steps, reduces) = (schedule == .step, schedule == .step || schedule == .plateau)
    try require(
      CodingKeys.momentum, isNil: momentum == nil, unless: optimizer == .sgd, goesWith: "--optimizer sgd")
    for (key, value) in [(CodingKeys.beta1, beta1), (.beta2, beta2)] {
      try require(key, isNil: value == nil, unless: optimizer.hasBetas, goesWith: "--optimizer adam, adamw or lamb")
    }
    try require(CodingKeys.decayEvery, isNil: decayEvery == nil, unless: steps, goesWith: "--schedule step")
    try require(
      CodingKeys.decayFactor, isNil: decayFactor == nil, unless: reduces, goesWith: "--schedule step or plateau")
    try require(
      CodingKeys.patience, isNil: patience == nil, unless: schedule == .plateau, goesWith: "--schedule plateau")
    if warmUp != nil && schedule == .oneCycle {
      throw ConfigurationError(option: "warmUp", ": the one-cycle schedule has a rise of its own")
    }
    if steps && decayEvery == nil {
      throw ConfigurationError(option: "schedule", " step needs --decay-every STEPS")
    }
  }
}
