import Logging
import Tensors

/// What `config.json` says.
struct RunDescription: Encodable {
  let configuration: TrainingConfiguration
  let identity: TrainingState.Identity
  let version = akuruVersion
  let openBLAS = BLAS.configuration
  let worldSize: Int
  let hosts: [String]
  /// Trained weights of the network.
  let weights: Int
}

/// Logs the first lines of a run.
func describe(_ state: TrainingState, _ data: TrainingData, lastStep: Int, ranks: Int, log: Logger) {
  let recipe = state.identity.recipe
  let (training, validation) = (data.train.widths.count, data.validation.widths.count)
  let draws = data.drawCount == training ? "" : " (\(data.drawCount) draws an epoch)"
  log.info(
    "data: \(training) training\(draws) and \(validation) validation images, \(data.alphabet.scalars.count) letters")
  let architecture = state.identity.architecture
  log.info("model: \(architecture.name) \(architecture.spec), \(state.network.store.weightCount) weights")
  let microBatches = recipe.batchSize / recipe.microBatch
  let length = lastStep == .max ? "no fixed end" : "\(lastStep) steps"
  log.info(
    """
    training: \(length), \(data.stepsPerEpoch(recipe)) an epoch; batch \(recipe.batchSize) in \(microBatches) \
    micro-batches on \(ranks) rank\(ranks == 1 ? "" : "s"); the weights get the same bits on any number of ranks
    """)
  if microBatches < ranks {
    log.warning(
      """
      a step has \(microBatches) micro-batches for \(ranks) ranks, so \(ranks - microBatches) idle: use fewer ranks, a \
      larger --batch-size or a smaller --micro-batch
      """)
  }
}
