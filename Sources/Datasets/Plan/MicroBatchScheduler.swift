/// Assigns the micro-batches of a run to ranks, two steps ahead of the current one, so that the loader can prefetch
/// them. It can balance the load by the speeds of the ranks, see ``RankSpeeds``.
///
/// All ranks assign the same steps with the same speeds, so that every micro-batch is assigned to exactly one rank.
package final class MicroBatchScheduler {
  /// Steps that are scheduled ahead of the current one.
  package static let lead = 2

  /// This rank's micro-batches, for its loader.
  package let queue: WorkQueue
  private var scheduler: StepScheduler
  /// The current step and those ahead of it: step s is at s % (lead + 1).
  private var scheduled: [ScheduledStep]
  private let steps: Range<Int>
  private var next: Int
  private var current: Int

  private struct ScheduledStep {
    var imageCount = 0
    var microBatchCount = 0
    var localCount = 0
    var isAudited = false
    var auditedIndex: Int?
    var auditsNeighbor = false
    var loads: [Int]
  }

  package init(_ work: TrainingWork) {
    scheduler = StepScheduler(work)
    steps = work.steps
    (current, next) = (steps.lowerBound, steps.lowerBound)
    let empty = ScheduledStep(loads: [Int](repeating: 0, count: work.ranks))
    scheduled = [ScheduledStep](repeating: empty, count: MicroBatchScheduler.lead + 1)
    // Writing forces each copy-on-write array to be unique now, not within a step.
    for place in scheduled.indices { scheduled[place].loads[0] = 0 }
    queue = WorkQueue(capacity: (MicroBatchScheduler.lead + 1) * (work.calendar.mostMicroBatches + 1))
    for _ in scheduled { schedule(timePerCost: []) }
  }

  /// Images of the current step.
  package var imageCount: Int { scheduled[place].imageCount }
  /// Micro-batches of the current step, over all ranks.
  package var microBatchCount: Int { scheduled[place].microBatchCount }
  /// This rank's micro-batches of the current step: the next ones of ``queue``, after the neighbor's if
  /// ``auditsNeighbor``.
  package var localCount: Int { scheduled[place].localCount }
  /// Whether ranks compute a micro-batch of each other in the current step; the same on all ranks.
  package var isAudited: Bool { scheduled[place].isAudited }
  /// The one of this rank's micro-batches that another rank computes, too, in the current step.
  package var auditedIndex: Int? { scheduled[place].auditedIndex }
  /// Whether the next item of ``queue`` is a micro-batch of the next rank, which this rank only computes.
  package var auditsNeighbor: Bool { scheduled[place].auditsNeighbor }
  /// The cost assigned to a rank in the current step.
  package func cost(ofRank rank: Int) -> Int { scheduled[place].loads[rank] }

  /// Ends the current step and schedules another one, if any is left.
  ///
  /// - Parameter timePerCost: each rank's time per unit of cost, the same on all ranks; empty if all are equally fast.
  package func advance(timePerCost: [Double]) {
    precondition(current < steps.upperBound, "there is no step left")
    current += 1
    schedule(timePerCost: timePerCost)
  }

  /// The index of the current step in ``scheduled``.
  private var place: Int {
    precondition(current < steps.upperBound, "there is no step left")
    return current % scheduled.count
  }

  private func schedule(timePerCost: [Double]) {
    guard next < steps.upperBound else { return queue.finish() }
    scheduler.schedule(step: next, timePerCost: timePerCost)
    let place = next % scheduled.count
    (scheduled[place].imageCount, scheduled[place].microBatchCount) = (scheduler.imageCount, scheduler.microBatchCount)
    scheduled[place].localCount = scheduler.localMicroBatches.count
    for (rank, load) in scheduler.loads.enumerated() { scheduled[place].loads[rank] = load }
    (scheduled[place].isAudited, scheduled[place].auditedIndex) = (scheduler.isAudited, scheduler.auditedIndex)
    let audit = scheduler.itemOfNeighbor
    scheduled[place].auditsNeighbor = audit != nil
    if let audit { queue.append(audit) }
    for i in scheduler.localMicroBatches.indices { queue.append(scheduler.item(i)) }
    next += 1
  }
}
