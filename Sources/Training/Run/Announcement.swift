import Datasets
import Foundation
import Logging
import MessagePassing
import Messages
import Reporting
import Tensors

/// The contents of `config.json`.
struct RunDescription: Encodable {
  let configuration: TrainingConfiguration
  let identity: RunIdentity
  let version = akuruVersion
  let openBLAS = BLAS.configuration
  /// The degree to which the run is reproducible.
  let reproducibility: Reproducibility
  let worldSize: Int
  let hosts: [String]
  /// Trained weights of the network.
  let weights: Int
  /// The step after which the run ends; nil if only minutes end it.
  let lastStep: Int?
  /// The folder from which relative paths in the configuration lead.
  let folder = FileManager.default.currentDirectoryPath

  private enum CodingKeys: String, CodingKey {
    case configuration, identity, version, openBLAS, worldSize, hosts, weights, lastStep, folder
    case reproducibility = "promise"
  }
}

/// The last stage before the first step: rank 0 writes the first files of the run, and the log describes the run.
func announce(
  _ state: TrainingState, _ prepared: PreparedRun, _ settings: ResolvedRun, _ opened: OpenedRun, _ context: RunContext
) throws -> RunRecorder {
  let (communicator, log, configuration) = (context.communicator, context.log, settings.configuration)
  let bindings = try RankBinding.gather(over: communicator)
  try communicator.together {
    if let directory = opened.directory {
      try writeFirstFiles(directory, state, prepared, configuration, hosts: bindings.map(\.host), log: log)
    }
  }
  let recorder = try communicator.together {
    try RunRecorder(
      opened.directory, state, configuration.run, context: context, lastStep: prepared.length.lastStep,
      calendar: prepared.length.calendar)
  }
  try communicator.leaveIfStopIsRequested()
  if let description = settings.description {
    let (old, new) = (description.alphabet.scalars, prepared.data.alphabet.scalars)
    let kept = new.count { description.alphabet.contains($0) }
    log.info("beginning with \(description.path): \(kept) of its \(old.count) letters kept, \(new.count - kept) new")
  }
  try describe(state, prepared, bindings, log: log)
  if configuration.run.ranks.reduce == .float && communicator.isOneMachine && communicator.size > 1 {
    log.info("--reduce float changes nothing here: within one machine sums are exact")
  }
  let (lastStep, recipe) = (prepared.length.lastStep, prepared.identity.recipe)
  if let restored = opened.restored {
    log.info("going on from \(restored.path), step \(state.cursor.step)")
    if let asked = configuration.run.length.maxSteps, asked > lastStep, recipe.course.minutes != nil {
      let again = RunCommands(runDir: configuration.runDir, ranks: communicator.size).again
      log.info(
        """
        --minutes planned the run, so it ends at step \(lastStep), before --max-steps \(asked); a longer run begins with its weights: \
        \(again)
        """)
    }
    if state.cursor.step == lastStep { log.info("that was the last step: nothing is left to train") }
  }
  if opened.restored == nil { advise(prepared, settings, bindings, log) }
  if state.cursor.step > lastStep {
    log.warning(
      "the run is at step \(state.cursor.step), past the last one that was asked for (\(lastStep))")
  }
  return recorder
}

/// Says what will keep a new run from coming far; on rank 0, which has the bindings of all ranks.
private func advise(_ prepared: PreparedRun, _ settings: ResolvedRun, _ bindings: [RankBinding], _ log: Logger) {
  guard let binding = bindings.first else { return }
  let recipe = prepared.identity.recipe
  var outlook = RunOutlook(
    lastStep: prepared.length.lastStep, draws: prepared.data.drawCount, batchSize: recipe.batch.batchSize)
  outlook.schedule = recipe.optimization.schedule
  outlook.ranks = bindings.count
  outlook.cores = MPIRuntime.isLaunched ? Processors.numbers(binding.cpus).count : Processors.allowedCores().count
  outlook.isFineTuning = settings.description != nil
  for line in outlook.advice { log.info("advice: \(line)") }
}

private func writeFirstFiles(
  _ directory: RunDirectory, _ state: TrainingState, _ prepared: PreparedRun, _ configuration: TrainingConfiguration,
  hosts: [String], log: Logger
) throws {
  // Checked before the first file of the run is written, so that the run can be started again later.
  try directory.checkpoints.requireFileSize(bytes: state.checkpointBytes)
  try directory.checkpoints.requireSpace(bytes: (configuration.run.checkpoints.keep + 2) * state.checkpointBytes)
  try directory.writeAlphabet(prepared.data.alphabet.scalars)
  try directory.writeConfiguration(
    RunDescription(
      configuration: configuration, identity: prepared.identity, reproducibility: prepared.reproducibility,
      worldSize: hosts.count, hosts: hosts, weights: state.network.parameters.weightCount,
      lastStep: prepared.length.lastStep == .max ? nil : prepared.length.lastStep))
  let cut = try MetricsLog.truncate(
    directory.metricsPath, afterStep: state.cursor.step, evaluationDue: state.cursor.evaluationDue)
  if let line = cut.firstMalformed {
    log.warning(
      "\(directory.metricsPath): removed \(cut.malformed) lines that are no JSON objects, the first is line \(line)")
  }
}

/// Logs the first lines of a run; on rank 0, which has the bindings of all ranks.
private func describe(
  _ state: TrainingState, _ prepared: PreparedRun, _ bindings: [RankBinding], log: Logger
) throws {
  guard !bindings.isEmpty else { return }
  let (recipe, data, ranks) = (state.identity.recipe, prepared.data, bindings.count)
  let (training, validation) = (data.train.widths.count, data.validation.widths.count)
  let draws = data.drawCount == training ? "" : " (\(data.drawCount) draws an epoch)"
  log.info(
    "data: \(training) training\(draws) and \(validation) validation images, \(data.alphabet.scalars.count) letters")
  log.info("alphabet: \(data.alphabet.summary)")
  let architecture = state.identity.architecture
  log.info("model: \(architecture.name) \(architecture.spec), \(state.network.parameters.weightCount) weights")
  for line in try architecture.table(classes: data.alphabet.classCount).split(separator: "\n") { log.info("  \(line)") }
  let (calendar, microBatches) = (prepared.length.calendar, recipe.batch.microBatches)
  let lastStep = prepared.length.lastStep
  let length = lastStep == .max ? "no fixed end" : "\(lastStep) steps"
  log.info(
    """
    training: \(length), \(calendar.sizesOfSteps) in \(calendar.batchSize.grows ? "up to " : "")\(microBatches) \
    micro-batches on \(ranks) rank\(ranks == 1 ? "" : "s"); the weights get \(prepared.reproducibility.rawValue)
    """)
  log.info("binding: \(RankBinding.summary(bindings))")
  for warning in RankBinding.warnings(bindings) { log.warning("\(warning)") }
  if microBatches < ranks {
    log.warning(
      """
      a step has \(microBatches) micro-batches for \(ranks) ranks, so \(ranks - microBatches) idle: \
      \(BatchProposal.advice(ranks: ranks, for: recipe.batch))
      """)
  } else if recipe.batch.batchSize.first / recipe.batch.microBatch < ranks {
    let first = recipe.batch.batchSize.first / recipe.batch.microBatch
    log.info("while a step has \(first) micro-batches, \(ranks - first) of \(ranks) ranks idle")
  }
}

extension StepCalendar {
  /// For example "113 an epoch; batch 32", or "batch 8, 16 from step 426, 32 from step 639".
  fileprivate var sizesOfSteps: String {
    guard batchSize.grows, let images else { return "\(steps(forImages: draws)) an epoch; batch \(batchSize)" }
    let later = batchSize.phases.dropFirst().map { phase in
      let start = steps(forImages: Int((Double(images) * phase.from).rounded(.up)))
      return "\(phase.images) from step \(start + 1)"
    }
    return (["batch \(batchSize.first)"] + later).joined(separator: ", ")
  }
}

extension Alphabet {
  /// The letters for the log; of a long alphabet, the first.
  var summary: String {
    let most = 100
    return scalars.prefix(most).map(\.shownAlone).joined(separator: " ")
      + (scalars.count > most ? " and \(scalars.count - most) more" : "")
  }
}
