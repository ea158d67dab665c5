/// Deals micro-batches to ranks so that the most loaded rank has little more than its share: longest processing time
/// first (Graham 1969), each to the least loaded rank. Equal costs are taken by index, equal loads by rank, so the result
/// is a function of the arguments only. Which rank computes what changes no bit of the training.
///
/// - Parameter costs: cost of each micro-batch, for example the sum of its images' widths.
/// - Returns: the rank of each micro-batch.
public func assignMicroBatches(costs: [Int], ranks: Int) -> [Int] {
  precondition(ranks > 0)
  var assignment = [Int](repeating: 0, count: costs.count)
  var loads = [Int](repeating: 0, count: ranks)
  for index in costs.indices.sorted(by: { (-costs[$0], $0) < (-costs[$1], $1) }) {
    var rank = 0
    for other in 1..<max(ranks, 1) where loads[other] < loads[rank] { rank = other }
    assignment[index] = rank
    loads[rank] += costs[index]
  }
  return assignment
}
