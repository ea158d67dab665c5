import Datasets
import Messages
import Settings
import Testing
import Training

@Suite struct BatchProposalTests {
  /// What is proposed can be given to `train`, and has work for the ranks, up to 512 of them.
  @Test(arguments: [1, 2, 3, 16, 17, 32, 33, 64, 65, 128, 256, 512])
  func proposalsHaveWork(ranks: Int) throws {
    let proposal = BatchProposal.forRanks(ranks)
    let words = proposal.options.split(separator: " ").map(String.init)
    #expect(words.count == 4 && words[0] == "--batch-size" && words[2] == "--micro-batch")
    let microBatch = try #require(Int(words[3]))
    let recipe = try Recipe(Overrides(["batchSize": .text(words[1]), "microBatch": .integer(microBatch)]))
    #expect(recipe.batch.batchSize == proposal.batchSize && recipe.batch.idle(ranks: ranks) == 0)
  }

  @Test func theUsualBatchIsForFewRanks() {
    #expect(BatchProposal.forRanks(2) == BatchProposal(BatchSize(8), microBatch: 4, measuredCER: 0.0106))
    #expect(BatchProposal.forRanks(100_000).microBatches == 512)
  }

  /// A model with a larger batch gets one that grows from it.
  @Test func otherBatchesGrowFromTheirSize() throws {
    let batch = BatchSettings(batchSize: 64, microBatch: 16)
    #expect(BatchProposal.forRanks(4, for: batch).options == "--batch-size 64 --micro-batch 16")
    let grown = BatchProposal.forRanks(40, for: batch)
    #expect(grown.microBatch == 8 && grown.batchSize.first == 64 && grown.batchSize.last == 512)
    let advice = BatchProposal.advice(ranks: 40, for: batch)
    #expect(advice.hasPrefix("use 4 ranks, or a batch that grows and has work for 64: --batch-size 64,"), "\(advice)")
  }

  @Test func moreThanHalfIdleIsRefused() throws {
    let batch = BatchSettings(batchSize: 8, microBatch: 4)
    for ranks in [1, 2, 3, 4] { try batch.requireWork(for: ranks) }
    let error = #expect(throws: ConfigurationError.self) { try batch.requireWork(for: 5) }
    let text = error?.description ?? ""
    for part in [
      "has 2 micro-batches for 5 ranks, so 3 would idle: use 2 ranks", "--batch-size 4,", "--idle-ranks allow",
    ] {
      #expect(text.contains(part), "\(text)")
    }
  }
}
