import Datasets
import Foundation
import Images
import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// Trains as the options say, on all ranks of the communicator: `akuru train`.
///
/// - Throws: errors that ``ExitStatus`` gives the exit status of.
public func runTraining(_ options: TrainingOptions, over communicator: Communicator) throws -> ExitStatus {
  let verbosity: Verbosity = options.quiet == true ? .quiet : options.verbose == true ? .verbose : .normal
  let output = RunLog(rank: communicator.rank, verbosity: verbosity)
  do {
    return try runTraining(options, output: output, over: communicator)
  } catch {
    output.endProgress()
    output.record("error: \(error)")  // Standard error has it from whoever ends the process.
    throw error
  }
}

private func runTraining(
  _ options: TrainingOptions, output: RunLog, over communicator: Communicator
) throws -> ExitStatus {
  try communicator.together { try Faults.check() }
  try Watchdog.connect(over: communicator)
  Progress.enter(.start, step: 0)
  BLAS.useOneThread()
  let log = output.logger()

  // Rank 0 opens the run directory and finds the checkpoint to go on from; all ranks take its identity over.
  var directory: RunDirectory?
  var found: CheckpointDirectory.Found?
  let asked = try communicator.together {
    let place = try TrainingConfiguration.Place(options)
    // What is wrong with the options of a new run is said before its directory is made. (With --resume, what is there says
    // whether it is new.)
    if !place.resume {
      try TrainingConfiguration(options).requireEnd()
    }
    try place.requireNoDataSet()
    return place
  }
  let resumed: TrainingState.Identity? = try communicator.fromRankZero {
    let opened: RunDirectory
    do {
      opened = try RunDirectory(asked.runDir, resume: asked.resume) {
        try? output.open("\(asked.runDir)/train.log")
        log.warning("\($0)")
      }
    } catch {
      throw StopRequest.isRaised ? StoppedBeforeTraining() : error
    }
    directory = opened
    try output.open(opened.logPath)
    if let warning = opened.lockWarning { log.warning("\(warning)") }
    guard asked.resume else { return nil }
    found = try opened.checkpoints.newestGood(accepting: TrainingState.check) {
      log.warning("\($0)")
    }
    if found == nil { log.info("there is no checkpoint in \(asked.runDir) to go on from: a new run begins") }
    return try found.map { try TrainingState.identity(of: $0.checkpoint, path: $0.path) }
  }
  try communicator.leaveIfStopIsRequested()
  // A new run may begin with a trained network, which rank 0 reads; the others learn what it is.
  var pretrained: PretrainedNetwork?
  let description: PretrainedNetwork.Description? = try communicator.fromRankZero {
    guard let path = options.initFrom else { return nil }
    if let resumed {
      if resumed.initialWeights != nil { return nil }
      throw ConfigurationError("--init-from contradicts the run that is resumed, which began without it; leave it out")
    }
    let read = try PretrainedNetwork(path, options: options) { log.warning("\($0)") }
    pretrained = read
    return read.description
  }
  let configuration = try communicator.together {
    let configuration = try TrainingConfiguration(
      description?.completing(options) ?? options, recipe: resumed?.recipe)
    if resumed == nil { try configuration.requireEnd() }
    return configuration
  }
  Watchdog.use(timeout: configuration.stallTimeout)
  Watchdog.use(log: directory?.logPath ?? "\(configuration.runDir)/train.log")
  try communicator.requireAgreement(
    on: [
      ("Akuru's version", akuruVersion), ("the configuration", try RunJSON.line(configuration)),
      (kernels, "\(BLAS.coreName), \(BLAS.configuration)"),
    ], remedies: [kernels: "set one OPENBLAS_CORETYPE for all ranks (mpirun -x OPENBLAS_CORETYPE=Haswell)"])

  // Data: every rank reads the records, audits its share of the images, and decodes its share into the machine's cache.
  Progress.enter(.audit, step: 0)
  let recipe = configuration.recipe
  let architecture = try communicator.together { try resumed?.architecture ?? recipe.architecture() }
  var data = try TrainingData(
    configuration, architecture: architecture, alphabet: resumed?.alphabet, pretrained: description,
    communicator: communicator, output: output)
  let (scheduleSteps, lastStep) = try communicator.together {
    let stepsPerEpoch = data.stepsPerEpoch(recipe)
    let steps = try resumed.map(\.scheduleSteps) ?? configuration.scheduleSteps(stepsPerEpoch: stepsPerEpoch)
    return (steps, try configuration.lastStep(stepsPerEpoch: stepsPerEpoch, scheduleSteps: steps))
  }
  var identity = TrainingState.Identity(
    recipe: recipe, architecture: architecture, alphabet: data.alphabet, scheduleSteps: scheduleSteps,
    trainFingerprint: data.train.dataSet.fingerprint, validationFingerprint: data.validation.dataSet.fingerprint,
    initialWeights: description?.digest, blasCore: BLAS.coreName)
  let promise = SumPromise(configuration.reduce, over: communicator)
  if promise != .anyRanks { identity.promise = promise }
  if let resumed { identity = try resumed.continued(as: identity, log: log) }
  Progress.enter(.cache, step: 0)
  if let folder = configuration.cacheFolder { try data.cacheImages(in: folder, over: communicator, output: output) }

  // State: fresh or from the checkpoint, then rank 0's on every rank.
  let state = try communicator.together { try TrainingState(identity: identity) }
  try communicator.together {
    if let found {
      try state.restore(found.checkpoint, path: found.path)
      let (cursor, stepsPerEpoch) = (state.cursor, data.stepsPerEpoch(recipe))
      guard cursor.step / stepsPerEpoch == cursor.epoch, cursor.step % stepsPerEpoch == cursor.stepInEpoch else {
        throw CheckpointError.damaged(path: found.path, why: "its step and its epoch contradict each other")
      }
    } else {
      state.network.initialize(seed: recipe.seed)
      try pretrained?.copy(into: state.network, alphabet: data.alphabet, seed: recipe.seed)
      state.average?.restart(from: state.network.store)
    }
  }
  try state.broadcast(over: communicator)
  pretrained = nil
  let places = try RankPlace.gather(over: communicator)
  let hosts = places.map(\.host)
  try communicator.together {
    guard let directory else { return }
    // Before the first file of the run, so that it can be started again when there is space.
    try directory.checkpoints.requireSpace(bytes: (configuration.keep + 2) * state.checkpointBytes)
    try directory.writeAlphabet(data.alphabet.scalars)
    try directory.writeConfiguration(
      RunDescription(
        configuration: configuration, identity: identity, promise: identity.promise ?? promise, worldSize: hosts.count,
        hosts: hosts,
        weights: state.network.store.weightCount))
    let cut = try MetricsLog.truncate(
      directory.metricsPath, afterStep: state.cursor.step, evaluationDue: state.cursor.evaluationDue
    )
    if let line = cut.firstMalformed {
      log.warning(
        "\(directory.metricsPath): removed \(cut.malformed) lines that are no JSON objects, the first is line \(line)"
      )
    }
  }
  let recorder = try communicator.together {
    try RunRecorder(
      directory, state, output: output, host: communicator.hostName, logEvery: configuration.logEvery,
      keep: configuration.keep, lastStep: lastStep, stepsPerEpoch: data.stepsPerEpoch(recipe))
  }
  try communicator.leaveIfStopIsRequested()
  if let description {
    let (old, new) = (description.alphabet.scalars, data.alphabet.scalars)
    let kept = new.count { description.alphabet.contains($0) }
    log.info("beginning with \(description.path): \(kept) of its \(old.count) letters kept, \(new.count - kept) new")
  }
  try describe(state, data, promise: identity.promise ?? promise, lastStep: lastStep, places: places, log: log)
  if configuration.reduce == .float && communicator.isOneMachine && communicator.size > 1 {
    log.info("--reduce float changes nothing here: within one machine sums are exact")
  }
  if let found { log.info("going on from \(found.path), step \(state.cursor.step)") }

  let trainer = try Trainer(
    configuration, data: data, state: state, lastStep: lastStep, recorder: recorder,
    communicator: communicator, output: output)
  if state.cursor.step > lastStep {
    log.warning(
      "the run is at step \(state.cursor.step), past the last one that was asked for (\(lastStep))")
  }
  let recording = try configuration.trace.map { try Trace.record(to: $0, over: communicator) }
  let status = try trainer.run()
  output.endProgress()
  if let recording { try Trace.finish(recording, over: communicator, log: log) }
  Progress.enter(.end, step: state.cursor.step)
  if trainer.isStandingStill {
    log.info("stopped early: no lower validation CER in \(recipe.earlyStopping ?? 0) evaluations")
  }
  if state.cursor.skippedSteps > 0 {
    log.warning(
      "\(state.cursor.skippedSteps) of \(state.cursor.step) steps were skipped: a loss or gradient was not finite")
  }
  if status == .stoppedOnRequest {
    log.info("stopped at step \(state.cursor.step) after a checkpoint; go on with --resume")
  } else if let best = state.cursor.best {
    recorder.finish()
    log.info(
      "done: best validation CER \(percent(best.cer)) at step \(best.step), in \(configuration.runDir); see report.html there"
    )
    if best.cer > hardlyAnything {
      log.info(
        """
        the model reads hardly anything yet: train longer (letters appear after some hundred steps), and look whether \
        texts and images belong together (akuru sheet \(data.train.dataSet.folders[0].onOneLine) --output sheet.png)
        """)
    }
  }
  return status
}

/// A character error rate above this is that of a model that has not begun to read.
private let hardlyAnything = 0.8

/// What ranks must agree about, with a remedy of its own.
private let kernels = "the OpenBLAS kernels"
