/// Assigns the micro-batches of a step to ranks so that all finish at about the same time: longest processing time
/// first (Graham 1969), each to the rank that would finish it earliest; ties go to the lower rank. The result is a
/// function of the arguments only. The assignment does not change the bits of the training.
///
/// It allocates nothing after its initializer.
///
/// - Complexity: of a micro-batch, O(log ranks) if all ranks are equally fast, else O(ranks).
struct LongestFirstAssignment {
  /// The cost assigned to each rank.
  private(set) var loads: [Int]
  /// All ranks as a binary heap: no rank is before its parent. Valid in a step in which all ranks are equally fast.
  private var heap: [Int]

  init(ranks: Int) {
    precondition(ranks > 0)
    loads = [Int](repeating: 0, count: ranks)
    heap = Array(0..<ranks)
  }

  /// Resets the costs for a new step.
  mutating func begin() {
    for rank in loads.indices { (loads[rank], heap[rank]) = (0, rank) }
  }

  /// Assigns a micro-batch; those of a step must come in order of decreasing cost, with the same kind of speeds.
  ///
  /// - Parameter timePerCost: each rank's time per unit of cost; empty if all are equally fast.
  /// - Returns: its rank.
  mutating func assign(cost: Int, timePerCost: [Double]) -> Int {
    precondition(timePerCost.isEmpty || timePerCost.count == loads.count)
    let best = timePerCost.isEmpty ? heap[0] : earliest(cost: cost, timePerCost)
    loads[best] += cost
    if timePerCost.isEmpty { sinkFirst() }
    return best
  }

  private func earliest(cost: Int, _ timePerCost: [Double]) -> Int {
    var (best, earliest) = (0, Double.infinity)
    for rank in loads.indices {
      let done = Double(loads[rank] + cost) * timePerCost[rank]
      if done < earliest { (best, earliest) = (rank, done) }
    }
    return best
  }

  /// Moves the first rank of the heap, whose load has grown, to its place.
  private mutating func sinkFirst() {
    func comesBefore(_ a: Int, _ b: Int) -> Bool { (loads[a], a) < (loads[b], b) }
    var place = 0
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, comesBefore(heap[child + 1], heap[child]) { child += 1 }
      guard comesBefore(heap[child], heap[place]) else { return }
      heap.swapAt(place, child)
      place = child
    }
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
