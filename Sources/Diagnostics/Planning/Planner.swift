import Datasets
import MessagePassing
import Messages
import NeuralNetwork
import Settings
import Tensors
import Training

/// Measures what a plan needs, on the ranks that it is started on. Collective.
package struct Planner {
  private let data: DataSet
  private let options: Overrides
  private let recipe: Recipe
  private let ranks: Int
  private let machines: Int
  private let networkBitsPerSecond: Double
  private let communicator: Communicator

  /// Images whose widths are measured, spread evenly.
  private static let sampledImages = 400
  private static let steps = 5
  private static let mostRanks = 100_000

  /// - Parameters:
  ///   - options: of `akuru train`: the model, and the batch that is compared with others.
  ///   - ranks: of the run that is planned.
  ///   - network: Gbit/s between machines.
  package init(
    _ path: String, _ reading: ReadingOptions, _ options: Overrides, ranks: Int, machines: Int, network: Double,
    over communicator: Communicator
  ) throws {
    BLAS.useOneThread()
    (self.options, self.communicator) = (options, communicator)
    (self.ranks, self.machines, networkBitsPerSecond) = (ranks, machines, network * 1e9)
    (data, recipe) = try communicator.together {
      guard (1...Planner.mostRanks).contains(ranks) else {
        throw ConfigurationError(option: "ranks", " \(ranks): must be 1 to \(Planner.mostRanks)")
      }
      guard (1...ranks).contains(machines) else {
        throw ConfigurationError(option: "machines", " \(machines): must be 1 to the number of ranks (\(ranks))")
      }
      guard network > 0, network <= 1e6 else {
        throw ConfigurationError(option: "network", " \(network): must be Gbit/s, above 0")
      }
      return (try DataSet.load(path, reading, allowsWeights: true), try Recipe(options))
    }
  }

  /// Measures, and plans. All ranks return rank 0's result.
  package func plan() throws -> RecipePlan {
    let widths = try communicator.together { try widthsOfSome() }
    let candidates = BatchProposal.candidates(for: recipe.batch)
    let meanWidth = max(widths.reduce(0, +) / widths.count, 1)
    var secondsPerColumn: [Int: Double] = [:]
    var update = 0.0
    for microBatch in Set(candidates.map(\.microBatch)).sorted() {
      let result = try step(microBatch, width: meanWidth)
      func part(_ name: String) -> Double { (result.layers.first { $0.name == name }?.forwardMilliseconds ?? 0) * 1e-3 }
      let compute = result.stepMilliseconds * 1e-3 - part("update") - part("reduce")
      secondsPerColumn[microBatch] = max(compute, 1e-6) / Double(microBatch * meanWidth)
      update = part("update")
    }
    let weights = try weightCount()
    let memory = try memorySpeed(weights: weights)
    let cost = StepCost(
      secondsPerColumn: secondsPerColumn, update: update, weights: weights,
      memoryBytesPerSecond: memory ?? StepCost.usualMemoryBytesPerSecond, isMemoryMeasured: memory != nil,
      networkBitsPerSecond: networkBitsPerSecond)
    let draws = data.records.count
    let images = recipe.course.epochs.map { $0 * draws } ?? TrainingConfiguration.usualImages(draws: draws)
    return try communicator.together {
      try RecipePlan(candidates, cost: cost, widths: widths, images: images, ranks: ranks, machines: machines)
    }
  }

  /// Widths of some images after resizing; images that cannot be read are left out.
  private func widthsOfSome() throws -> [Int] {
    let subset = data.spread(Planner.sampledImages)
    let geometry = InputGeometry(
      try recipe.model.architecture(), maximumWidth: recipe.model.maxWidth, preparation: recipe.images.preparation)
    let (source, image) = (FileImageSource(subset, geometry: geometry), ImageBuffer())
    var (widths, failure): ([Int], (any Error)?) = ([], nil)
    for index in subset.records.indices {
      do {
        try source.load(index, into: image)
        widths.append(image.view.width)
      } catch { failure = error }
    }
    if widths.isEmpty, let failure { throw failure }
    guard !widths.isEmpty else { throw DataSetError.invalid(reason: "there is no image to plan with") }
    return widths
  }

  /// Steps in which each rank has one micro-batch.
  private func step(_ microBatch: Int, width: Int) throws -> StepBenchmark.Result {
    var sized = options
    (sized["batchSize"], sized["microBatch"]) = (.integer(microBatch * communicator.size), .integer(microBatch))
    let (asked, wide) = (sized, max(width, try narrowest()))
    let workload = try communicator.together { try StepWorkload(asked, width: wide, steps: Planner.steps) }
    return try StepBenchmark(workload, over: communicator).run()
  }

  /// The narrowest image that the benchmark's labels fit into.
  private func narrowest() throws -> Int {
    let architecture = try recipe.model.architecture()
    var width = 16
    while architecture.sequenceLength(forWidth: width) < 2 * StepWorkload.labelLength, width < 60_000 { width += 16 }
    return width
  }

  private func weightCount() throws -> Int {
    try communicator.together {
      try CRNN(architecture: recipe.model.architecture(), classes: StepWorkload.classes).parameters.count
    }
  }

  /// Bytes a second that ranks of one machine read to add up their gradients; nil if it cannot be measured here.
  private func memorySpeed(weights: Int) throws -> Double? {
    guard communicator.size > 1, communicator.isOneMachine else { return nil }
    let result = try AllreduceBenchmark(sizes: [8 * weights], over: communicator).run()
    return Double(2 * communicator.size * 8 * weights) / (result.sizes[0].microseconds * 1e-6)
  }
}
