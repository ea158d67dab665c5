import Datasets
import Foundation
import Messages
import Training

/// Batches for a number of ranks, compared by the time that a run would take with them: `akuru plan`.
package struct RecipePlan: Encodable, Sendable {
  /// One batch.
  package struct Row: Encodable, Sendable {
    package let batchSize: String
    package let microBatch: Int
    /// The factor of the learning rate in the last steps: the square root of the growth.
    package let rateFactor: Double
    /// Images and steps of the run.
    package let images: Int
    package let steps: Int
    package let imagesPerSecond: Double
    /// The speed as a share of that of as many single ranks with the usual batch.
    package let efficiency: Double
    package let minutes: Double
    /// The error rate on rendered words in Launch/docs/recipe.md; nil if nobody measured it.
    package let measuredCER: Double?
    /// The options of `akuru train`.
    package let options: String
  }

  package let ranks: Int
  package let machines: Int
  package let meanWidth: Double
  package let cost: StepCost
  package let rows: [Row]
  /// The fastest batch whose error rate is known, and the fastest of all: indices of rows.
  package let best: Int
  package let fastest: Int

  /// - Parameters:
  ///   - widths: of images of the data, in pixels.
  ///   - images: of a run with the usual batch.
  package init(
    _ candidates: [BatchProposal], cost: StepCost, widths: [Int], images: Int, ranks: Int, machines: Int
  ) throws {
    precondition(!candidates.isEmpty && !widths.isEmpty)
    (self.ranks, self.machines, self.cost) = (ranks, machines, cost)
    let meanWidth = Double(widths.reduce(0, +)) / Double(widths.count)
    self.meanWidth = meanWidth
    let usual = candidates[0]
    let alone = try RecipePlan.run(usual, cost, widths, images: images, ranks: 1, machines: 1)
    let rows = try candidates.map { candidate -> Row in
      let wanted = Int((Double(images) * candidate.imagesFactor).rounded())
      let run = try RecipePlan.run(candidate, cost, widths, images: wanted, ranks: ranks, machines: machines)
      let speed = Double(wanted) / run.seconds
      return Row(
        batchSize: "\(candidate.batchSize)", microBatch: candidate.microBatch,
        rateFactor: (Double(candidate.batchSize.last) / Double(candidate.batchSize.first)).squareRoot(), images: wanted,
        steps: run.steps, imagesPerSecond: speed,
        efficiency: speed / (Double(images) / alone.seconds * Double(ranks)), minutes: run.seconds / 60,
        measuredCER: candidate.measuredCER, options: candidate.options)
    }
    func quickest(_ some: [Int]) -> Int? { some.min { rows[$0].minutes < rows[$1].minutes } }
    let ofAll = quickest(Array(rows.indices)) ?? 0
    (self.rows, fastest) = (rows, ofAll)
    best = quickest(rows.indices.filter { rows[$0].measuredCER != nil }) ?? ofAll
  }

  /// The steps of a run and its seconds, without evaluations.
  private static func run(
    _ batch: BatchProposal, _ cost: StepCost, _ widths: [Int], images: Int, ranks: Int, machines: Int
  ) throws -> (steps: Int, seconds: Double) {
    var (steps, seconds) = (0, 0.0)
    let phases = batch.batchSize.phases
    for (i, phase) in phases.enumerated() {
      let until = i + 1 < phases.count ? phases[i + 1].from : 1
      let count = max(1, Int((Double(images) * (until - phase.from) / Double(phase.images)).rounded(.up)))
      let (most, last) = try columns(phase.images, batch.microBatch, widths, ranks: ranks)
      steps += count
      seconds +=
        Double(count)
        * cost.seconds(
          columns: most, columnsOfLast: last, microBatch: batch.microBatch, ranks: ranks, machines: machines)
    }
    return (steps, seconds)
  }

  private static let sampledSteps = 8

  /// The columns of the rank that has most in a step, and of a mean micro-batch: means over some steps that are dealt as in a
  /// training.
  private static func columns(
    _ size: Int, _ microBatch: Int, _ widths: [Int], ranks: Int
  ) throws -> (most: Double, last: Double) {
    let all = (0..<max(widths.count, size * sampledSteps)).map { widths[$0 % widths.count] }
    let scheduler = MicroBatchScheduler(
      try TrainingWork(
        seed: 1, widths: all, batchSize: BatchSize(size), microBatch: microBatch, steps: 0..<sampledSteps, rank: 0,
        ranks: ranks))
    let items = scheduler.queue.makeIterator()
    var (most, whole, parts) = (0, 0, 0)
    for _ in 0..<sampledSteps {
      let loads = (0..<ranks).map { scheduler.cost(ofRank: $0) }
      most += loads.max() ?? 0
      whole += loads.reduce(0, +)
      parts += scheduler.microBatchCount
      // Nobody computes them.
      for _ in 0..<scheduler.localCount { _ = items.next() }
      scheduler.advance(timePerCost: [])
    }
    return (Double(most) / Double(sampledSteps), Double(whole) / Double(parts))
  }
}

extension RecipePlan {
  /// The table and the options to copy.
  package var lines: [String] {
    var table = TextTable("batch", "micro-batch", "rate", "images", "steps", "images/s", "efficiency", "minutes", "CER")
    for row in rows {
      table.append(
        row.batchSize, "\(row.microBatch)",
        row.rateFactor == 1 ? "" : "to \(row.rateFactor.formatted(decimals: 1)) times",
        "\(row.images)", "\(row.steps)", row.imagesPerSecond.formatted(decimals: 0), percent(row.efficiency),
        row.minutes.formatted(decimals: 1), row.measuredCER.map { percent($0) } ?? "not measured")
    }
    let times = cost.secondsPerColumn.sorted { $0.key > $1.key }.map { size, seconds in
      "\((seconds * Double(size) * meanWidth * 1e3).formatted(decimals: 2)) ms for \(size)"
    }
    let memory = (cost.memoryBytesPerSecond * 1e-9).formatted(decimals: 1)
    var lines = [
      """
      measured here, images of mean width \(meanWidth.formatted(decimals: 0)): micro-batches take \
      \(times.joined(separator: ", ")) images; an update \((cost.update * 1e3).formatted(decimals: 2)) ms
      """,
      """
      \(cost.isMemoryMeasured ? "measured" : "assumed"): sums in a machine's memory at \(memory) GB/s\
      \(machines > 1 ? "; assumed: \((cost.networkBitsPerSecond * 1e-9).formatted(decimals: 1)) Gbit/s between machines" : "")
      """,
      """
      \(counted(ranks, "rank")) on \(counted(machines, "machine")); minutes without evaluations; efficiency: as a share of \
      \(ranks) single ranks with the first batch
      """,
    ]
    lines += table.lines
    lines.append("CER: on rendered words, two or three seeds (Launch/docs/recipe.md); other data may differ")
    lines.append("best that was measured, \(rows[best].minutes.formatted(decimals: 1)) minutes: \(rows[best].options)")
    if rows[fastest].minutes < 0.9 * rows[best].minutes {
      lines.append(
        "faster, but nobody measured its CER, \(rows[fastest].minutes.formatted(decimals: 1)) minutes: \(rows[fastest].options)"
      )
    }
    return lines
  }
}
