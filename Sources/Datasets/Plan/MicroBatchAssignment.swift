/// Deals the micro-batches of a step to ranks so that all are done at about the same time: longest processing time first
/// (Graham 1969), each to the rank that would be done with it earliest; equal ones go to the lower rank. The result is a
/// function of the arguments only. Which rank computes what changes no bit of the training.
///
/// It takes no memory after its initializer.
struct LoadBalance {
  /// The cost that each rank has.
  private(set) var loads: [Int]

  init(ranks: Int) {
    precondition(ranks > 0)
    loads = [Int](repeating: 0, count: ranks)
  }

  /// Begins a step.
  mutating func begin() {
    for rank in loads.indices { loads[rank] = 0 }
  }

  /// Deals a micro-batch; those of a step come with falling cost.
  ///
  /// - Parameter slowness: time for a unit of cost, of each rank; empty when all are equally fast.
  /// - Returns: its rank.
  mutating func deal(cost: Int, slowness: [Double]) -> Int {
    precondition(slowness.isEmpty || slowness.count == loads.count)
    var (best, earliest) = (0, Double.infinity)
    for rank in loads.indices {
      let done = Double(loads[rank] + cost) * (slowness.isEmpty ? 1 : slowness[rank])
      if done < earliest { (best, earliest) = (rank, done) }
    }
    loads[best] += cost
    return best
  }
}

/// The rank of each of the micro-batches of a step, see ``LoadBalance``.
///
/// - Parameters:
///   - costs: of each micro-batch, for example the sum of its images' widths; equal ones are dealt by index.
///   - slowness: time for a unit of cost, of each rank; empty when all are equally fast.
public func assignMicroBatches(costs: [Int], ranks: Int, slowness: [Double] = []) -> [Int] {
  var (balance, assignment) = (LoadBalance(ranks: ranks), [Int](repeating: 0, count: costs.count))
  for index in heaviestFirst(costs) { assignment[index] = balance.deal(cost: costs[index], slowness: slowness) }
  return assignment
}

/// Indices of the costs from the highest to the lowest, equal ones by index.
func heaviestFirst(_ costs: [Int]) -> [Int] {
  costs.indices.sorted { (-costs[$0], $0) < (-costs[$1], $1) }
}
