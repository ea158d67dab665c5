import Datasets
import Foundation
import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// Trains a network: the same on every rank, but for the micro-batches each rank computes.
final class Trainer {
  private let configuration: TrainingConfiguration
  private let communicator: Communicator
  private let data: TrainingData
  private let state: TrainingState
  private let recorder: RunRecorder
  private let evaluator: Evaluator
  private let loss: CTCLoss
  private let sum: GradientSum
  private let schedule: LearningRateSchedule
  private let clipping: GradientClipping?
  private let loader: MicroBatchLoader
  private let targets = LabelBatch()
  private let lastStep: Int
  private let started = ContinuousClock.now

  private var network: CRNN { state.network }
  private var recipe: Recipe { state.identity.recipe }

  /// Steps in a row that may be skipped before the run is given up.
  private static let maximumBadSteps = 5

  init(
    _ configuration: TrainingConfiguration, data: TrainingData, state: TrainingState, lastStep: Int,
    recorder: RunRecorder, communicator: Communicator
  ) throws {
    self.configuration = configuration
    self.communicator = communicator
    self.data = data
    self.state = state
    self.lastStep = lastStep
    self.recorder = recorder
    let recipe = state.identity.recipe
    evaluator = Evaluator(state.network, alphabet: data.alphabet, microBatch: recipe.microBatch, communicator)
    loss = CTCLoss(classes: data.alphabet.classCount)
    // Its integer counts requests to stop.
    sum = GradientSum(state.network, loss: loss, integers: 1, over: communicator)
    schedule = recipe.learningRateSchedule
    clipping = recipe.clipNorm > 0 ? GradientClipping(maximumNorm: recipe.clipNorm) : nil
    let bounds = data.bounds(recipe)
    loader = try data.loader(recipe, from: state.cursor.step, to: lastStep, bounds: bounds, communicator)
    try reserve(bounds)
  }

  /// Makes room for every micro-batch, so that no step allocates.
  private func reserve(_ bounds: MicroBatchBounds) throws {
    // One image may need longer tables of time steps, all together more rows and columns. What pools round off one by
    // one, they must not round off the average.
    let average = (bounds.columns / bounds.images + 16) & ~15
    try network.reserve(images: 1, width: bounds.widest)
    let steps = network.logits.layout.steps
    try network.reserve(images: bounds.images, width: average)
    loss.reserve(
      images: bounds.images, rows: network.logits.layout.rows, steps: steps, length: bounds.longestLabel,
      in: network.workspace)
    targets.reserve(images: bounds.images, scalars: bounds.labels)
  }

  /// Trains to the end, or until asked to stop.
  func run() throws -> ExitStatus {
    let stepsPerEpoch = data.stepsPerEpoch(recipe)
    var plan = try data.plan(epoch: state.cursor.epoch, recipe, communicator)
    while state.cursor.step < lastStep {
      let result = try step(of: plan)
      let epoch = state.cursor.epoch
      state.cursor.advance(stepsPerEpoch: stepsPerEpoch)
      recorder.record(result, step: state.cursor.step, epoch: epoch, lastStep: lastStep)

      let (isLast, endsEpoch) = (state.cursor.step == lastStep, state.cursor.stepInEpoch == 0)
      if isLast || isDue(configuration.evalEvery, orAt: endsEpoch) { try evaluate(epoch: epoch) }
      if isLast || result.stopRequested || isDue(configuration.checkpointEvery, orAt: endsEpoch) {
        let isFinal = isLast || result.stopRequested
        try communicator.together { try recorder.save(state, isFinal: isFinal) }
      }
      if result.stopRequested && !isLast { return .stoppedOnRequest }
      if endsEpoch { plan = try data.plan(epoch: state.cursor.epoch, recipe, communicator) }
    }
    return .done
  }

  private func isDue(_ every: Int?, orAt endsEpoch: Bool) -> Bool {
    every.map { state.cursor.step % $0 == 0 } ?? endsEpoch
  }

  /// Trains on one batch: forward and backward on this rank's micro-batches, the exact sum over all of them, update.
  private func step(of plan: RankPlan) throws -> StepResult {
    let step = plan.plan.step(state.cursor.stepInEpoch)
    let clock = ContinuousClock.now
    var result = StepResult(images: step.imageCount)
    let mine = plan.count(ofStep: state.cursor.stepInEpoch)
    try sum.begin(microBatches: step.microBatches.count, mine: mine, images: step.imageCount)
    for _ in 0..<mine {
      let asked = ContinuousClock.now
      guard let microBatch = try loader.next() else { preconditionFailure("the loader has another plan") }
      result.waiting += asked.duration(to: .now)
      try network.load(microBatch, targets: targets, loss: loss)
      try sum.add(images: microBatch.count)
      loader.release(microBatch)
    }
    if shouldStop { sum.reducer.addInteger(1, at: 0) }
    try sum.finish()
    result.stopRequested = sum.reducer.integer(at: 0) > 0
    result.loss = sum.meanLoss
    result.learningRate = schedule.rate(
      step: state.cursor.step, totalSteps: state.identity.scheduleSteps ?? .max, peak: recipe.lr)
    try update(&result)
    result.duration = clock.duration(to: .now)
    return result
  }

  /// Changes weights and running statistics, unless the step is bad: then all ranks leave it out.
  private func update(_ result: inout StepResult) throws {
    guard sum.reducer.overflowCount == 0 else {
      result.skipped = true
      state.cursor.badSteps += 1
      if state.cursor.badSteps >= Trainer.maximumBadSteps {
        throw TrainingDiverged(step: state.cursor.step + 1, badSteps: state.cursor.badSteps)
      }
      return
    }
    state.cursor.badSteps = 0
    let store = network.store
    sum.reducer.gradients(into: store.gradients.base)
    let norm = GradientClipping.norm(store.gradients.base, count: store.count)
    result.gradientNorm = norm
    state.optimizer.update(
      values: store.values.base, gradients: store.gradients.base, count: store.count,
      learningRate: result.learningRate, gradientScale: clipping?.coefficient(norm: norm) ?? 1)
    for i in 0..<store.bufferCount {
      store.bufferValues.base[i] = 0.9 * store.bufferValues.base[i] + 0.1 * Float(sum.reducer.statistic(at: i))
    }
  }

  private func evaluate(epoch: Int) throws {
    let evaluation = try evaluator.evaluate(data.validation)
    let report = evaluation.report
    let isBest = report.cer < state.cursor.best?.cer ?? .infinity
    if isBest { state.cursor.best = Cursor.Best(cer: report.cer, step: state.cursor.step) }
    recorder.record(report, step: state.cursor.step, epoch: epoch, isBest: isBest)
    if isBest { try recorder.saveBest(state) }
  }

  /// Whether this rank asks all to stop: on a signal, and rank 0 when the time is over.
  private var shouldStop: Bool {
    if StopRequest.isRaised { return true }
    guard communicator.rank == 0, let minutes = configuration.maxMinutes else { return false }
    return started.duration(to: .now) >= .seconds(minutes * 60)
  }
}

/// What one step did.
struct StepResult {
  /// Images in the step, over all ranks.
  let images: Int
  /// Mean loss per image.
  var loss = 0.0
  var learningRate: Float = 0
  /// Global norm of the gradient before clipping.
  var gradientNorm = 0.0
  var duration = Duration.zero
  /// Time this rank waited for data.
  var waiting = Duration.zero
  var stopRequested = false
  /// The step was not taken, because a loss or gradient was not finite or too large to be summed exactly.
  var skipped = false

  init(images: Int) {
    self.images = images
  }
}

/// Too many steps in a row had to be skipped.
struct TrainingDiverged: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  let step: Int
  let badSteps: Int
  var exitStatus: ExitStatus { .diverged }
  var description: String {
    "training diverged: \(badSteps) steps in a row up to step \(step) had a loss or gradient that is not finite; resume "
      + "with a new run directory and a lower --lr, or with --clip-norm"
  }
}
