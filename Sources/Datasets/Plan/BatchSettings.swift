import Messages
import Settings

/// The sizes of steps and micro-batches.
package struct BatchSettings: SettingsGroup {
  /// Images in a step; they can become more in the course of a run.
  package var batchSize: BatchSize = 8
  /// Images in a micro-batch, the unit of work of one rank.
  package var microBatch = 4

  package init(batchSize: BatchSize = 8, microBatch: Int = 4) {
    (self.batchSize, self.microBatch) = (batchSize, microBatch)
  }

  /// The most micro-batches that a step has.
  package var microBatches: Int { batchSize.last / microBatch }

  package func validate() throws {
    for size in batchSize.phases.map(\.images) {
      try requireCount(size, CodingKeys.batchSize, to: BatchSize.largest)
      try require(
        (1...size).contains(microBatch), CodingKeys.microBatch, microBatch, "must be 1 to the batch size (\(size))")
      if size % microBatch != 0 {
        throw ConfigurationError(
          option: "batchSize", " \(size) must be a multiple of --micro-batch \(microBatch)")
      }
    }
    if microBatches > 4096 {
      throw ConfigurationError(
        option: "batchSize",
        " \(batchSize.last) makes \(microBatches) micro-batches of \(microBatch); at most 4096 can be summed exactly: raise "
          + "--micro-batch")
    }
  }
}
