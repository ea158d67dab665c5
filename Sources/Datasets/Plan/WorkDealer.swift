/// Deals the steps of a run while it goes on, two ahead of the one that is computed, so that the loader can prepare them: the
/// speeds of the ranks may be taken into account, see ``RankSpeeds``.
///
/// All ranks deal the same steps with the same speeds, so that every micro-batch is one rank's.
public final class WorkDealer {
  /// Steps dealt ahead of the current one.
  public static let lead = 2

  /// This rank's micro-batches, for its loader.
  public let queue: WorkQueue
  private var dealer: StepDealer
  /// The current step and those ahead of it: step s is at s % (lead + 1).
  private var dealt: [DealtStep]
  private let steps: Range<Int>
  private var next: Int
  private var current: Int

  private struct DealtStep {
    var imageCount = 0
    var microBatchCount = 0
    var mine = 0
    var loads: [Int]
  }

  public init(_ work: TrainingWork) {
    dealer = StepDealer(work)
    steps = work.steps
    (current, next) = (steps.lowerBound, steps.lowerBound)
    let empty = DealtStep(loads: [Int](repeating: 0, count: work.ranks))
    dealt = [DealtStep](repeating: empty, count: WorkDealer.lead + 1)
    // A copy of its own for each, made now.
    for place in dealt.indices { dealt[place].loads[0] = 0 }
    queue = WorkQueue(capacity: (WorkDealer.lead + 1) * (work.batchSize / work.microBatch))
    for _ in dealt { deal(slowness: []) }
  }

  /// Images of the current step.
  public var imageCount: Int { dealt[place].imageCount }
  /// Micro-batches of the current step, over all ranks.
  public var microBatchCount: Int { dealt[place].microBatchCount }
  /// How many of them are this rank's: the next ones of ``queue``.
  public var mine: Int { dealt[place].mine }
  /// The cost that a rank has in the current step.
  public func cost(ofRank rank: Int) -> Int { dealt[place].loads[rank] }

  /// The current step is done. Deals another one, if there is one.
  ///
  /// - Parameter slowness: time for a unit of cost, of each rank, the same on all ranks; empty when all are equally fast.
  public func advance(slowness: [Double]) {
    precondition(current < steps.upperBound, "there is no step left")
    current += 1
    deal(slowness: slowness)
  }

  /// Where the current step is in ``dealt``.
  private var place: Int {
    precondition(current < steps.upperBound, "there is no step left")
    return current % dealt.count
  }

  private func deal(slowness: [Double]) {
    guard next < steps.upperBound else { return queue.finish() }
    dealer.deal(step: next, slowness: slowness)
    let place = next % dealt.count
    (dealt[place].imageCount, dealt[place].microBatchCount) = (dealer.imageCount, dealer.microBatchCount)
    dealt[place].mine = dealer.mine.count
    for (rank, load) in dealer.loads.enumerated() { dealt[place].loads[rank] = load }
    for i in dealer.mine.indices { queue.append(dealer.item(i)) }
    next += 1
  }
}
