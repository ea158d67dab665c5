import Messages
import NeuralNetwork
import Settings

/// The resolved configuration of a training run.
package struct TrainingConfiguration: Codable, Sendable, Equatable {
  package var recipe: Recipe
  package var run: RunSettings

  /// The names of all options, in the order of the settings. `mixture` is a part of `train`.
  package static let optionNames: [String] = {
    let recipe = Recipe(
      model: ModelSettings(), batch: .init(), optimization: OptimizationSettings(), augmentation: .init())
    return (RunSettings().groups + recipe.groups).flatMap(\.optionNames).filter { $0 != "mixture" }
  }()

  /// The options of a file, overridden by those of the command line. The file may be the `config.json` of a run.
  /// - Throws: `ConfigurationError` for a file that is invalid, alone or together with the command line.
  package static func options(_ flags: Overrides, file: String?) throws -> Overrides {
    guard let file else { return flags }
    var others = try Overrides(file: file, names: optionNames, unwrap: RunOptions.unwrap)
    // A start that the command line names takes the place of the file's.
    if flags["initFrom"] != nil { others["fromScratch"] = nil }
    if flags.isOn("fromScratch") { for name in ["initFrom", "initAlphabet", "alphabetChange"] { others[name] = nil } }
    // So does a length.
    let lengths = ["epochs", "minutes", "maxSteps"]
    if lengths.contains(where: { flags[$0] != nil }) { for name in lengths { others[name] = nil } }
    let all = flags.over(others)
    // Some options of a resumed run come from its checkpoint.
    if !all.isOn("resume") { _ = try TrainingConfiguration(all.withPlaceholders) }
    return all
  }

  /// Merges preset, file and command line.
  ///
  /// - Parameter resumed: the checkpoint's recipe if a run is resumed; nil builds the recipe from the options.
  /// - Throws: `ConfigurationError` for a missing or contradictory option.
  package init(_ options: Overrides, recipe resumed: Recipe? = nil) throws {
    if let resumed { try resumed.requireNoContradiction(by: options) }
    recipe = try resumed ?? Recipe(options)
    run = try options.applied(to: RunSettings())
    let train = run.files.train ?? ""
    if let resumed, !train.isEmpty {
      try resumed.course.requireSameMixture(as: train)
    } else if !train.isEmpty {
      recipe.course.mixture = try options.located { try CourseSettings.mixture(of: train) }
    }
    let (recipe, run) = (recipe, run)
    try options.located {
      try recipe.validate()
      try run.validate()
    }
  }

  // MARK: Paths that every run has

  package var train: String { run.files.train ?? "" }
  package var validation: String { run.files.validation ?? "" }
  package var runDir: String { run.files.runDir ?? "" }

  // MARK: Coding: the recipe as a nested object, all other options beside it

  private enum CodingKeys: CodingKey { case recipe }

  package init(from decoder: any Decoder) throws {
    recipe = try decoder.container(keyedBy: CodingKeys.self).decode(Recipe.self, forKey: .recipe)
    run = try RunSettings(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(recipe, forKey: .recipe)
    try run.encode(to: encoder)
  }
}

extension Overrides {
  /// These options with a placeholder for each required path that was not given.
  fileprivate var withPlaceholders: Overrides {
    var options = self
    for name in TrainingConfiguration.paths where options[name] == nil { options[name] = .text("open") }
    return options
  }
}

extension TrainingConfiguration {
  /// Options that every run needs and that have no default.
  fileprivate static let paths = ["train", "validation", "runDir"]

  /// Every option with the value that a new run would have, null if it has none: `akuru train --print-config`. Given as
  /// the file of `--config`, it reproduces the run. Data sets and run directory may be missing.
  ///
  /// - Throws: `ConfigurationError` for options that contradict each other.
  package static func resolved(_ options: Overrides) throws -> [String: JSONValue] {
    if options.isOn("resume") {
      throw ConfigurationError(
        "--print-config does not go with --resume: RUN/config.json has the configuration of a run")
    }
    let configuration = try TrainingConfiguration(options.withPlaceholders)
    func object(_ value: some Encodable) throws -> [String: JSONValue] {
      try RunJSON.decode([String: JSONValue].self, from: RunJSON.line(value))
    }
    var values = try object(configuration.recipe).merging(object(configuration.run)) { $1 }
    // The set itself is long; its name or file reproduces it.
    values["augment"] =
      options["augment"] ?? configuration.recipe.augmentation.augment.name.map { .text($0) } ?? .null
    for name in paths where options[name] == nil { values[name] = .null }
    // Given, they are random, and no model is looked for to begin with.
    if options["startWeights"] == nil { values["startWeights"] = .null }
    let printed = optionNames.filter { $0 != "resume" }
    return Dictionary(uniqueKeysWithValues: printed.map { ($0, values[$0] ?? .null) })
  }
}
