import Datasets
import Foundation
import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// Trains as the options say, on all ranks of the communicator: `akuru train`.
///
/// - Throws: errors that ``ExitStatus`` gives the exit status of.
public func runTraining(_ options: TrainingOptions, over communicator: Communicator) throws -> ExitStatus {
  BLAS.useOneThread()
  StopRequest.listen()
  let output = RunLog(rank: communicator.rank)
  let log = output.logger()

  // Rank 0 opens the run directory and finds the checkpoint to go on from; all ranks take its identity over.
  var directory: RunDirectory?
  var found: CheckpointDirectory.Found?
  let asked = try communicator.together { try TrainingConfiguration.Place(options) }
  let resumed: TrainingState.Identity? = try communicator.fromRankZero {
    let opened = try RunDirectory(asked.runDir, resume: asked.resume)
    directory = opened
    try output.open(opened.logPath)
    if let warning = opened.lockWarning { log.warning("\(warning)") }
    guard asked.resume else { return nil }
    found = try opened.checkpoints.newestGood { log.warning("\($0)") }
    return try found.map { try TrainingState.identity(of: $0.checkpoint, path: $0.path) }
  }
  let configuration = try communicator.together { try TrainingConfiguration(options, recipe: resumed?.recipe) }
  try communicator.requireAgreement(
    on: [
      ("Akuru's version", akuruVersion), ("the configuration", try RunJSON.line(configuration)),
      (kernels, "\(BLAS.coreName), \(BLAS.configuration)"),
    ], remedies: [kernels: "set one OPENBLAS_CORETYPE for all ranks (mpirun -x OPENBLAS_CORETYPE=Haswell)"])

  // Data: every rank reads the records, audits its share of the images, and decodes its share into the machine's cache.
  let recipe = configuration.recipe
  let architecture = resumed?.architecture ?? recipe.architecture()
  var data = try TrainingData(
    configuration, architecture: architecture, alphabet: resumed?.alphabet, communicator: communicator, log: log)
  let (scheduleSteps, lastStep) = try communicator.together {
    let stepsPerEpoch = data.stepsPerEpoch(recipe)
    let steps = try resumed.map(\.scheduleSteps) ?? configuration.scheduleSteps(stepsPerEpoch: stepsPerEpoch)
    return (steps, try configuration.lastStep(stepsPerEpoch: stepsPerEpoch, scheduleSteps: steps))
  }
  var identity = TrainingState.Identity(
    recipe: recipe, architecture: architecture, alphabet: data.alphabet, scheduleSteps: scheduleSteps,
    trainFingerprint: data.train.dataSet.fingerprint, validationFingerprint: data.validation.dataSet.fingerprint,
    blasCore: BLAS.coreName)
  if let resumed { identity = try resumed.continued(as: identity, log: log) }
  try data.cacheImages(in: configuration.cacheFolder, over: communicator, log: log)

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
    }
  }
  try state.broadcast(over: communicator)
  let hosts = try communicator.gather(Array(communicator.hostName.utf8)).map { String(decoding: $0, as: UTF8.self) }
  try communicator.together {
    guard let directory else { return }
    // Before the first file of the run, so that it can be started again when there is space.
    try directory.checkpoints.requireSpace(bytes: (configuration.keep + 2) * state.checkpointBytes)
    try directory.writeAlphabet(data.alphabet.scalars)
    try directory.writeConfiguration(
      RunDescription(
        configuration: configuration, identity: identity, worldSize: hosts.count, hosts: hosts,
        weights: state.network.store.weightCount))
    try MetricsLog.truncate(directory.metricsPath, afterStep: state.cursor.step)
  }
  let recorder = try communicator.together {
    try RunRecorder(directory, output: output, logEvery: configuration.logEvery, keep: configuration.keep)
  }
  describe(state, data, lastStep: lastStep, ranks: communicator.size, log: log)
  if let found { log.info("going on from \(found.path), step \(state.cursor.step)") }

  let trainer = try Trainer(
    configuration, data: data, state: state, lastStep: lastStep, recorder: recorder, communicator: communicator)
  let status = try trainer.run()
  if status == .stoppedOnRequest {
    log.info("stopped at step \(state.cursor.step) after a checkpoint; go on with --resume")
  } else if let best = state.cursor.best {
    log.info("done: best validation CER \(percent(best.cer)) at step \(best.step), in \(configuration.runDir)")
  }
  return status
}

/// What ranks must agree about, with a remedy of its own.
private let kernels = "the OpenBLAS kernels"
