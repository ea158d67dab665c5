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
  private let dealer: WorkDealer
  private let loader: MicroBatchLoader
  private let targets = LabelBatch()
  private let lastStep: Int
  private let log: Logger
  /// What is wrong with micro-batches of this rank in this step.
  private var suspects: [String] = []
  private let started = ContinuousClock.now
  private let output: RunLog
  private var clock = RankClock()
  /// Nil when all ranks are taken to be equally fast.
  private var speeds: RankSpeeds?
  /// Whether the network's gradients are those of the last step.
  private var hasGradients = false

  private var network: CRNN { state.network }
  private var recipe: Recipe { state.identity.recipe }

  init(
    _ configuration: TrainingConfiguration, data: TrainingData, state: TrainingState, lastStep: Int,
    recorder: RunRecorder, communicator: Communicator, output: RunLog
  ) throws {
    self.configuration = configuration
    self.communicator = communicator
    self.data = data
    self.state = state
    self.lastStep = lastStep
    self.recorder = recorder
    self.output = output
    log = output.logger()
    let recipe = state.identity.recipe
    evaluator = Evaluator(state.network, alphabet: data.alphabet, microBatch: recipe.microBatch, communicator)
    loss = CTCLoss(classes: data.alphabet.classCount)
    speeds = configuration.balance == .adaptive ? RankSpeeds(ranks: communicator.size) : nil
    // The first integer counts requests to stop; the others are the times of the ranks.
    sum = try GradientSum(
      state.network, loss: loss, integers: 1 + (speeds == nil ? 0 : communicator.size), precision: configuration.reduce,
      over: communicator)
    if !sum.reducer.sharesMemory {
      try communicator.together {
        guard configuration.reduce == .float && !communicator.isOneMachine else { return }
        throw ConfigurationError(
          "--reduce float: the ranks of a machine find no room in shared memory (/dev/shm), and without it the weights would "
            + "be others; make room there, or leave the option out")
      }
      log.warning("no room in shared memory (/dev/shm): ranks of a machine send each other gradients, which is slower")
    }
    schedule = recipe.learningRateSchedule
    clipping = recipe.clipNorm > 0 ? GradientClipping(maximumNorm: recipe.clipNorm) : nil
    let bounds = data.bounds(recipe)
    let first = state.cursor.step
    dealer = try data.dealer(recipe, steps: first..<max(first, lastStep), communicator)
    loader = data.loader(recipe, dealer.queue, bounds: bounds)
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
    defer { recorder.waitForSaving() }
    let stepsPerEpoch = data.stepsPerEpoch(recipe)
    if state.cursor.evaluationDue, let status = try finishStep(stopRequested: false) { return status }
    while state.cursor.step < lastStep && !isStandingStill {
      let result = try step()
      let epoch = state.cursor.epoch
      state.cursor.advance(stepsPerEpoch: stepsPerEpoch)
      clock.add(result)
      hasGradients = !result.skipped
      recorder.record(result, step: state.cursor.step, epoch: epoch)
      if let status = try finishStep(stopRequested: result.stopRequested) { return status }
    }
    return .done
  }

  /// Whether the validation CER has not fallen for so long that the run is done.
  var isStandingStill: Bool {
    guard let earlyStopping = recipe.earlyStopping, let plateau = state.cursor.plateau else { return false }
    return plateau.sinceBest >= earlyStopping
  }

  /// What follows a step: evaluation, comparison of the ranks, and checkpoint, if they are due.
  /// - Returns: how the run ends, if it does.
  private func finishStep(stopRequested: Bool) throws -> ExitStatus? {
    let (isLast, endsEpoch) = (state.cursor.step == lastStep, state.cursor.stepInEpoch == 0)
    var isBest = false
    if state.cursor.evaluationDue || isLast || isDue(configuration.evalEvery, orAt: endsEpoch) {
      let evaluated = stopRequested ? nil : try Trace.span(.evaluate) { try evaluate() }
      isBest = evaluated ?? false
      state.cursor.evaluationDue = evaluated == nil
    }
    let stops = stopRequested || state.cursor.evaluationDue
    let isFinal = isLast || isStandingStill || stops
    let saves = isFinal || isDue(configuration.checkpointEvery, orAt: endsEpoch)
    if saves || isBest || isDue(configuration.verifyEvery, orAt: false) { try verify() }
    if saves || isBest {
      Progress.enter(.checkpoint, step: state.cursor.step)
      try Trace.span(.checkpoint) {
        try communicator.together {
          try recorder.save(state, asStep: saves, asBest: isBest)
          if isFinal { try recorder.finishSaving() }
        }
      }
    }
    return stops ? .stoppedOnRequest : nil
  }

  private func isDue(_ every: Int?, orAt endsEpoch: Bool) -> Bool {
    every.map { state.cursor.step % $0 == 0 } ?? endsEpoch
  }

  /// Trains on one batch: forward and backward on this rank's micro-batches, the exact sum over all of them, update.
  private func step() throws -> StepResult {
    let clock = ContinuousClock.now
    var result = StepResult(images: dealer.imageCount)
    try sum.begin(microBatches: dealer.microBatchCount, mine: dealer.mine, images: dealer.imageCount)
    let number = state.cursor.step + 1
    Trace.begin(step: number)
    Progress.enter(.step, step: number)
    for _ in 0..<dealer.mine {
      let asked = ContinuousClock.now
      Progress.enter(.load, step: number)
      guard let microBatch = try Trace.span(.load, { try loader.next() }) else {
        preconditionFailure("the loader has another plan")
      }
      result.waiting += asked.duration(to: .now)
      Progress.enter(.step, step: number)
      try network.load(
        microBatch, targets: targets, loss: loss, dropping: recipe.labelDropout(step: state.cursor.step))
      network.dropoutKey.set(seed: recipe.seed, step: state.cursor.step, samples: microBatch.samples)
      let refused = sum.reducer.refusedHere
      try sum.add(images: microBatch.count, fault: Faults.spoiling(step: number))
      if sum.reducer.refusedHere > refused { suspects.append(suspect(microBatch)) }
      result.imagesHere += microBatch.count
      loader.release(microBatch)
    }
    Progress.enter(.reduce, step: number)
    if shouldStop { sum.reducer.addInteger(1, at: 0) }
    let finished = ContinuousClock.now
    if speeds != nil {
      // Without what it waited for others, which may have been busy with something else before the step.
      let time = clock.duration(to: finished) - sum.reducer.waited
      sum.reducer.addInteger(Int64(time.seconds * 1e9), at: 1 + communicator.rank)
    }
    // Only a timeline tells waiting from adding up.
    if Trace.isOn { try Trace.span(.wait) { try communicator.barrier() } }
    try Trace.span(.reduce) { try sum.finish() }
    result.reducing = finished.duration(to: .now)
    result.stopRequested = sum.reducer.integer(at: 0) > 0
    dealNext()
    result.loss = sum.meanLoss
    result.learningRate = schedule.rate(
      step: state.cursor.step, totalSteps: state.identity.scheduleSteps ?? .max, peak: recipe.lr,
      warmUp: recipe.warmUp ?? 0, reductions: state.cursor.plateau?.reductions ?? 0)
    Progress.enter(.step, step: number)
    try Trace.span(.update) { try update(&result) }
    Faults.flipBit(in: network.store.values.base, step: number)
    result.duration = clock.duration(to: .now)
    return result
  }

  /// Deals another step. What it depends on is the same on all ranks.
  private func dealNext() {
    speeds?.add(time: { sum.reducer.integer(at: 1 + $0) }, cost: dealer.cost(ofRank:))
    dealer.advance(slowness: speeds?.slowness ?? [])
  }

  /// Changes weights and running statistics, unless the step is bad: then all ranks leave it out.
  private func update(_ result: inout StepResult) throws {
    guard sum.reducer.overflowCount == 0 else {
      result.skipped = true
      return try skip()
    }
    state.cursor.badSteps = 0
    let store = network.store
    sum.reducer.gradients(into: store.gradients.base)
    state.frozen.clearGradients(of: store)
    let norm = GradientClipping.norm(store.gradients.base, count: store.count)
    result.gradientNorm = norm
    state.optimizer.update(
      values: store.values.base, gradients: store.gradients.base, ranges: state.frozen.trained,
      learningRate: result.learningRate, gradientScale: clipping?.coefficient(norm: norm) ?? 1)
    for range in state.frozen.trainedBuffers {
      for i in range {
        store.bufferValues.base[i] = 0.9 * store.bufferValues.base[i] + 0.1 * Float(sum.reducer.statistic(at: i))
      }
    }
    state.average?.add(store, update: state.optimizer.step)
  }

  /// Leaves a bad step out. The ranks tell rank 0 which micro-batches are to blame.
  private func skip() throws {
    let step = state.cursor.step + 1
    state.cursor.badSteps += 1
    state.cursor.skippedSteps += 1
    let mine = try RunJSON.line(
      suspects.map { "rank \(communicator.rank) on \(communicator.hostName): \($0)" })
    suspects.removeAll()
    for bytes in try communicator.gather(Array(mine.utf8)) {
      for suspect in try RunJSON.decode([String].self, from: String(decoding: bytes, as: UTF8.self)) {
        log.warning("step \(step) skipped: \(suspect)")
      }
    }
    if state.cursor.badSteps >= configuration.maxBadSteps {
      throw TrainingDiverged(step: step, badSteps: state.cursor.badSteps)
    }
  }

  /// Says what is wrong with the micro-batch that was added last.
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

  /// - Returns: whether the weights are the best so far; nil, on all ranks, when one was asked to stop meanwhile.
  private func evaluate() throws -> Bool? {
    let step = state.cursor.step
    Progress.enter(.evaluate, step: step)
    // What is evaluated is what predicts later: the average of the weights, where there is one.
    let started = ContinuousClock.now
    state.average?.exchange(with: network.store)
    let evaluated = try evaluator.evaluate(
      data.validation, collectsFindings: true, slowness: speeds?.slowness ?? [], output: output)
    state.average?.exchange(with: network.store)
    guard let evaluation = evaluated else { return nil }
    let report = evaluation.report
    let ranks = try clock.gather(evaluating: started.duration(to: .now), over: communicator)
    let isBest = report.cer < state.cursor.best?.cer ?? .infinity
    if isBest { state.cursor.best = Cursor.Best(cer: report.cer, step: step) }
    if recipe.schedule == .plateau || recipe.earlyStopping != nil {
      var plateau = state.cursor.plateau ?? Plateau()
      let before = plateau.reductions
      plateau.record(isBest: isBest, patience: recipe.patience ?? .max)
      state.cursor.plateau = plateau
      if plateau.reductions > before {
        recorder.note("the CER has not fallen for a while: the learning rate is reduced")
      }
    }
    recorder.record(
      evaluation, of: data.validation, ranks: ranks, weights: network.store, gradients: hasGradients, step: step,
      epoch: (step - 1) / data.stepsPerEpoch(recipe), isBest: isBest)
    return isBest
  }

  /// Compares the state of all ranks, bit by bit: one that differs must not go on, and never into a checkpoint.
  private func verify() throws {
    guard communicator.size > 1 else { return }
    let item = "weights and optimizer state after step \(state.cursor.step)"
    try communicator.requireAgreement(
      on: [(item, state.digest())],
      remedies: [
        item: """
        a memory or processor fault is likely; the checkpoints are from before and good: go on with --resume, without \
        that machine
        """
      ])
  }

  /// Whether this rank asks all to stop: on a signal, and rank 0 when the time is over.
  private var shouldStop: Bool {
    if StopRequest.isRaised { return true }
    guard communicator.rank == 0, let minutes = configuration.maxMinutes else { return false }
    return started.duration(to: .now) >= .seconds(minutes * 60)
  }
}
