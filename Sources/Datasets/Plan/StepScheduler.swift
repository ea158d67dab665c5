/// Assigns the steps of a run to the ranks: the micro-batches of a step, and those of this rank.
///
/// The plan of an epoch is built when its first step is scheduled; the steps themselves allocate nothing.
struct StepScheduler {
  let work: TrainingWork
  private let stepsPerEpoch: Int
  /// The epoch of ``plan``.
  private var epoch = -1
  private var plan: BatchPlan?
  /// The cost of each micro-batch of the epoch.
  private var costs: [Int] = []
  /// Micro-batches of the epoch, grouped by step; within a step the most expensive first.
  private var order: [Int] = []
  private var balance: LongestFirstAssignment
  /// Rank of each micro-batch of the step.
  private var owners: [Int]

  /// The last scheduled step, counted over the run.
  private(set) var step = -1
  /// Images of that step.
  private(set) var imageCount = 0
  /// Micro-batches of that step, over all ranks.
  private(set) var microBatchCount = 0
  /// This rank's micro-batches of that step, ascending: indices into those of the epoch.
  private(set) var localMicroBatches: [Int] = []
  /// The cost assigned to each rank in that step.
  var loads: [Int] { balance.loads }

  init(_ work: TrainingWork) {
    self.work = work
    stepsPerEpoch = BatchPlan.stepCount(samples: work.mixture.drawCount, batchSize: work.batchSize)
    balance = LongestFirstAssignment(ranks: work.ranks)
    let most = work.batchSize / work.microBatch
    owners = [Int](repeating: 0, count: most)
    localMicroBatches.reserveCapacity(most)
  }

  /// - Parameter timePerCost: each rank's time per unit of cost; empty if all are equally fast.
  mutating func schedule(step number: Int, timePerCost: [Double]) {
    let (epoch, index) = number.quotientAndRemainder(dividingBy: stepsPerEpoch)
    let plan = epoch == self.epoch ? self.plan! : begin(epoch: epoch)
    let step = plan.step(index)
    let numbers = step.microBatches.indices
    balance.begin()
    for place in numbers {
      let microBatch = order[place]
      owners[microBatch - numbers.lowerBound] = balance.assign(cost: costs[microBatch], timePerCost: timePerCost)
    }
    localMicroBatches.removeAll(keepingCapacity: true)
    for number in numbers where owners[number - numbers.lowerBound] == work.rank { localMicroBatches.append(number) }
    (self.step, imageCount, microBatchCount) = (number, step.imageCount, numbers.count)
  }

  /// The work item of micro-batch `i` of ``localMicroBatches``.
  func item(_ i: Int) -> WorkItem {
    let (step, number) = localMicroBatches[i].quotientAndRemainder(dividingBy: plan!.microBatchesPerStep)
    return WorkItem(
      epoch: epoch, step: epoch * stepsPerEpoch + step, microBatch: number,
      samples: plan!.microBatches[localMicroBatches[i]])
  }

  private mutating func begin(epoch: Int) -> BatchPlan {
    let plan = BatchPlan(
      checkedSeed: work.seed, epoch: epoch, widths: work.widths, batchSize: work.batchSize,
      microBatch: work.microBatch, mixture: work.mixture)
    (self.epoch, self.plan) = (epoch, plan)
    costs = plan.costs(widths: work.widths)
    order = (0..<plan.stepCount).flatMap { index in
      let numbers = plan.step(index).microBatches.indices
      return heaviestFirst(Array(costs[numbers])).map { $0 + numbers.lowerBound }
    }
    return plan
  }
}
