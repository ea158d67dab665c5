/// What one rank computes of an epoch: every micro-batch of a ``BatchPlan`` belongs to one rank.
///
/// It is made once an epoch, so that the steps need no memory.
public struct RankPlan: Sendable {
  public let plan: BatchPlan
  /// This rank's micro-batches: indices into the plan's, ascending.
  let microBatches: [Int]
  /// Step s has `microBatches[starts[s] ..< starts[s + 1]]`.
  private let starts: [Int]

  /// - Parameter widths: those of the plan.
  public init(_ plan: BatchPlan, widths: [Int], rank: Int, ranks: Int) {
    self.plan = plan
    var (mine, starts) = ([Int](), [0])
    for index in 0..<plan.stepCount {
      let step = plan.step(index)
      let assignment = step.assignment(widths: widths, ranks: ranks)
      for (number, owner) in zip(step.microBatches.indices, assignment) where owner == rank { mine.append(number) }
      starts.append(mine.count)
    }
    (microBatches, self.starts) = (mine, starts)
  }

  /// How many micro-batches of a step the rank computes.
  public func count(ofStep step: Int) -> Int { starts[step + 1] - starts[step] }

  /// Where a step's micro-batches begin in ``microBatches``.
  func start(ofStep step: Int) -> Int { starts[step] }

  /// The work on the rank's micro-batch `i`, in an epoch that begins with step `firstStep` of the run.
  func item(_ i: Int, epoch: Int, firstStep: Int) -> WorkItem {
    let (step, number) = microBatches[i].quotientAndRemainder(dividingBy: plan.microBatchesPerStep)
    return WorkItem(
      epoch: epoch, step: firstStep + step, microBatch: number, samples: plan.microBatches[microBatches[i]])
  }
}
