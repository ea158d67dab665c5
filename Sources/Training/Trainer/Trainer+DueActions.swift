import Instrumentation
import MessagePassing
import Messages
import NeuralNetwork

/// Actions between two steps: evaluation, comparison of the ranks, checkpoints, and the end of the run.
extension Trainer {
  /// Whether the validation CER has not fallen for `earlyStopping` evaluations.
  var shouldStopEarly: Bool {
    guard let earlyStopping = recipe.course.earlyStopping, let plateau = state.cursor.plateau else { return false }
    return plateau.sinceBest >= earlyStopping
  }

  /// Whether this rank asks all ranks to stop: after a signal, or on rank 0 when the time is over.
  var shouldStop: Bool {
    if StopRequest.isRaised { return true }
    guard communicator.rank == 0, let minutes = configuration.run.length.maxMinutes else { return false }
    return started.duration(to: .now) >= .seconds(minutes * 60)
  }

  /// Whether rank 0 asks for a checkpoint because the last one is too old.
  var isCheckpointOverdue: Bool {
    let minutes = configuration.run.checkpoints.checkpointMinutes
    return communicator.rank == 0 && minutes > 0 && saved.duration(to: .now) >= .seconds(minutes * 60)
  }

  /// Evaluates, compares the ranks and saves, if due.
  ///
  /// - Parameters:
  ///   - stops: whether a rank asked all ranks to stop.
  ///   - saves: whether a rank asked for a checkpoint.
  /// - Returns: the exit status if the run ends, else nil.
  func runDueActions(stops stopRequested: Bool, saves saveRequested: Bool) throws -> ExitStatus? {
    let (isLast, endsEpoch) = (state.cursor.step == lastStep, state.cursor.stepInEpoch == 0)
    var isBest = false
    if state.cursor.evaluationDue || isLast || isDue(configuration.run.length.evalEvery, orAt: endsEpoch) {
      let evaluated = stopRequested ? nil : try during(.evaluate, step: state.cursor.step) { try evaluate() }
      isBest = evaluated ?? false
      state.cursor.evaluationDue = evaluated == nil
    }
    let stops = stopRequested || state.cursor.evaluationDue
    let isFinal = isLast || shouldStopEarly || stops
    let saves =
      isFinal || saveRequested || isDue(configuration.run.checkpoints.checkpointEvery, orAt: endsEpoch)
    if saves || isBest || isDue(configuration.run.ranks.verifyEvery, orAt: false) { try verify() }
    if saves || isBest { try save(asStep: saves, asBest: isBest, waits: isFinal) }
    return stops ? .stoppedOnRequest : nil
  }

  private func isDue(_ every: Int?, orAt endsEpoch: Bool) -> Bool {
    every.map { state.cursor.step % $0 == 0 } ?? endsEpoch
  }

  /// - Parameter waits: whether to wait until the checkpoints are written.
  private func save(asStep: Bool, asBest: Bool, waits: Bool) throws {
    try during(.checkpoint, step: state.cursor.step) {
      try communicator.together {
        try recorder.save(state, asStep: asStep, asBest: asBest, isUrgent: waits)
        if waits { try recorder.finishSaving() }
      }
    }
    // A best checkpoint is not what a resumed run starts from.
    if asStep { saved = .now }
  }

  /// Logs what the weights read before the first step, which come from a trained model.
  func evaluateStart() throws {
    let evaluation = try during(.evaluate, step: state.cursor.step) {
      try evaluator.evaluate(
        data.validation, collectsFindings: false, timePerCost: [], output: context.output)
    }
    if let evaluation { recorder.note("validation CER before the first step: \(percent(evaluation.report.cer))") }
  }

  /// - Returns: whether the weights are the best so far; nil, on all ranks, if one was asked to stop meanwhile.
  private func evaluate() throws -> Bool? {
    let (step, started) = (state.cursor.step, ContinuousClock.now)
    let evaluation = try state.withAveragedWeights {
      try evaluator.evaluate(
        data.validation, collectsFindings: true, timePerCost: speeds?.timePerCost ?? [], output: context.output)
    }
    guard let evaluation else { return nil }
    let ranks = try clock.gather(evaluating: started.duration(to: .now), over: communicator)
    let isBest = evaluation.report.cer < state.cursor.best?.cer ?? .infinity
    if isBest { state.cursor.best = Cursor.Best(cer: evaluation.report.cer, step: step) }
    recordPlateau(isBest: isBest)
    recorder.record(
      evaluation, of: data.validation, ranks: ranks, weights: network.parameters, gradients: hasGradients, step: step,
      epoch: calendar.place(of: step - 1).epoch, isBest: isBest)
    return isBest
  }

  /// Counts evaluations without a lower CER, if the recipe needs the count.
  private func recordPlateau(isBest: Bool) {
    guard recipe.optimization.schedule == .plateau || recipe.course.earlyStopping != nil else { return }
    var plateau = state.cursor.plateau ?? Plateau()
    let before = plateau.reductions
    plateau.record(isBest: isBest, patience: recipe.optimization.patience ?? .max)
    state.cursor.plateau = plateau
    if plateau.reductions > before {
      recorder.note("the CER has not fallen for a while: the learning rate is reduced")
    }
  }

  /// Compares the state of all ranks, bit by bit: a rank that differs must not continue, nor be saved.
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
}
