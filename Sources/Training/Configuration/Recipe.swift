import Datasets
import Foundation
import NeuralNetwork

/// Everything that decides the weights a run ends with, besides the data: two runs with the same recipe and data have
/// the same bits. It is stored in every checkpoint; a resumed run takes it from there.
public struct Recipe: Codable, Sendable, Equatable {
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
  public var augment: AugmentationName
  public var seed: UInt64
  /// Passes over the training data; nil when steps or minutes end the run.
  public var epochs: Int?

  public enum ScheduleName: String, Codable, Sendable, CaseIterable {
    case constant
    case oneCycle = "one-cycle"
  }

  public enum AugmentationName: String, Codable, Sendable, CaseIterable {
    case none
    case `default`
  }

  /// Fills what `options` leave open with the model's defaults (design: defaults come with the model).
  /// - Throws: ``ConfigurationError`` naming the option and the values it takes.
  public init(_ options: TrainingOptions) throws {
    model = options.model ?? "akuru"
    guard let preset = Recipe.presets[model] else {
      let names = Recipe.presets.keys.sorted()
      let hint = closestMatch(to: model, among: names).map { "did you mean \($0)?" }
      throw ConfigurationError(
        "--model \(model): no such model; \(hint ?? "it is one of \(names.joined(separator: ", "))")")
    }
    if model != "seed" {
      if options.channels != nil { throw ConfigurationError("--channels goes with --model seed only") }
      if options.hidden != nil { throw ConfigurationError("--hidden goes with --model seed only") }
    } else {
      channels = options.channels ?? 1
      hidden = options.hidden ?? 256
    }
    height = options.height ?? preset.height
    maxWidth = options.maxWidth ?? 4096
    batchSize = options.batchSize ?? preset.batchSize
    microBatch = options.microBatch ?? min(preset.microBatch, batchSize)
    optimizer = try Recipe.choice("--optimizer", options.optimizer, preset.optimizer)
    lr = options.lr ?? preset.lr
    weightDecay = options.weightDecay ?? preset.weightDecay
    clipNorm = options.clipNorm ?? preset.clipNorm
    schedule = try Recipe.choice("--schedule", options.schedule, preset.schedule)
    augment = try Recipe.choice("--augment", options.augment, preset.augment)
    seed = options.seed ?? 1
    epochs = options.epochs
    try validate()
  }

  /// The network this recipe trains.
  func architecture() -> Architecture {
    switch model {
    case "seed": .seed(channels: channels ?? 1, hidden: hidden ?? 256, height: height)
    default: .akuru(height: height)
    }
  }

  var augmentation: Augmentation {
    switch augment {
    case .none: .none
    case .default: .default
    }
  }

  var learningRateSchedule: LearningRateSchedule {
    switch schedule {
    case .constant: .constant
    case .oneCycle: .oneCycle()
    }
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
    do {
      try architecture().validate(classes: 2)
    } catch {
      throw ConfigurationError("--height \(height) is not possible: \(error)")
    }
    try require((4...65_535).contains(maxWidth), "--max-width \(maxWidth): must be 4 to 65535 pixels")
    try require(lr.isFinite && lr > 0, "--lr \(lr): must be positive")
    try require(weightDecay.isFinite && weightDecay >= 0, "--weight-decay \(weightDecay): must not be negative")
    try require(clipNorm.isFinite && clipNorm >= 0, "--clip-norm \(clipNorm): must not be negative (0 is off)")
    try require(
      (1...1_000_000_000).contains(epochs ?? 1), "--epochs \(epochs ?? 1): must be 1 to 1,000,000,000")
  }

  private static func choice<Name: RawRepresentable & CaseIterable>(
    _ flag: String, _ value: String?, _ preset: Name
  ) throws -> Name where Name.RawValue == String {
    guard let value else { return preset }
    guard let name = Name(rawValue: value) else {
      let names = Name.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError("\(flag) \(value): it is one of \(names)")
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
    var augment: AugmentationName
  }

  private static let presets: [String: Preset] = [
    "akuru": Preset(
      height: 40, batchSize: 32, microBatch: 8, optimizer: .adamw, lr: 3e-3, weightDecay: 1e-4, clipNorm: 5,
      schedule: .oneCycle, augment: .default),
    "seed": Preset(
      height: 61, batchSize: 256, microBatch: 64, optimizer: .adam, lr: 1e-3, weightDecay: 0, clipNorm: 0,
      schedule: .constant, augment: .none),
  ]
}
