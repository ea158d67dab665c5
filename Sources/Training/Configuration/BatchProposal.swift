import Datasets
import Messages
import NeuralNetwork

/// A batch for many ranks. Small batches learn most per image early in a run, and have work for few ranks; so a proposal
/// grows. Ranks may only propose a recipe: a run keeps the one that it was started with.
package struct BatchProposal: Sendable, Equatable {
  package let batchSize: BatchSize
  package let microBatch: Int
  /// Images that a run needs for the same error rate, as a multiple of those with the usual batch.
  package let imagesFactor: Double
  /// The character error rate on rendered words in Launch/docs/recipe.md; nil if it was not measured with these sizes. With the
  /// usual batch it is 1.06 %.
  package let measuredCER: Double?

  package init(_ batchSize: BatchSize, microBatch: Int, imagesFactor: Double = 1, measuredCER: Double? = nil) {
    (self.batchSize, self.microBatch) = (batchSize, microBatch)
    (self.imagesFactor, self.measuredCER) = (imagesFactor, measuredCER)
  }

  /// The most micro-batches of a step: ranks beyond idle.
  package var microBatches: Int { batchSize.last / microBatch }

  /// The options of `akuru train`.
  package var options: String { "--batch-size \(batchSize) --micro-batch \(microBatch)" }

  /// For the usual batch of `akuru`, by the number of ranks for which they have work: that batch, those of
  /// Launch/docs/recipe.md, and larger ones.
  private static let usual: [BatchProposal] = [
    BatchProposal(BatchSize(8), microBatch: 4, measuredCER: 0.0106),
    BatchProposal(growing("4,16@0.05,64@0.3"), microBatch: 4, imagesFactor: 1.1, measuredCER: 0.0089),
    BatchProposal(growing("4,16@0.05,64@0.27"), microBatch: 2, imagesFactor: 1.1, measuredCER: 0.0116),
    BatchProposal(growing("4,16@0.05,64@0.27"), microBatch: 1, imagesFactor: 1.1),
    BatchProposal(growing("8,16@0.125,32@0.25,64@0.5,128@0.75"), microBatch: 1, imagesFactor: 1.1),
    BatchProposal(growing("8,32@0.1,256@0.3"), microBatch: 1, imagesFactor: 1.2),
    BatchProposal(growing("8,32@0.1,128@0.25,512@0.5"), microBatch: 1, imagesFactor: 1.3),
  ]

  private static func growing(_ text: String) -> BatchSize {
    do { return try BatchSize(text) } catch { preconditionFailure("\(error)") }
  }

  /// Batches in place of another one, and that one itself, by the number of ranks for which they have work. A batch that is
  /// larger than the usual one grows to eight times its size, in micro-batches that are halved.
  package static func candidates(for batch: BatchSettings) -> [BatchProposal] {
    guard batch.batchSize.last > 8 else { return usual }
    let asked = BatchProposal(batch.batchSize, microBatch: batch.microBatch)
    guard !batch.batchSize.grows,
      let grown = BatchSize(doublingFrom: batch.batchSize.first, to: 8 * batch.batchSize.first)
    else { return [asked] }
    let parts = sequence(first: batch.microBatch) { $0 % 2 == 0 ? $0 / 2 : nil }
    return [asked] + parts.map { BatchProposal(grown, microBatch: $0, imagesFactor: 1.1) }
  }

  /// The first candidate with work for so many ranks, or the one with work for most.
  package static func forRanks(_ ranks: Int, for batch: BatchSettings = BatchSettings()) -> BatchProposal {
    let all = candidates(for: batch)
    return all.first { $0.microBatches >= ranks } ?? all[all.count - 1]
  }

  /// What a user is told whose ranks idle: how many ranks the batch has work for, and one with work for them.
  ///
  /// - Parameter batch: the batch that was asked for.
  package static func advice(ranks: Int, for batch: BatchSettings) -> String {
    let (proposal, working) = (forRanks(ranks, for: batch), counted(batch.microBatches, "rank"))
    guard proposal.microBatches > batch.microBatches else { return "use \(working)" }
    return """
      use \(working), or a batch that grows and has work for \(proposal.microBatches): \(proposal.options); akuru plan compares \
      such batches on your data
      """
  }
}

extension BatchSettings {
  /// Ranks that have no work even in the largest step.
  package func idle(ranks: Int) -> Int { max(0, ranks - microBatches) }

  /// Throws for a new run if more than half of the ranks would idle.
  package func requireWork(for ranks: Int) throws {
    guard 2 * idle(ranks: ranks) > ranks else { return }
    throw ConfigurationError(
      """
      a step has \(microBatches) micro-batch\(microBatches == 1 ? "" : "es") for \(ranks) ranks, so \(idle(ranks: ranks)) would idle: \
      \(BatchProposal.advice(ranks: ranks, for: self)); --idle-ranks allow starts all the same
      """)
  }
}
