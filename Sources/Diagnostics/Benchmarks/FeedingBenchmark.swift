import DataPreparation
import Datasets
import MessagePassing
import NeuralNetwork
import Training

/// Compares training steps on ready micro-batches with steps that a concurrent loader feeds: the work of an
/// epoch, from load to exact sum, without the optimizer.
final class FeedingBenchmark {
  private let data: AuditedDataSet
  private let recipe: Recipe
  private let labels: LabelTable
  private let communicator: Communicator
  private let network: CRNN
  private let loss: CTCLoss
  private let accumulator: GradientAccumulator
  private let targets = LabelBatch()
  private let work: TrainingWork
  private let ready: [MicroBatch]

  private static let passes = 5

  /// - Throws: `ArchitectureError` if the network cannot be built; errors of the source of the images.
  init(
    _ data: AuditedDataSet, _ recipe: Recipe, labels: LabelTable, alphabet: Alphabet, over communicator: Communicator
  ) throws {
    (self.data, self.recipe, self.labels, self.communicator) = (data, recipe, labels, communicator)
    network = try CRNN(architecture: recipe.model.architecture(), classes: alphabet.classCount)
    network.initialize(seed: 1)
    loss = CTCLoss(classes: alphabet.classCount)
    accumulator = try GradientAccumulator(network, loss: loss, over: communicator)
    work = try TrainingWork(
      seed: recipe.course.seed, widths: data.widths, batchSize: BatchSize(recipe.batch.batchSize.last),
      microBatch: recipe.batch.microBatch,
      steps: 0..<(data.widths.count - 1) / recipe.batch.batchSize.last + 1,
      rank: communicator.rank,
      ranks: communicator.size)
    let builder = MicroBatchBuilder(
      source: data.source, labels: labels, geometry: data.geometry, augmentation: recipe.augmentation.augment,
      seed: recipe.course.seed)
    ready = try work.map { item in
      let slot = MicroBatch()
      try builder.build(item, into: slot)
      return slot
    }
  }

  /// Seconds per step of the slowest rank: medians over passes through the epoch, after an uncounted warm-up pass.
  func run() throws -> (ready: Double, loaded: Double) {
    var (readyTimes, loadedTimes): ([Double], [Double]) = ([], [])
    for pass in 0...FeedingBenchmark.passes {
      try communicator.barrier()
      var times = [0.0, 0.0]
      var micro = ready.makeIterator()
      let scheduler = MicroBatchScheduler(work)
      let items = scheduler.queue.makeIterator()
      try timed(&times[0]) {
        try steps(scheduler) {
          _ = items.next()
          return micro.next()
        } release: { _ in
        }
      }
      try communicator.barrier()
      let loading = MicroBatchScheduler(work)
      let loader = data.loader(
        loading.queue, labels: labels, augmentation: recipe.augmentation.augment, seed: recipe.course.seed,
        bounds: MicroBatchBounds(
          microBatch: recipe.batch.microBatch, widths: data.widths, labels: labels, geometry: data.geometry,
          augmentation: recipe.augmentation.augment), cancelWork: loading.queue.cancel)
      try timed(&times[1]) { try steps(loading, next: loader.next, release: loader.release) }
      times = try communicator.allreduceMax(times)
      guard pass > 0 else { continue }
      readyTimes.append(times[0] / Double(work.steps.count))
      loadedTimes.append(times[1] / Double(work.steps.count))
    }
    return (readyTimes.median, loadedTimes.median)
  }

  private func steps(
    _ scheduler: MicroBatchScheduler, next: () throws -> MicroBatch?, release: (MicroBatch) -> Void
  ) throws {
    for _ in work.steps {
      try accumulator.begin(
        microBatches: scheduler.microBatchCount, localCount: scheduler.localCount, images: scheduler.imageCount)
      for _ in 0..<scheduler.localCount {
        guard let microBatch = try next() else { preconditionFailure("the work has another plan") }
        targets.fill(from: microBatch)
        try network.load(microBatch, targets: targets, loss: loss)
        try accumulator.add(images: microBatch.count)
        release(microBatch)
      }
      try accumulator.finish()
      scheduler.advance(timePerCost: [])
    }
  }
}
