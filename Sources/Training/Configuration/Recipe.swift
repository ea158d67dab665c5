import Datasets
import Messages
import NeuralNetwork
import Settings

/// All settings that determine the weights: two runs with the same recipe and data have the same bits. Every checkpoint
/// stores the recipe; a resumed run reads it from there.
package struct Recipe: Codable, Sendable, Equatable {
  package var model: ModelSettings
  package var batch: BatchSettings
  package var optimization: OptimizationSettings
  package var augmentation: AugmentationSettings
  package var images = ImageSettings()
  package var text = TextSettings()
  package var course = CourseSettings()

  package init(
    model: ModelSettings, batch: BatchSettings, optimization: OptimizationSettings, augmentation: AugmentationSettings
  ) {
    (self.model, self.batch) = (model, batch)
    (self.optimization, self.augmentation) = (optimization, augmentation)
  }

  // MARK: Coding: all groups in one flat object

  package var groups: [any SettingsGroup] { [model, batch, optimization, augmentation, images, text, course] }

  package init(from decoder: any Decoder) throws {
    model = try ModelSettings(from: decoder)
    batch = try BatchSettings(from: decoder)
    optimization = try OptimizationSettings(from: decoder)
    augmentation = try AugmentationSettings(from: decoder)
    images = try ImageSettings(from: decoder)
    text = try TextSettings(from: decoder)
    course = try CourseSettings(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    for group in groups { try group.encode(to: encoder) }
  }

  /// Checks every value, including those from a checkpoint.
  /// - Throws: `ConfigurationError` that names the option.
  package func validate() throws {
    for group in groups { try group.validate() }
    if optimization.lrScaling != nil && !batch.batchSize.grows {
      throw ConfigurationError(option: "lrScaling", " goes with a --batch-size that grows only")
    }
  }

  // MARK: Presets

  /// The defaults of the named models.
  package static let presets = ModelSettings.names.compactMap { name in
    (try? preset(model: name)).map { (name: name, recipe: $0) }
  }

  /// The defaults of a model.
  /// - Throws: `ConfigurationError` for a model that does not exist.
  package static func preset(model name: String) throws -> Recipe {
    let model = try ModelSettings(model: name)
    if model.isTutorial {
      return Recipe(
        model: model, batch: BatchSettings(batchSize: 256, microBatch: 64),
        optimization: OptimizationSettings(optimizer: .adam, weightDecay: 0, clipNorm: 0, schedule: .constant),
        augmentation: AugmentationSettings(.none))
    }
    if name == "crnn" {
      return Recipe(
        model: model, batch: BatchSettings(batchSize: 64, microBatch: 16), optimization: OptimizationSettings(),
        augmentation: AugmentationSettings())
    }
    // Launch/docs/recipe.md says how these were chosen.
    var recipe = Recipe(
      model: model, batch: BatchSettings(), optimization: OptimizationSettings(lr: 3e-3),
      augmentation: AugmentationSettings())
    recipe.model.startWeights = .glorot
    recipe.optimization.beta2 = 0.95
    return recipe
  }

  /// The defaults for `options`: those of the model, then of the optimizer, the schedule and the batch size.
  private static func preset(for options: Overrides) throws -> Recipe {
    var recipe = try options.located { try preset(model: options.text("model") ?? "akuru") }
    if let kind = options.text("optimizer").flatMap(OptimizerKind.init) { recipe.optimization.use(kind) }
    if let name = options.text("schedule").flatMap(OptimizationSettings.ScheduleName.init) {
      recipe.optimization.use(name)
    }
    if let size = try options.located({ try options.batchSize }), size.first > 0 {
      recipe.batch.microBatch = min(recipe.batch.microBatch, size.first)
    }
    return recipe
  }

  /// The defaults overridden by `options`.
  /// - Throws: `ConfigurationError` that names the option and its possible values.
  package init(_ options: Overrides) throws {
    self = try options.applied(to: Recipe.preset(for: options))
    try options.located { [self] in try validate() }
  }

  // MARK: Resuming

  /// Whether the value of an option means the same as none.
  private static func meansNone(_ name: String, _ asked: Recipe) -> Bool {
    let optimization = asked.optimization
    return switch name {
    // A model whose letters all run from left to right stores no direction.
    case "direction": asked.text.direction != .rtl
    case "light": asked.images.light == .keep
    case "lineNormalizer": asked.images.lineNormalizer == ImagePreparation.LineNormalizer.none
    case "resampling": asked.images.resampling == .bilinear
    case "sideMargin": asked.images.sideMargin == 0
    case "startWeights": asked.model.startWeights == .pytorch
    case "beta1": optimization.beta1 == OptimizerSettings().beta1
    case "beta2": optimization.beta2 == OptimizerSettings().beta2
    default: false
    }
  }

  /// A resumed run keeps its recipe: a given option must agree with the recipe.
  /// - Throws: `ConfigurationError` that names the first contradicting option.
  package func requireNoContradiction(by options: Overrides) throws {
    let asked = try options.applied(to: self)
    func object(_ recipe: Recipe) throws -> [String: JSONValue] {
      try RunJSON.decode([String: JSONValue].self, from: RunJSON.line(recipe))
    }
    let (before, after) = try (object(self), object(asked))
    for name in options.names where after[name] != before[name] {
      if name == "model" && model.isTutorial && asked.model.isTutorial { continue }
      if before[name] ?? .null == .null, Recipe.meansNone(name, asked) { continue }
      // A set of that name from before it had more operations.
      if name == "augment", let set = options.text(name), set == augmentation.augment.name { continue }
      var (said, kept) = (options[name]?.words ?? "", before[name]?.words ?? "not set")
      if name == "augment" {
        (said, kept) = (options.text(name) ?? said, augmentation.augment.name ?? "a set of its own, see config.json")
      }
      var remedy = "leave the option out, or start a new run directory"
      if ["epochs", "minutes"].contains(name), let runDir = options.text("runDir") {
        remedy += "; a longer run begins with its weights: \(RunCommands(runDir: runDir).again) \(flag(name)) \(said)"
      }
      throw ConfigurationError(
        option: name, " \(said) contradicts the run that is resumed (\(kept)); \(remedy)")
    }
  }
}

extension Overrides {
  /// The batch size that was given, if it has the right type.
  fileprivate var batchSize: BatchSize? {
    get throws { try integer("batchSize").map { BatchSize($0) } ?? text("batchSize").map { try BatchSize($0) } }
  }
}
