import Datasets
import Logging
import NeuralNetwork
import Tensors

/// What `config.json` says.
struct RunDescription: Encodable {
  let configuration: TrainingConfiguration
  let identity: TrainingState.Identity
  let version = akuruVersion
  let openBLAS = BLAS.configuration
  /// What is promised of the run's bits.
  let promise: SumPromise
  let worldSize: Int
  let hosts: [String]
  /// Trained weights of the network.
  let weights: Int
}

/// Logs the first lines of a run; on rank 0, which knows the places of all.
func describe(
  _ state: TrainingState, _ data: TrainingData, promise: SumPromise, lastStep: Int, places: [RankPlace], log: Logger
) throws {
  guard !places.isEmpty else { return }
  let recipe = state.identity.recipe
  let ranks = places.count
  let (training, validation) = (data.train.widths.count, data.validation.widths.count)
  let draws = data.drawCount == training ? "" : " (\(data.drawCount) draws an epoch)"
  log.info(
    "data: \(training) training\(draws) and \(validation) validation images, \(data.alphabet.scalars.count) letters")
  log.info("alphabet: \(data.alphabet.summary)")
  let architecture = state.identity.architecture
  log.info("model: \(architecture.name) \(architecture.spec), \(state.network.store.weightCount) weights")
  for line in try architecture.table(classes: data.alphabet.classCount).split(separator: "\n") { log.info("  \(line)") }
  let microBatches = recipe.batchSize / recipe.microBatch
  let length = lastStep == .max ? "no fixed end" : "\(lastStep) steps"
  log.info(
    """
    training: \(length), \(data.stepsPerEpoch(recipe)) an epoch; batch \(recipe.batchSize) in \(microBatches) \
    micro-batches on \(ranks) rank\(ranks == 1 ? "" : "s"); the weights get \(promise.rawValue)
    """)
  log.info("binding: \(RankPlace.summary(places))")
  for warning in RankPlace.warnings(places) { log.warning("\(warning)") }
  if microBatches < ranks {
    log.warning(
      """
      a step has \(microBatches) micro-batches for \(ranks) ranks, so \(ranks - microBatches) idle: use fewer ranks, a \
      larger --batch-size or a smaller --micro-batch
      """)
  }
}

extension Alphabet {
  /// The letters for the log; of many, the first.
  var summary: String {
    let most = 100
    return scalars.prefix(most).map(\.shownAlone).joined(separator: " ")
      + (scalars.count > most ? " and \(scalars.count - most) more" : "")
  }
}
