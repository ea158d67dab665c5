/// How fast the ranks are, from the times that they told each other: the input of every rank is the same (integers that
/// were summed over all), and so is the result.
public struct RankSpeeds {
  /// Nanoseconds for a unit of cost, of each rank; empty before the first step.
  public private(set) var slowness: [Double] = []
  /// Sums over the steps so far, of which old ones count less and less.
  private var times: [Double]
  private var costs: [Double]

  /// A time that halves what was before it, in nanoseconds: longer than the slices in which a scheduler or a quota gives
  /// out a core (0.1 s), and short enough to follow a machine that others begin to use.
  private static let memory = 0.5e9
  /// A rank that has got no work is thought to be a little less slow with each step, until it gets some and shows it.
  private static let hope = 0.25

  public init(ranks: Int) {
    times = [Double](repeating: 0, count: ranks)
    costs = [Double](repeating: 0, count: ranks)
  }

  /// Adds a step.
  ///
  /// - Parameters:
  ///   - time: nanoseconds that a rank took for its micro-batches, loading included.
  ///   - cost: of these micro-batches.
  public mutating func add(time: (_ rank: Int) -> Int64, cost: (_ rank: Int) -> Int) {
    if slowness.isEmpty { slowness = [Double](repeating: 0, count: times.count) }
    var longest = 0.0
    for rank in times.indices { longest = max(longest, Double(time(rank))) }
    let kept = RankSpeeds.memory / (RankSpeeds.memory + longest)
    var (allTimes, allCosts) = (0.0, 0.0)
    for rank in times.indices where cost(rank) > 0 {
      times[rank] = kept * times[rank] + max(1, Double(time(rank)))
      costs[rank] = kept * costs[rank] + Double(cost(rank))
      slowness[rank] = times[rank] / costs[rank]
      (allTimes, allCosts) = (allTimes + times[rank], allCosts + costs[rank])
    }
    guard allCosts > 0 else { return }
    let mean = allTimes / allCosts
    for rank in times.indices where cost(rank) == 0 {
      // One of which nothing is known yet is thought to be like the others.
      slowness[rank] =
        slowness[rank] == 0 ? mean : slowness[rank] + (mean - slowness[rank]) * (1 - kept) * RankSpeeds.hope
      costs[rank] *= kept
      times[rank] = slowness[rank] * costs[rank]
    }
  }
}
