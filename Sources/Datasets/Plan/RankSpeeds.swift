/// Estimates the speed of each rank from the times that ranks share. The input is the same on every rank (integers that
/// were summed over all), and so is the result.
package struct RankSpeeds {
  /// Each rank's nanoseconds per unit of cost; empty before the first step.
  package private(set) var timePerCost: [Double] = []
  /// Sums over the steps so far, with exponentially decaying weights.
  private var times: [Double]
  private var costs: [Double]

  /// The time, in nanoseconds, after which older measurements count half. It is longer than the time slices of a
  /// scheduler or a quota (0.1 s), and short enough to follow a machine whose load changes.
  private static let halfLife = 0.5e9
  /// An idle rank's time per cost moves towards the mean by this share in each half-life, so that the rank eventually
  /// gets work and is measured again.
  private static let idleRecovery = 0.25

  package init(ranks: Int) {
    times = [Double](repeating: 0, count: ranks)
    costs = [Double](repeating: 0, count: ranks)
  }

  /// Adds a step.
  ///
  /// - Parameters:
  ///   - time: nanoseconds that a rank took for its micro-batches, loading included.
  ///   - cost: the cost of these micro-batches.
  package mutating func add(time: (_ rank: Int) -> Int64, cost: (_ rank: Int) -> Int) {
    if timePerCost.isEmpty { timePerCost = [Double](repeating: 0, count: times.count) }
    var longest = 0.0
    for rank in times.indices { longest = max(longest, Double(time(rank))) }
    let kept = RankSpeeds.halfLife / (RankSpeeds.halfLife + longest)
    var (allTimes, allCosts) = (0.0, 0.0)
    for rank in times.indices where cost(rank) > 0 {
      times[rank] = kept * times[rank] + max(1, Double(time(rank)))
      costs[rank] = kept * costs[rank] + Double(cost(rank))
      timePerCost[rank] = times[rank] / costs[rank]
      (allTimes, allCosts) = (allTimes + times[rank], allCosts + costs[rank])
    }
    guard allCosts > 0 else { return }
    let mean = allTimes / allCosts
    for rank in times.indices where cost(rank) == 0 {
      // A rank without measurements gets the mean of the others.
      timePerCost[rank] =
        timePerCost[rank] == 0
        ? mean : timePerCost[rank] + (mean - timePerCost[rank]) * (1 - kept) * RankSpeeds.idleRecovery
      costs[rank] *= kept
      times[rank] = timePerCost[rank] * costs[rank]
    }
  }
}
