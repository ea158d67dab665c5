import Datasets
import Foundation
import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// Trains as the options say, on all ranks of the communicator: `akuru train`.
///
/// - Throws: errors with the exit status of design.md, section 8.
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
  let recipe = configuration.recipe
  let architecture = resumed?.architecture ?? recipe.architecture()

  // Data: every rank reads the records, and audits its share of the images.
  let data = try TrainingData(
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
  try communicator.requireAgreement(
    on: [
      ("Akuru's version", akuruVersion), ("the configuration", try RunJSON.line(configuration)),
      ("the training data \(configuration.train)", data.train.dataSet.fingerprint),
      ("the validation data \(configuration.validation)", data.validation.dataSet.fingerprint),
      ("the alphabet", data.alphabet.hash), ("the OpenBLAS kernels", "\(BLAS.coreName), \(BLAS.configuration)"),
    ],
    remedies: [
      "the OpenBLAS kernels": "set the same OPENBLAS_CORETYPE for all ranks (mpirun -x OPENBLAS_CORETYPE=Haswell)"
    ])

  // State: fresh or from the checkpoint, then rank 0's on every rank.
  let state = try communicator.together { try TrainingState(identity: identity) }
  try communicator.together {
    if let found { try state.restore(found.checkpoint, path: found.path) } else { state.network.initialize(seed: recipe.seed) }
  }
  try state.broadcast(over: communicator)
  let hosts = try communicator.gather(Array(communicator.hostName.utf8)).map { String(decoding: $0, as: UTF8.self) }
  try communicator.together {
    guard let directory else { return }
    // Before the first file of the run, so that it can be started again when there is space.
    try directory.checkpoints.requireSpace(bytes: (configuration.keep + 2) * state.checkpointBytes)
    try directory.writeAlphabet(data.alphabet.scalars)
    try directory.writeConfiguration(
      RunDescription(configuration: configuration, identity: identity, hosts: hosts, weights: state.network.store.weightCount))
    try MetricsLog.truncate(directory.metricsPath, afterStep: state.cursor.step)
  }
  let recorder = try communicator.together {
    try RunRecorder(directory, output: output, logEvery: configuration.logEvery, keep: configuration.keep)
  }
  describe(
    identity, data: data, state: state, lastStep: lastStep, ranks: communicator.size, resumedFrom: found?.path, log: log)

  let trainer = try Trainer(
    configuration, data: data, state: state, lastStep: lastStep, recorder: recorder, communicator: communicator)
  let status = try trainer.run()
  if status == .stoppedOnRequest {
    log.info("stopped at step \(state.cursor.step) after a checkpoint; go on with --resume")
  } else if let best = state.cursor.best {
    log.info("done: best validation CER \(percent(best.cer)) at step \(best.step); weights in \(configuration.runDir)/checkpoints/best.safetensors")
  }
  return status
}

/// The first lines of a run.
private func describe(
  _ identity: TrainingState.Identity, data: TrainingData, state: TrainingState, lastStep: Int, ranks: Int,
  resumedFrom: String?, log: Logger
) {
  let recipe = identity.recipe
  log.info(
    "data: \(data.train.widths.count) training and \(data.validation.widths.count) validation images, \(data.alphabet.scalars.count) letters")
  log.info("model: \(recipe.model), \(state.network.store.weightCount) weights, input height \(identity.architecture.inputHeight)")
  let perStep = recipe.batchSize / recipe.microBatch
  let end = lastStep == .max ? "no fixed end" : "\(lastStep) steps"
  log.info(
    "training: \(end), \(data.stepsPerEpoch(recipe)) an epoch; batch \(recipe.batchSize) in \(perStep) micro-batches over \(ranks) rank\(ranks == 1 ? "" : "s"); the weights have the same bits on any number of ranks")
  if perStep < ranks {
    log.warning("a step has \(perStep) micro-batches for \(ranks) ranks: \(ranks - perStep) idle; use fewer ranks, a larger --batch-size or a smaller --micro-batch")
  }
  if let resumedFrom { log.info("going on from \(resumedFrom), step \(state.cursor.step)") }
}

/// `config.json`.
private struct RunDescription: Encodable {
  let configuration: TrainingConfiguration
  let identity: TrainingState.Identity
  let version = akuruVersion
  let openBLAS = BLAS.configuration
  let worldSize: Int
  let hosts: [String]
  let weights: Int

  init(configuration: TrainingConfiguration, identity: TrainingState.Identity, hosts: [String], weights: Int) {
    self.configuration = configuration
    self.identity = identity
    self.hosts = hosts
    self.weights = weights
    worldSize = hosts.count
  }
}
