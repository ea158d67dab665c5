import MessagePassing
import Messages
import Settings
import Training

/// The work of a step benchmark: training steps of one recipe on random images of one width.
package struct StepWorkload: Sendable {
  let recipe: Recipe
  /// Columns of every image.
  let width: Int
  /// Steps to measure.
  let steps: Int

  /// The form in which gradients are sent between machines.
  let precision: Precision

  static let classes = 80
  static let labelLength = 8

  /// - Throws: `ConfigurationError` for inconsistent options.
  package init(_ options: Overrides, width: Int, steps: Int) throws {
    guard (1...100_000).contains(steps) else {
      throw ConfigurationError("--steps \(steps): must be 1 to 100,000")
    }
    guard (1...65_535).contains(width) else {
      throw ConfigurationError("--width \(width): must be 1 to 65,535")
    }
    recipe = try Recipe(options)
    precision = try options.applied(to: RankSettings()).reduce
    (self.width, self.steps) = (width, steps)
    let architecture = try recipe.model.architecture()
    try architecture.validate(classes: StepWorkload.classes)
    let (available, needed) = (architecture.sequenceLength(forWidth: width), 2 * StepWorkload.labelLength)
    guard available >= needed else {
      throw ConfigurationError("--width \(width): too narrow, it gives \(available) time steps; \(needed) are needed")
    }
  }

  /// Micro-batches of a step, over all ranks.
  var microBatches: Int { recipe.batch.microBatches }

  /// The arguments with which `akuru` measures this and prints JSON.
  var arguments: [String] {
    let numbers = [
      ("--channels", recipe.model.channels), ("--hidden", recipe.model.hidden), ("--height", recipe.model.height),
      ("--batch-size", recipe.batch.batchSize.last), ("--micro-batch", recipe.batch.microBatch), ("--width", width),
      ("--steps", steps),
    ]
    return ["bench", "step", "--json", "--model", recipe.model.model]
      + numbers.flatMap { flag, value in value.map { [flag, "\($0)"] } ?? [] }
  }
}
