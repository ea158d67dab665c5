import MessagePassing
import NeuralNetwork

/// What a step benchmark computes: training steps of one recipe on random images of one width.
public struct StepWorkload: Sendable {
  let recipe: Recipe
  /// Columns of every image.
  let width: Int
  /// Steps to measure.
  let steps: Int

  /// What gradients are sent as between machines.
  let precision: Precision

  static let classes = 80
  static let labelLength = 8

  /// - Throws: ``ConfigurationError`` for options that do not fit together.
  public init(_ options: TrainingOptions, width: Int, steps: Int) throws {
    guard (1...100_000).contains(steps) else {
      throw ConfigurationError("--steps \(steps): must be 1 to 100,000")
    }
    guard (1...65_535).contains(width) else {
      throw ConfigurationError("--width \(width): must be 1 to 65,535")
    }
    recipe = try Recipe(options)
    precision = try options.precision()
    (self.width, self.steps) = (width, steps)
    let architecture = try recipe.architecture()
    try architecture.validate(classes: StepWorkload.classes)
    let (available, needed) = (architecture.sequenceLength(forWidth: width), 2 * StepWorkload.labelLength)
    guard available >= needed else {
      throw ConfigurationError("--width \(width): too narrow, it gives \(available) time steps; \(needed) are needed")
    }
  }

  /// Micro-batches of a step, over all ranks.
  var microBatches: Int { recipe.batchSize / recipe.microBatch }

  /// The arguments with which `akuru` measures this and prints JSON.
  var arguments: [String] {
    let numbers = [
      ("--channels", recipe.channels), ("--hidden", recipe.hidden), ("--height", recipe.height),
      ("--batch-size", recipe.batchSize), ("--micro-batch", recipe.microBatch), ("--width", width), ("--steps", steps),
    ]
    return ["bench", "step", "--json", "--model", recipe.model]
      + numbers.flatMap { flag, value in value.map { [flag, "\($0)"] } ?? [] }
  }
}
