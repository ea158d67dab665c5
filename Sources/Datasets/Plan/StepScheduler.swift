/// Assigns the steps of a run to the ranks: which micro-batches a step has, and which of them are this rank's.
///
/// The plan of an epoch is made when a step of it is scheduled for the first time; the steps themselves take no memory.
struct StepScheduler {
  let work: TrainingWork
  private let stepsPerEpoch: Int
  /// The epoch of ``plan``.
  private var epoch = -1
  private var plan: BatchPlan?
  /// Of each micro-batch of the epoch.
  private var costs: [Int] = []
  /// Micro-batches of the epoch: each step's together, the costly ones first.
  private var order: [Int] = []
  private var balance: LongestFirstAssignment
  /// Rank of each micro-batch of the step.
  private var owners: [Int]

  /// The step that was scheduled last, counted over the run.
  private(set) var step = -1
  /// Images of that step.
  private(set) var imageCount = 0
  /// Micro-batches of that step, over all ranks.
  private(set) var microBatchCount = 0
  /// This rank's micro-batches of it, ascending: indices into those of the epoch.
  private(set) var localMicroBatches: [Int] = []
  /// Cost that each rank has in it.
  var loads: [Int] { balance.loads }

  init(_ work: TrainingWork) {
    self.work = work
    stepsPerEpoch = BatchPlan.stepCount(samples: work.mixture.drawCount, batchSize: work.batchSize)
    balance = LongestFirstAssignment(ranks: work.ranks)
    let most = work.batchSize / work.microBatch
    owners = [Int](repeating: 0, count: most)
    localMicroBatches.reserveCapacity(most)
  }

  /// - Parameter timePerCost: time for a unit of cost, of each rank; empty when all are equally fast.
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

  /// The work on micro-batch `i` of ``localMicroBatches``.
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
