import Datasets
import Diagnostics
import Testing
import Training

@Suite struct RecipePlanTests {
  private let widths = (0..<997).map { 60 + ($0 * 37) % 100 }

  private func cost(network: Double = 10e9) -> StepCost {
    StepCost(
      secondsPerColumn: [4: 1e-5, 2: 1.1e-5, 1: 1.4e-5], update: 6e-4, weights: 400_000, memoryBytesPerSecond: 50e9,
      isMemoryMeasured: false, networkBitsPerSecond: network)
  }

  private func plan(ranks: Int, machines: Int = 1, network: Double = 10e9) throws -> RecipePlan {
    try RecipePlan(
      BatchProposal.candidates(for: BatchSettings()), cost: cost(network: network), widths: widths, images: 36_000,
      ranks: ranks, machines: machines)
  }

  /// One rank has no use for large batches; many have none for the usual one.
  @Test func theBatchFollowsTheRanks() throws {
    let alone = try plan(ranks: 1)
    #expect(alone.best == 0 && abs(alone.rows[0].efficiency - 1) < 1e-9 && alone.rows[0].steps == 4_500)
    let many = try plan(ranks: 64, machines: 4)
    let (usual, best) = (many.rows[0], many.rows[many.best])
    #expect(many.best != 0 && best.measuredCER != nil && best.minutes < usual.minutes / 2)
    #expect(many.rows.allSatisfy { $0.efficiency > 0 && $0.efficiency < 1 })
    #expect(many.rows[many.fastest].minutes <= best.minutes)
    // Only two of 64 work.
    #expect(usual.efficiency < 2.0 / 64)
    #expect(many.lines.contains { $0.hasSuffix(": \(best.options)") && $0.hasPrefix("best that was measured") })
  }

  /// A slow network costs time, and so does one machine more than none.
  @Test func theNetworkCosts() throws {
    let (fast, slow) = (try plan(ranks: 16, machines: 4), try plan(ranks: 16, machines: 4, network: 1e8))
    for (a, b) in zip(fast.rows, slow.rows) { #expect(a.minutes < b.minutes) }
  }

  /// Ranks that outnumber micro-batches add nothing but sums.
  @Test func idleRanksDoNotHelp() throws {
    let (two, eight) = (try plan(ranks: 2).rows[0], try plan(ranks: 8).rows[0])
    #expect(eight.minutes >= two.minutes && eight.efficiency < 0.3)
  }
}
