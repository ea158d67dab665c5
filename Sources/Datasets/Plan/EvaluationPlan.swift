/// The fixed micro-batches of an evaluation: all samples sorted by width (ties by index), cut into micro-batches. It
/// does not depend on the number of ranks, so neither do the metrics.
package struct EvaluationPlan: Sendable {
  /// Sample indices of each micro-batch.
  package let microBatches: [ArraySlice<Int32>]
  /// Sum of the widths of each micro-batch.
  package let costs: [Int]

  /// - Throws: ``DataSetError/invalid(reason:)`` for a micro-batch size below 1.
  package init(widths: [Int], microBatch: Int) throws(DataSetError) {
    guard microBatch > 0 else { throw .invalid(reason: "micro-batch \(microBatch) is not positive; give at least 1") }
    let order = widths.indices.map { Int32($0) }.sorted { (widths[Int($0)], $0) < (widths[Int($1)], $1) }
    microBatches = stride(from: 0, to: order.count, by: microBatch).map {
      order[$0..<min($0 + microBatch, order.count)]
    }
    costs = microBatches.map { $0.reduce(0) { $0 + widths[Int($1)] } }
  }

  /// The micro-batches that are assigned to one rank, in order.
  ///
  /// - Parameter timePerCost: each rank's time per unit of cost; empty if all are equally fast.
  package func work(rank: Int, ranks: Int, timePerCost: [Double] = []) -> [WorkItem] {
    let assignment = assignMicroBatches(costs: costs, ranks: ranks, timePerCost: timePerCost)
    return microBatches.indices.filter { assignment[$0] == rank }.map {
      WorkItem(epoch: 0, step: 0, microBatch: $0, samples: microBatches[$0])
    }
  }
}
