import Datasets
import Instrumentation
import Logging
import MessagePassing
import Messages
import NeuralNetwork
import Recognition

/// Trains a network. Every rank does the same, except for the micro-batches that are assigned to it.
final class Trainer {
  let configuration: TrainingConfiguration
  let context: RunContext
  let data: TrainingData
  let state: TrainingState
  let recorder: RunRecorder
  let evaluator: Evaluator
  let calendar: StepCalendar
  let lastStep: Int
  var clock = RankClock()
  /// nil if all ranks are treated as equally fast.
  var speeds: RankSpeeds?
  /// Whether the network holds the gradients of the last step.
  var hasGradients = false
  /// When this process started to train, and when it last wrote a checkpoint.
  let started = ContinuousClock.now
  var saved = ContinuousClock.now

  let accumulator: GradientAccumulator
  let audit: ContributionAudit
  private let loss: CTCLoss
  private let rates: LearningRates
  private let clipping: GradientClipping?
  private let scheduler: MicroBatchScheduler
  private let loader: MicroBatchLoader
  private let targets = LabelBatch()
  /// Descriptions of this rank's bad micro-batches in this step.
  private var suspects: [String] = []

  var network: CRNN { state.network }
  var recipe: Recipe { state.identity.recipe }
  var communicator: Communicator { context.communicator }

  /// Collective.
  init(
    _ configuration: TrainingConfiguration, _ prepared: PreparedRun, state: TrainingState, recorder: RunRecorder,
    context: RunContext
  ) throws {
    (self.configuration, data, self.state) = (configuration, prepared.data, state)
    (calendar, lastStep) = (prepared.length.calendar, prepared.length.lastStep)
    (self.recorder, self.context) = (recorder, context)
    let (recipe, communicator) = (state.identity.recipe, context.communicator)
    evaluator = Evaluator(
      state.network, data.codec, microBatch: recipe.batch.microBatch, communicator)
    loss = CTCLoss(classes: data.alphabet.classCount)
    speeds = configuration.run.ranks.balance == .adaptive ? RankSpeeds(ranks: communicator.size) : nil
    accumulator = try GradientAccumulator(
      state.network, loss: loss, sharesTimes: speeds != nil, precision: configuration.run.ranks.reduce,
      over: communicator)
    audit = ContributionAudit(state.network, accumulator, over: communicator)
    try Trainer.requireSharedMemory(accumulator, configuration, context)
    rates = LearningRates(recipe.optimization, calendar, scheduleSteps: state.identity.scheduleSteps)
    clipping =
      recipe.optimization.clipNorm > 0 ? GradientClipping(maximumNorm: recipe.optimization.clipNorm) : nil
    let bounds = data.bounds(recipe)
    let first = state.cursor.step
    scheduler = try data.scheduler(
      recipe, calendar, steps: first..<max(first, lastStep), auditEvery: configuration.run.ranks.auditEvery,
      checkpointEvery: configuration.run.checkpoints.checkpointEvery, communicator)
    loader = data.loader(recipe, scheduler.queue, bounds: bounds)
    try reserve(bounds)
  }

  /// Reserves memory for every micro-batch, so that no step allocates.
  private func reserve(_ bounds: MicroBatchBounds) throws {
    // One image may need longer tables of time steps, all together more rows and columns. Pools round down each image's
    // size, so the average must not be rounded down.
    let average = (bounds.columns / bounds.images + 16) & ~15
    try network.reserve(images: 1, width: bounds.widest)
    let steps = network.logits.layout.steps
    try network.reserve(images: bounds.images, width: average)
    network.reserve(
      loss, images: bounds.images, rows: network.logits.layout.rows, steps: steps, length: bounds.longestLabel)
    targets.reserve(images: bounds.images, scalars: bounds.labels)
  }

  /// Without shared memory, sums are slower, and different with `--reduce float`.
  private static func requireSharedMemory(
    _ accumulator: GradientAccumulator, _ configuration: TrainingConfiguration, _ context: RunContext
  ) throws {
    if accumulator.sharesMemory { return }
    let communicator = context.communicator
    try communicator.together {
      guard configuration.run.ranks.reduce == .float && !communicator.isOneMachine else { return }
      throw ConfigurationError(
        option: "reduce",
        " float: the ranks of a machine find no room in shared memory (/dev/shm), and without it the weights would be "
          + "others; make room there, or leave the option out")
    }
    context.log.warning(
      "no room in shared memory (/dev/shm): ranks of a machine send each other gradients, which is slower")
  }

  /// Trains to the end, or until asked to stop.
  func run() throws -> ExitStatus {
    defer { recorder.waitForSaving() }
    if state.cursor.evaluationDue, let status = try runDueActions(stops: false, saves: false) { return status }
    while state.cursor.step < lastStep && !shouldStopEarly {
      let result = try step()
      let epoch = state.cursor.epoch
      state.cursor.advance(calendar)
      clock.add(result)
      hasGradients = !result.skipped
      recorder.record(result, step: state.cursor.step, epoch: epoch)
      let status = try runDueActions(stops: result.stopRequested, saves: result.checkpointRequested)
      if let status { return status }
    }
    return .done
  }

  /// Trains some steps, and evaluates and records nothing.
  ///
  /// - Returns: their seconds, and their cost over all ranks.
  /// - Throws: `StoppedBeforeTraining` on all ranks if one was asked to stop.
  func measure(steps: Int) throws -> (seconds: Double, cost: Int) {
    var (seconds, cost) = (0.0, 0)
    for _ in 0..<steps {
      let costOfStep = (0..<communicator.size).reduce(0) { $0 + scheduler.cost(ofRank: $1) }
      let result = try step()
      state.cursor.advance(calendar)
      seconds += result.duration.seconds
      cost += costOfStep
      // Minutes that are over are no request.
      if result.stopRequested { try communicator.leaveIfStopIsRequested() }
    }
    return (seconds, cost)
  }

  // MARK: One step

  /// Trains on one batch: forward and backward on this rank's micro-batches, exact reduction over all ranks, update.
  private func step() throws -> StepResult {
    let (started, number) = (ContinuousClock.now, state.cursor.step + 1)
    var result = StepResult(images: scheduler.imageCount)
    try accumulator.begin(
      microBatches: scheduler.microBatchCount, localCount: scheduler.localCount, images: scheduler.imageCount)
    Trace.begin(step: number)
    try during(.step, step: number) {
      let beforeAudit = ContinuousClock.now
      if scheduler.auditsNeighbor { try computeForNeighbor(&result) }
      let auditTime = beforeAudit.duration(to: .now)
      for i in 0..<scheduler.localCount {
        let microBatch = try nextMicroBatch(&result)
        try accumulate(microBatch)
        if i == scheduler.auditedIndex { audit.keepOwn(microBatch.item) }
        result.imagesHere += microBatch.count
        loader.release(microBatch)
      }
      let computed = started.duration(to: .now) - auditTime
      try during(.reduce, step: number, adding: &result.reduceTime) { try reduce(computed: computed) }
      if scheduler.isAudited { try audit.compare(step: number) { try recompute($0) } }
      (result.stopRequested, result.checkpointRequested) = (accumulator.stopRequested, accumulator.checkpointRequested)
      scheduleNext()
      try during(.update, step: number) { try update(&result) }
    }
    result.duration = started.duration(to: .now)
    return result
  }

  private func nextMicroBatch(_ result: inout StepResult) throws -> MicroBatch {
    let number = state.cursor.step + 1
    let microBatch = try during(.load, step: number, adding: &result.loadWait) { try loader.next() }
    guard let microBatch else { preconditionFailure("the loader has another plan") }
    return microBatch
  }

  /// Computes a micro-batch of the next rank, to compare.
  private func computeForNeighbor(_ result: inout StepResult) throws {
    let microBatch = try nextMicroBatch(&result)
    try load(microBatch)
    accumulator.computeOnly()
    audit.keepNeighbors()
    loader.release(microBatch)
  }

  /// Builds and computes a micro-batch once more.
  private func recompute(_ item: WorkItem) throws {
    let microBatch = MicroBatch()
    try data.builder(recipe).build(item, into: microBatch)
    try load(microBatch)
    accumulator.computeOnly()
  }

  /// Forward and backward pass of one micro-batch.
  private func accumulate(_ microBatch: MicroBatch) throws {
    try load(microBatch)
    let refused = accumulator.refusedHere
    try accumulator.add(images: microBatch.count, fault: Faults.spoiling(step: state.cursor.step + 1))
    if accumulator.refusedHere > refused { suspects.append(suspect(microBatch)) }
  }

  /// Loads a micro-batch of the current step into the network.
  private func load(_ microBatch: MicroBatch) throws {
    let step = state.cursor.step
    if let dropout = recipe.course.labelDropout(step: step) {
      dropout.fill(targets, from: microBatch)
    } else {
      targets.fill(from: microBatch)
    }
    try network.load(microBatch, targets: targets, loss: loss)
    network.dropoutKey.set(seed: recipe.course.seed, step: step, samples: microBatch.samples)
  }

  /// Reduces over all ranks. This rank's requests travel with the gradients.
  private func reduce(computed time: Duration) throws {
    if shouldStop { accumulator.requestStop() }
    if isCheckpointOverdue { accumulator.requestCheckpoint() }
    if speeds != nil { accumulator.report(computed: time) }
    // Only a timeline distinguishes waiting from reducing.
    if Trace.isOn { try Trace.span(.wait) { try communicator.barrier() } }
    try Trace.span(.reduce) { try accumulator.finish() }
  }

  /// Assigns the micro-batches of another step, from values that are equal on all ranks.
  private func scheduleNext() {
    speeds?.add(time: accumulator.time(of:), cost: scheduler.cost(ofRank:))
    scheduler.advance(timePerCost: speeds?.timePerCost ?? [])
  }

  /// Updates weights and running statistics, unless the step is bad: then all ranks skip it.
  private func update(_ result: inout StepResult) throws {
    result.loss = accumulator.meanLoss
    result.learningRate = rates.rate(step: state.cursor.step, reductions: state.cursor.plateau?.reductions ?? 0)
    guard !accumulator.hasOverflowed else {
      result.skipped = true
      return try skip()
    }
    state.cursor.badSteps = 0
    let parameters = network.parameters
    let norm = accumulator.takeStepGradients()
    result.gradientNoise = accumulator.gradientNoise
    result.gradientNorm = state.frozen.clearGradients(of: parameters) ?? norm
    state.optimizer.update(
      values: parameters.values.base, gradients: parameters.gradients.base, ranges: state.frozen.trained,
      learningRate: result.learningRate, gradientScale: clipping?.coefficient(norm: result.gradientNorm) ?? 1)
    accumulator.updateRunningStatistics(in: state.frozen.trainedBuffers)
    state.average?.add(parameters, update: state.optimizer.step)
    Faults.flipBit(in: parameters.values.base, step: state.cursor.step + 1)
  }

  // MARK: Skipped steps

  /// Skips a bad step. The ranks report their bad micro-batches to rank 0.
  private func skip() throws {
    let step = state.cursor.step + 1
    state.cursor.badSteps += 1
    state.cursor.skippedSteps += 1
    let local = try RunJSON.line(
      suspects.map { "rank \(communicator.rank) on \(communicator.hostName): \($0)" })
    suspects.removeAll()
    for bytes in try communicator.gather(Array(local.utf8)) {
      for suspect in try RunJSON.decode([String].self, from: String(decoding: bytes, as: UTF8.self)) {
        context.log.warning("step \(step) skipped: \(suspect)")
      }
    }
    if state.cursor.badSteps >= configuration.run.length.maxBadSteps {
      throw TrainingDiverged(step: step, badSteps: state.cursor.badSteps)
    }
  }

  /// Describes the micro-batch that was just refused.
  private func suspect(_ microBatch: MicroBatch) -> String {
    let records = data.train.dataSet.records
    let bad = (0..<microBatch.count).filter { !loss.losses[$0].isFinite }
    let named = (bad.isEmpty ? Array(0..<microBatch.count) : bad).map {
      records[Int(microBatch.samples[$0]) % records.count].absolutePath
    }
    let list =
      named.prefix(64).joined(separator: ", ")
      + (named.count > 64 ? " and \(named.count - 64) more" : "")
    let images = bad.count == 1 ? "an image" : "\(bad.count) images"
    return bad.isEmpty
      ? "a loss or gradient of micro-batch \(microBatch.item.microBatch) is not finite or too large: \(list)"
      : "the loss of \(images) of micro-batch \(microBatch.item.microBatch) is not finite: \(list)"
  }
}
