import Messages
import Settings

/// The sizes of steps and micro-batches.
package struct BatchSettings: SettingsGroup {
  /// Images in a step.
  package var batchSize = 32
  /// Images in a micro-batch, the unit of work of one rank.
  package var microBatch = 8

  package init(batchSize: Int = 32, microBatch: Int = 8) {
    (self.batchSize, self.microBatch) = (batchSize, microBatch)
  }

  /// Micro-batches of a step.
  package var microBatches: Int { batchSize / microBatch }

  package func validate() throws {
    try requireCount(batchSize, CodingKeys.batchSize, to: 1_000_000)
    try require(
      (1...batchSize).contains(microBatch), CodingKeys.microBatch, microBatch,
      "must be 1 to the batch size (\(batchSize))")
    if batchSize % microBatch != 0 {
      throw ConfigurationError(
        option: "batchSize", " \(batchSize) must be a multiple of --micro-batch \(microBatch)")
    }
    if microBatches > 4096 {
      throw ConfigurationError(
        option: "batchSize",
        " \(batchSize) makes \(microBatches) micro-batches of \(microBatch); at most 4096 can be summed exactly: raise "
          + "--micro-batch")
    }
  }
}
