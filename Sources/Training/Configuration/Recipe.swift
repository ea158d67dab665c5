import Datasets
import Foundation
import NeuralNetwork

/// Everything that decides the weights a run ends with, besides the data: two runs with the same recipe and data have
/// the same bits. It is stored in every checkpoint; a resumed run takes it from there.
public struct Recipe: Codable, Sendable, Equatable {
  /// The name of a network, or its spec string, see `Architecture.init(spec:name:)`.
  public var model: String
  /// Feature maps of the first convolution; only for `seed`.
  public var channels: Int?
  /// Units of the LSTM in each direction; only for `seed`.
  public var hidden: Int?
  /// Input height in pixels.
  public var height: Int
  /// Widest resized image accepted, in pixels.
  public var maxWidth: Int
  /// Images in a step.
  public var batchSize: Int
  /// Images in a micro-batch, the unit of work of one rank.
  public var microBatch: Int
  public var optimizer: OptimizerKind
  /// Peak learning rate.
  public var lr: Double
  public var weightDecay: Double
  /// Largest global gradient norm; 0 switches clipping off.
  public var clipNorm: Double
  public var schedule: ScheduleName
  /// Share of the old direction that SGD keeps; only for `sgd`.
  public var momentum: Double?
  /// Steps in which the rate rises to its peak; nil is none.
  public var warmUp: Int?
  /// Steps between reductions of the rate; only for the schedule `step`.
  public var decayEvery: Int?
  /// What a reduction multiplies the rate by; only for the schedules `step` and `plateau`.
  public var decayFactor: Double?
  /// Evaluations without improvement that the schedule `plateau` bears with.
  public var patience: Int?
  /// Decay of the moving average of the weights, which is what is evaluated; nil is no average.
  public var ema: Double?
  /// Evaluations without improvement after which the run is done; nil is never.
  public var earlyStopping: Int?
  /// Share of the letters that are left out of the labels at random, anew in each step; nil is none.
  public var labelDropout: Double?
  /// Share of the feature maps that are dropped before the first LSTM; nil is none.
  public var featureDropout: Double?
  /// Names of weights that are not trained, see ``FrozenWeights``; nil is none.
  public var freeze: String?
  /// The network's input where the paper is white: 1 for weights that were trained so elsewhere; nil and 0 are the rule.
  public var paperValue: Int?
  /// The changes of training images, resolved: a file that was named is not read again.
  public var augment: Augmentation
  public var seed: UInt64
  /// Weights of the training folders, see `Mixture`; nil when all are 1.
  public var mixture: [Double]?
  /// Passes over the training data; nil when steps or minutes end the run.
  public var epochs: Int?

  public enum ScheduleName: String, Codable, Sendable, CaseIterable {
    case constant
    case oneCycle = "one-cycle"
    case cosine
    case step
    case plateau

    /// Whether the rate depends on how many steps there will be.
    var needsEnd: Bool { self == .oneCycle || self == .cosine }
  }

  /// Fills what `options` leave open with the model's defaults (design: defaults come with the model).
  /// - Throws: ``ConfigurationError`` naming the option and the values it takes.
  public init(_ options: TrainingOptions) throws {
    model = options.model ?? "akuru"
    let isSpec = model.hasPrefix("[")
    guard let preset = Recipe.presets[isSpec ? "akuru" : model] else {
      let names = Recipe.presets.keys.sorted()
      let hint = closestMatch(to: model, among: names).map { "did you mean \($0)?" }
      throw ConfigurationError(
        "--model \(model): no such model; \(hint ?? "it is one of \(names.joined(separator: ", ")), or a network in brackets")"
      )
    }
    if model != "seed" {
      if options.channels != nil { throw ConfigurationError("--channels goes with --model seed only") }
      if options.hidden != nil { throw ConfigurationError("--hidden goes with --model seed only") }
    } else {
      channels = options.channels ?? 1
      hidden = options.hidden ?? 256
    }
    if isSpec {
      if options.height != nil {
        throw ConfigurationError("--height goes with named models; the network in --model says it")
      }
      height = try Recipe.architecture(spec: model).inputHeight
    } else {
      height = options.height ?? preset.height
    }
    maxWidth = options.maxWidth ?? 4096
    batchSize = options.batchSize ?? preset.batchSize
    microBatch = options.microBatch ?? min(preset.microBatch, batchSize)
    optimizer = try Recipe.choice("--optimizer", options.optimizer, preset.optimizer)
    lr = options.lr ?? Recipe.usualRate(optimizer) ?? preset.lr
    weightDecay = options.weightDecay ?? preset.weightDecay
    clipNorm = options.clipNorm ?? preset.clipNorm
    schedule = try Recipe.choice("--schedule", options.schedule, preset.schedule)
    (momentum, warmUp, ema) = (options.momentum, options.warmUp, options.ema)
    if optimizer == .sgd { momentum = momentum ?? 0.9 }
    (decayEvery, decayFactor, patience) = (options.decayEvery, options.decayFactor, options.patience)
    if schedule == .step || schedule == .plateau { decayFactor = decayFactor ?? 0.1 }
    if schedule == .plateau { patience = patience ?? 10 }
    (earlyStopping, labelDropout) = (options.earlyStopping, options.labelDropout)
    featureDropout = options.featureDropout
    (freeze, paperValue) = (options.freeze, options.paperValue)
    augment = try options.augment.map(Recipe.augmentation) ?? preset.augment
    seed = options.seed ?? 1
    mixture = try options.train.flatMap { try $0.isEmpty ? nil : Recipe.mixture(of: $0) }
    epochs = options.epochs
    try validate()
  }

  /// The network this recipe trains.
  /// - Throws: ``ConfigurationError`` when its spec string is wrong.
  func architecture() throws -> Architecture {
    var architecture =
      switch model {
      case "seed": Architecture.seed(channels: channels ?? 1, hidden: hidden ?? 256, height: height)
      case "crnn": Architecture.crnn(height: height)
      case "akuru": Architecture.akuru(height: height)
      default: try Recipe.architecture(spec: model)
      }
    if let featureDropout, featureDropout > 0 {
      let stages = architecture.stages
      let place = stages.firstIndex { if case .lstm = $0 { true } else { false } } ?? stages.count - 1
      architecture.stages.insert(.dropout(share: featureDropout, wholeFeatures: true), at: place)
    }
    architecture.inkIsPositive = paperValue != 1
    return architecture
  }

  private static func architecture(spec: String) throws -> Architecture {
    do {
      return try Architecture(spec: spec)
    } catch {
      throw ConfigurationError("--model: \(error)")
    }
  }

  private static func augmentation(_ argument: String) throws -> Augmentation {
    do {
      return try Augmentation(argument: argument)
    } catch {
      throw ConfigurationError("--augment \(error)")
    }
  }

  var learningRateSchedule: LearningRateSchedule {
    switch schedule {
    case .constant: .constant
    case .oneCycle: .oneCycle()
    case .cosine: .cosine
    case .step: .step(every: decayEvery ?? 1, factor: decayFactor ?? 1)
    case .plateau: .plateau(factor: decayFactor ?? 1)
    }
  }

  var optimizerSettings: OptimizerSettings {
    OptimizerSettings(momentum: momentum ?? 0.9, weightDecay: weightDecay)
  }

  /// What is left out of labels in a step.
  func labelDropout(step: Int) -> LabelDropout? {
    labelDropout.map { LabelDropout(share: Float($0), seed: seed, step: step) }
  }

  /// The learning rate of optimizers whose rates are on another scale than Adam's, which the models' defaults are for.
  private static func usualRate(_ optimizer: OptimizerKind) -> Double? {
    switch optimizer {
    case .adam, .adamw: nil
    case .sgd: 1e-2
    case .adadelta: 1
    }
  }

  /// The weights in a data set argument; nil when all are 1.
  /// - Throws: ``ConfigurationError``.
  private static func mixture(of argument: String) throws -> [Double]? {
    do {
      let parsed = try DataSetArgument(argument)
      return parsed.isPlain ? nil : parsed.weights
    } catch {
      throw ConfigurationError("--train: \(error)")
    }
  }

  /// A resumed run keeps the weights of its training folders.
  /// - Throws: ``ConfigurationError`` when `argument` says others.
  func requireSameMixture(as argument: String?) throws {
    guard let argument, !argument.isEmpty, try Recipe.mixture(of: argument) != mixture else { return }
    let kept = mixture.map { "weights \($0.map { "\($0)" }.joined(separator: ", "))" } ?? "no weights"
    throw ConfigurationError(
      "--train \(argument) contradicts the run that is resumed, which has \(kept); give the same, or start a new run "
        + "directory")
  }

  /// A resumed run keeps its recipe: an option that was given must say what the recipe says.
  /// - Throws: ``ConfigurationError`` naming the first option that contradicts.
  func requireNoContradiction(by options: TrainingOptions) throws {
    func object(_ value: some Encodable) throws -> [String: NSObject] {
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: NSObject] ?? [:]
    }
    let (asked, kept) = try (object(options), object(self))
    let names = Set(Mirror(reflecting: self).children.compactMap(\.label))
    for (name, value) in asked.sorted(by: { $0.key < $1.key }) where names.contains(name) && value != kept[name] {
      if name == "augment", let argument = options.augment {
        if try Recipe.augmentation(argument) == augment { continue }
        throw ConfigurationError(
          "--augment \(argument) contradicts the run that is resumed (\(augment.name ?? "a set of its own, see config.json")); "
            + "leave the option out, or start a new run directory")
      }
      let flag = "--" + name.flatMap { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }
      let current = kept[name].map { "\($0)" } ?? "not set"
      throw ConfigurationError(
        "\(flag) \(value) contradicts the run that is resumed (\(current)); leave the option out, or start a new run "
          + "directory")
    }
  }

  /// Checks every value, also those that come from a checkpoint.
  /// - Throws: ``ConfigurationError`` naming the option.
  func validate() throws {
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw ConfigurationError(message) }
    }
    try require((1...1_000_000).contains(batchSize), "--batch-size \(batchSize): must be 1 to 1,000,000 images")
    try require(
      (1...batchSize).contains(microBatch), "--micro-batch \(microBatch): must be 1 to the batch size (\(batchSize))")
    try require(
      batchSize % microBatch == 0, "--batch-size \(batchSize) must be a multiple of --micro-batch \(microBatch)")
    try require(
      batchSize / microBatch <= 4096,
      "--batch-size \(batchSize) makes \(batchSize / microBatch) micro-batches of \(microBatch); at most 4096 can be "
        + "summed exactly: raise --micro-batch")
    try require((1...4096).contains(channels ?? 1), "--channels \(channels ?? 1): must be 1 to 4096")
    try require((1...4096).contains(hidden ?? 1), "--hidden \(hidden ?? 1): must be 1 to 4096")
    try require((1...4096).contains(height), "--height \(height): must be 1 to 4096 pixels")
    try validateCraft(require)
    do {
      try augment.validate()
    } catch {
      throw ConfigurationError("--augment: \(error)")
    }
    do {
      try architecture().validate(classes: 2)
    } catch let error as ArchitectureError {
      if model.hasPrefix("[") { throw ConfigurationError("--model: \(error.message)") }
      throw ConfigurationError("--height \(height) is not possible: \(error)")
    }
    try require((4...65_535).contains(maxWidth), "--max-width \(maxWidth): must be 4 to 65535 pixels")
    try require(lr.isFinite && lr > 0, "--lr \(lr): must be positive")
    try require(weightDecay.isFinite && weightDecay >= 0, "--weight-decay \(weightDecay): must not be negative")
    try require(clipNorm.isFinite && clipNorm >= 0, "--clip-norm \(clipNorm): must not be negative (0 is off)")
    try require(
      mixture?.allSatisfy { $0 > 0 && $0 <= DataSetArgument.largestWeight } ?? true,
      "--train: weights must be above 0, and at most 1000")
    try require(
      (1...1_000_000_000).contains(epochs ?? 1), "--epochs \(epochs ?? 1): must be 1 to 1,000,000,000")
  }

  private func validateCraft(_ require: (Bool, String) throws -> Void) throws {
    func share(_ flag: String, _ value: Double?) throws {
      guard let value else { return }
      try require(value >= 0 && value < 1, "\(flag) \(value): must be from 0 to below 1")
    }
    func count(_ flag: String, _ value: Int?, from least: Int = 1) throws {
      guard let value else { return }
      try require((least...1_000_000_000).contains(value), "\(flag) \(value): must be \(least) to 1,000,000,000")
    }
    try share("--momentum", momentum)
    try share("--ema", ema)
    try share("--label-dropout", labelDropout)
    try share("--feature-dropout", featureDropout)
    try count("--warm-up", warmUp)
    try count("--decay-every", decayEvery)
    try count("--patience", patience, from: 0)
    try count("--early-stopping", earlyStopping)
    if let decayFactor {
      try require(decayFactor > 0 && decayFactor < 1, "--decay-factor \(decayFactor): must be between 0 and 1")
    }
    try require((0...1).contains(paperValue ?? 0), "--paper-value \(paperValue ?? 0): must be 0 or 1")
    try require(momentum == nil || optimizer == .sgd, "--momentum goes with --optimizer sgd only")
    try require(warmUp == nil || schedule != .oneCycle, "--warm-up: the one-cycle schedule has a rise of its own")
    try require(decayEvery == nil || schedule == .step, "--decay-every goes with --schedule step only")
    try require(schedule != .step || decayEvery != nil, "--schedule step needs --decay-every STEPS")
    try require(
      decayFactor == nil || schedule == .step || schedule == .plateau,
      "--decay-factor goes with --schedule step or plateau only")
    try require(patience == nil || schedule == .plateau, "--patience goes with --schedule plateau only")
  }

  static func choice<Name: RawRepresentable & CaseIterable>(
    _ flag: String, _ value: String?, _ preset: Name
  ) throws -> Name where Name.RawValue == String {
    guard let value else { return preset }
    guard let name = Name(rawValue: value) else {
      throw ConfigurationError(
        "\(flag) \(value): it is one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return name
  }

  private struct Preset {
    var height: Int
    var batchSize: Int
    var microBatch: Int
    var optimizer: OptimizerKind
    var lr: Double
    var weightDecay: Double
    var clipNorm: Double
    var schedule: ScheduleName
    var augment: Augmentation
  }

  private static let presets: [String: Preset] = [
    "akuru": Preset(
      height: 40, batchSize: 32, microBatch: 8, optimizer: .adamw, lr: 3e-3, weightDecay: 1e-4, clipNorm: 5,
      schedule: .oneCycle, augment: .default),
    "crnn": Preset(
      height: 32, batchSize: 64, microBatch: 16, optimizer: .adamw, lr: 1e-3, weightDecay: 1e-4, clipNorm: 5,
      schedule: .oneCycle, augment: .default),
    "seed": Preset(
      height: 61, batchSize: 256, microBatch: 64, optimizer: .adam, lr: 1e-3, weightDecay: 0, clipNorm: 0,
      schedule: .constant, augment: .none),
  ]
}
