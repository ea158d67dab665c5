import Datasets
import MessagePassing
import NeuralNetwork

/// Compares training steps whose micro-batches are ready with steps for which a loader makes them meanwhile: the work of an
/// epoch, from load to exact sum, without the optimizer.
final class FeedingBenchmark {
  private let data: PreparedData
  private let recipe: Recipe
  private let labels: LabelTable
  private let communicator: Communicator
  private let network: CRNN
  private let loss: CTCLoss
  private let sum: GradientSum
  private let targets = LabelBatch()
  private let work: TrainingWork
  private let ready: [MicroBatch]

  private static let passes = 5

  /// - Throws: `ArchitectureError` when the network cannot be built; what the source of the images throws.
  init(
    _ data: PreparedData, _ recipe: Recipe, labels: LabelTable, alphabet: Alphabet, over communicator: Communicator
  ) throws {
    (self.data, self.recipe, self.labels, self.communicator) = (data, recipe, labels, communicator)
    network = try CRNN(architecture: recipe.architecture(), classes: alphabet.classCount)
    network.initialize(seed: 1)
    loss = CTCLoss(classes: alphabet.classCount)
    sum = try GradientSum(network, loss: loss, integers: 0, over: communicator)
    work = try TrainingWork(
      seed: recipe.seed, widths: data.widths, batchSize: recipe.batchSize, microBatch: recipe.microBatch,
      steps: 0..<BatchPlan.stepCount(samples: data.widths.count, batchSize: recipe.batchSize), rank: communicator.rank,
      ranks: communicator.size)
    let builder = MicroBatchBuilder(
      source: data.source, labels: labels, geometry: data.geometry, augmentation: recipe.augment,
      seed: recipe.seed)
    ready = try work.map { item in
      let slot = MicroBatch()
      try builder.build(item, into: slot)
      return slot
    }
  }

  /// Seconds of a step, the slowest rank's: medians over passes through the epoch, after one that is not counted.
  func run() throws -> (ready: Double, loaded: Double) {
    var (readyTimes, loadedTimes): ([Double], [Double]) = ([], [])
    for pass in 0...FeedingBenchmark.passes {
      try communicator.barrier()
      var times = [0.0, 0.0]
      var micro = ready.makeIterator()
      let dealer = WorkDealer(work)
      let items = dealer.queue.makeIterator()
      try timed(&times[0]) {
        try steps(dealer) {
          _ = items.next()
          return micro.next()
        } release: { _ in
        }
      }
      try communicator.barrier()
      let loading = WorkDealer(work)
      let loader = data.loader(
        loading.queue, labels: labels, augmentation: recipe.augment, seed: recipe.seed,
        bounds: MicroBatchBounds(
          microBatch: recipe.microBatch, widths: data.widths, labels: labels, geometry: data.geometry,
          augmentation: recipe.augment), cancelWork: loading.queue.cancel)
      try timed(&times[1]) { try steps(loading, next: loader.next, release: loader.release) }
      times = try communicator.allreduceMax(times)
      guard pass > 0 else { continue }
      readyTimes.append(times[0] / Double(work.steps.count))
      loadedTimes.append(times[1] / Double(work.steps.count))
    }
    return (readyTimes.median, loadedTimes.median)
  }

  private func steps(
    _ dealer: WorkDealer, next: () throws -> MicroBatch?, release: (MicroBatch) -> Void
  ) throws {
    for _ in work.steps {
      try sum.begin(microBatches: dealer.microBatchCount, mine: dealer.mine, images: dealer.imageCount)
      for _ in 0..<dealer.mine {
        guard let microBatch = try next() else { preconditionFailure("the work has another plan") }
        try network.load(microBatch, targets: targets, loss: loss)
        try sum.add(images: microBatch.count)
        release(microBatch)
      }
      try sum.finish()
      dealer.advance(slowness: [])
    }
  }
}
