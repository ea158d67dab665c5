/// Assigns the micro-batches of a run to ranks while it goes on, two steps ahead of the one that is computed, so that the loader
/// can prefetch them. It may take the speeds of the ranks into account, see ``RankSpeeds``.
///
/// All ranks assign the same steps with the same speeds, so that every micro-batch belongs to one rank.
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
    var loads: [Int]
  }

  package init(_ work: TrainingWork) {
    scheduler = StepScheduler(work)
    steps = work.steps
    (current, next) = (steps.lowerBound, steps.lowerBound)
    let empty = ScheduledStep(loads: [Int](repeating: 0, count: work.ranks))
    scheduled = [ScheduledStep](repeating: empty, count: MicroBatchScheduler.lead + 1)
    // A copy of its own for each, made now.
    for place in scheduled.indices { scheduled[place].loads[0] = 0 }
    queue = WorkQueue(capacity: (MicroBatchScheduler.lead + 1) * (work.batchSize / work.microBatch))
    for _ in scheduled { schedule(timePerCost: []) }
  }

  /// Images of the current step.
  package var imageCount: Int { scheduled[place].imageCount }
  /// Micro-batches of the current step, over all ranks.
  package var microBatchCount: Int { scheduled[place].microBatchCount }
  /// How many of them are this rank's: the next ones of ``queue``.
  package var localCount: Int { scheduled[place].localCount }
  /// The cost that a rank has in the current step.
  package func cost(ofRank rank: Int) -> Int { scheduled[place].loads[rank] }

  /// The current step is done. Schedules another one, if there is one.
  ///
  /// - Parameter timePerCost: time for a unit of cost, of each rank, the same on all ranks; empty when all are equally fast.
  package func advance(timePerCost: [Double]) {
    precondition(current < steps.upperBound, "there is no step left")
    current += 1
    schedule(timePerCost: timePerCost)
  }

  /// Where the current step is in ``scheduled``.
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
    for i in scheduler.localMicroBatches.indices { queue.append(scheduler.item(i)) }
    next += 1
  }
}
