import Checkpoints
import Datasets
import Foundation
import Instrumentation
import MessagePassing
import Messages
import Settings
import Survival
import Tensors

// The stages of a run before its first step, in order. All stages are collective.

/// The result of ``openRun(_:_:)``: an open run directory, and the run that is resumed in it.
struct OpenedRun {
  /// On rank 0, which has the run's lock; nil elsewhere.
  var directory: RunDirectory?
  /// On rank 0: the state of the checkpoint from which the run continues, and its file.
  var restored: (path: String, state: TrainingState)?
  /// The identity of the resumed run; nil for a new one.
  let resumed: RunIdentity?
  /// The options that were given, and those of the resumed run.
  var options: Overrides
  /// On rank 0: the model that the resumed run says it began with.
  var initFrom: String?
}

/// What rank 0 finds in the directory of a run that is resumed.
private struct FoundRun: Codable {
  var identity: RunIdentity?
  /// The options of its `config.json`, by name; nil if there is none.
  var options: [String: JSONValue]?
}

/// Opens the run directory and restores the newest good checkpoint, on rank 0; broadcasts the run's identity.
func openRun(_ options: Overrides, _ context: RunContext) throws -> OpenedRun {
  let (communicator, output, log) = (context.communicator, context.output, context.log)
  let location = try communicator.together {
    let location = try RunLocation(options)
    // Wrong options of a new run are reported before its directory is created. (With --resume, the directory decides
    // whether the run is new.)
    if !location.resume { _ = try TrainingConfiguration(options) }
    try location.requireNoDataSet()
    return location
  }
  var (directory, restored): (RunDirectory?, (path: String, state: TrainingState)?)
  let found: FoundRun = try communicator.fromRankZero {
    var found = FoundRun()
    if location.resume {
      found.options = try RunOptions.read(runDir: location.runDir)
      try location.requireRunOrData(options, found.options)
    }
    let opened: RunDirectory
    do {
      opened = try RunDirectory(location.runDir, resume: location.resume) {
        try? output.open("\(location.runDir)/train.log")
        log.warning("\($0)")
      }
    } catch {
      throw StopRequest.isRaised ? StoppedBeforeTraining() : error
    }
    directory = opened
    try output.open(opened.logPath)
    for name in opened.removedTemporaries { log.info("removed \(name), which a killed process left") }
    if let warning = opened.lockWarning { log.warning("\(warning)") }
    guard location.resume else { return found }
    restored = try opened.checkpoints.newestGood(
      restoring: { ($0.path, try TrainingState(restoring: $0)) }, log: { log.warning("\($0)") })
    if restored == nil {
      log.info("there is no checkpoint in \(location.runDir) to go on from: a new run begins")
    }
    found.identity = restored?.state.identity
    return found
  }
  try communicator.leaveIfStopIsRequested()
  let all = found.options.map { RunOptions.resumed(options, from: $0, hasCheckpoint: found.identity != nil) }
  var initFrom: String?
  if case .text(let path)? = found.options?["initFrom"] { initFrom = path }
  return OpenedRun(
    directory: directory, restored: restored, resumed: found.identity, options: all ?? options, initFrom: initFrom)
}

/// The result of ``resolveConfiguration(_:_:)``: the configuration of a run, and its initial network.
struct ResolvedRun {
  let configuration: TrainingConfiguration
  /// On rank 0: the initial network of a new run, if one was given.
  let pretrained: PretrainedNetwork?
  /// The facts about that network that all ranks have.
  let description: PretrainedNetwork.Description?
}

/// Merges presets, options and the resumed recipe into one configuration, and checks that all ranks agree on it.
func resolveConfiguration(_ opened: OpenedRun, _ context: RunContext) throws -> ResolvedRun {
  let (communicator, log, options) = (context.communicator, context.log, opened.options)
  var pretrained: PretrainedNetwork?
  let description: PretrainedNetwork.Description? = try communicator.fromRankZero {
    guard let path = options.text("initFrom") else { return nil }
    if let resumed = opened.resumed {
      if let began = resumed.initialWeights {
        if path == opened.initFrom { return nil }
        let named = try PretrainedNetwork(path, options: options) { _ in }.description
        if named.digest == began { return nil }
      }
      throw ConfigurationError(
        option: "initFrom", " \(path) contradicts the run that is resumed, which began without it; leave it out")
    }
    let read = try PretrainedNetwork(path, options: options) { log.warning("\($0)") }
    pretrained = read
    return read.description
  }
  let configuration = try communicator.together {
    let configuration = try TrainingConfiguration(
      description?.completing(options) ?? options, recipe: opened.resumed?.recipe)
    if opened.resumed == nil, configuration.run.ranks.idleRanks == .refuse {
      try configuration.recipe.batch.requireWork(for: communicator.size)
    }
    return configuration
  }
  Watchdog.use(timeout: configuration.run.stall.stallTimeout)
  Watchdog.use(log: opened.directory?.logPath ?? "\(configuration.runDir)/train.log")
  let (kernels, libraries) = ("the OpenBLAS kernels", LibraryVersions.all)
  var remedies = Dictionary(uniqueKeysWithValues: libraries.map { ($0.name, LibraryVersions.remedy) })
  remedies[kernels] = "set one OPENBLAS_CORETYPE for all ranks (mpirun -x OPENBLAS_CORETYPE=Haswell)"
  try communicator.requireAgreement(
    on: [
      ("Akuru's version", akuruVersion), ("the configuration", try RunJSON.line(configuration)),
      (kernels, "\(BLAS.coreName), \(BLAS.configuration)"),
    ] + libraries, remedies: remedies)
  return ResolvedRun(configuration: configuration, pretrained: pretrained, description: description)
}

/// The result of ``prepareData(_:_:_:)``: the data of a run, and its identity.
struct PreparedRun {
  let data: TrainingData
  var identity: RunIdentity
  /// The degree to which this process's steps are reproducible.
  let reproducibility: Reproducibility
  var length: RunLength
}

/// Lets a new run begin with the nearest of the models that come with Akuru, unless the options say how it begins. Rank 0 chooses.
func chooseStart(
  _ records: GroundTruth, _ settings: ResolvedRun, _ opened: OpenedRun, _ context: RunContext
) throws -> ResolvedRun {
  let (communicator, log) = (context.communicator, context.log)
  guard opened.resumed == nil, !opened.options.decideStart else { return settings }
  let name: String? = try communicator.fromRankZero {
    let texts = records.train.records.lazy.map(\.text)
    guard let nearest = try NearestStarter(for: texts, settings.configuration.recipe, log: { log.warning("\($0)") })
    else { return nil }
    log.info(
      """
      the run begins with the model \(nearest.name), which knows \(percent(nearest.knownShare)) of the letters in the \
      training texts (akuru models \(nearest.name)); --from-scratch begins with random weights
      """)
    return nearest.argument
  }
  guard let name else { return settings }
  var opened = opened
  opened.options = opened.options.beginning(with: name)
  return try resolveConfiguration(opened, context)
}

/// Each rank audits a share of the images, and decodes a share into the machine's cache.
func prepareData(
  _ records: GroundTruth, _ settings: ResolvedRun, _ opened: OpenedRun, _ context: RunContext
) throws -> PreparedRun {
  let (communicator, configuration) = (context.communicator, settings.configuration)
  let resumed = opened.resumed
  var recipe = configuration.recipe
  let architecture = try communicator.together { try resumed?.architecture ?? recipe.model.architecture() }
  var data = try TrainingData(
    records, configuration, architecture: architecture, alphabet: resumed?.alphabet, pretrained: settings.description,
    context: context)
  recipe.text = recipe.text.settled(for: data.alphabet)
  let length = try communicator.together {
    let draws = data.drawCount
    // The images of --minutes are planned later, by a measured speed.
    return try resumed.map { try configuration.length(draws: draws, resuming: $0, ranks: communicator.size) }
      ?? configuration.length(
        draws: draws, planned: configuration.plansLength ? TrainingConfiguration.usualImages(draws: draws) : nil)
  }
  var identity = RunIdentity(
    recipe: recipe, architecture: architecture, alphabet: data.alphabet, scheduleSteps: length.scheduleSteps,
    trainFingerprint: data.train.dataSet.fingerprint, validationFingerprint: data.validation.dataSet.fingerprint,
    initialWeights: settings.description?.digest, blasCore: BLAS.coreName)
  identity.images = length.images
  let reproducibility = Reproducibility(configuration.run.ranks.reduce, over: communicator)
  if reproducibility != .exact { identity.reproducibility = reproducibility }
  if let resumed { identity = try resumed.continued(as: identity, log: context.log) }
  Heartbeat.enter(.cache, step: 0)
  if let folder = configuration.run.files.cacheFolder {
    try data.cacheImages(in: folder, context: context)
  } else if data.train.dataSet.records.contains(where: { $0.page != nil }) {
    context.log.warning(
      "--cache none: each line decodes its whole page at each use; leave --cache out, or cut the lines with akuru lines"
    )
  }
  let prepared = PreparedRun(
    data: data, identity: identity, reproducibility: identity.reproducibility ?? reproducibility, length: length)
  guard resumed == nil, configuration.plansLength else { return prepared }
  return try planLength(of: prepared, configuration, context)
}

/// Creates the state of the run, restored, new or from an initial network, and broadcasts it from rank 0.
func makeState(
  _ prepared: PreparedRun, _ settings: ResolvedRun, _ opened: OpenedRun, _ context: RunContext
) throws -> TrainingState {
  let (communicator, recipe) = (context.communicator, prepared.identity.recipe)
  let state = try communicator.together {
    if let (path, state) = opened.restored {
      let (cursor, place) = (state.cursor, prepared.length.calendar.place(of: state.cursor.step))
      guard place.epoch == cursor.epoch, place.stepInEpoch == cursor.stepInEpoch else {
        throw CheckpointError.damaged(path: path, why: "its step and its epoch contradict each other")
      }
      state.goOn(as: prepared.identity)
      return state
    }
    let state = try TrainingState(identity: prepared.identity)
    // The other ranks receive rank 0's state.
    if communicator.rank == 0 {
      state.network.initialize(seed: recipe.course.seed, recipe.model.startWeights ?? .pytorch)
      try settings.pretrained?.copy(into: state.network, alphabet: prepared.data.alphabet, seed: recipe.course.seed)
      state.average?.restart(from: state.network.parameters)
    }
    return state
  }
  try state.broadcast(over: communicator)
  return state
}
