/// Assigns the micro-batches of a step to ranks so that all finish at about the same time: longest processing time
/// first (Graham 1969), each to the rank that would finish it earliest; ties go to the lower rank. The result is a
/// function of the arguments only. The assignment does not change the bits of the training.
///
/// It allocates nothing after its initializer.
struct LongestFirstAssignment {
  /// The cost assigned to each rank.
  private(set) var loads: [Int]

  init(ranks: Int) {
    precondition(ranks > 0)
    loads = [Int](repeating: 0, count: ranks)
  }

  /// Resets the costs for a new step.
  mutating func begin() {
    for rank in loads.indices { loads[rank] = 0 }
  }

  /// Assigns a micro-batch; those of a step must come in order of decreasing cost.
  ///
  /// - Parameter timePerCost: each rank's time per unit of cost; empty if all are equally fast.
  /// - Returns: its rank.
  mutating func assign(cost: Int, timePerCost: [Double]) -> Int {
    precondition(timePerCost.isEmpty || timePerCost.count == loads.count)
    var (best, earliest) = (0, Double.infinity)
    for rank in loads.indices {
      let done = Double(loads[rank] + cost) * (timePerCost.isEmpty ? 1 : timePerCost[rank])
      if done < earliest { (best, earliest) = (rank, done) }
    }
    loads[best] += cost
    return best
  }
}

/// The rank of each micro-batch of a step, see `LongestFirstAssignment`.
///
/// - Parameters:
///   - costs: the cost of each micro-batch, for example the sum of its images' widths; equal ones are assigned by
///     index.
///   - timePerCost: each rank's time per unit of cost; empty if all are equally fast.
package func assignMicroBatches(costs: [Int], ranks: Int, timePerCost: [Double] = []) -> [Int] {
  var (balance, assignment) = (LongestFirstAssignment(ranks: ranks), [Int](repeating: 0, count: costs.count))
  for index in heaviestFirst(costs) { assignment[index] = balance.assign(cost: costs[index], timePerCost: timePerCost) }
  return assignment
}

/// Indices of the costs from the highest to the lowest, equal ones by index.
func heaviestFirst(_ costs: [Int]) -> [Int] {
  costs.indices.sorted { (-costs[$0], $0) < (-costs[$1], $1) }
}
