/// Assigns the steps of a run to the ranks: the micro-batches of a step, and those of this rank.
///
/// The plan of an epoch is built when its first step is scheduled; the steps themselves allocate nothing.
struct StepScheduler {
  let work: TrainingWork
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
  private var place: StepCalendar.Place?
  /// Images of that step: the divisor of its gradients.
  private(set) var imageCount = 0
  /// Micro-batches of that step, over all ranks.
  private(set) var microBatchCount = 0
  /// This rank's micro-batches of that step, ascending: indices into those of the epoch.
  private(set) var localMicroBatches: [Int] = []
  /// The cost assigned to each rank in that step.
  var loads: [Int] { balance.loads }

  init(_ work: TrainingWork) {
    self.work = work
    balance = LongestFirstAssignment(ranks: work.ranks)
    let most = work.calendar.mostMicroBatches
    owners = [Int](repeating: 0, count: most)
    localMicroBatches.reserveCapacity(most)
  }

  /// - Parameter timePerCost: each rank's time per unit of cost; empty if all are equally fast.
  mutating func schedule(step number: Int, timePerCost: [Double]) {
    let place = work.calendar.place(of: number)
    let numbers = place.microBatches
    let plan = place.epoch == epoch ? self.plan! : begin(epoch: place.epoch, step: number)
    balance.begin()
    for index in numbers {
      let microBatch = order[index]
      owners[microBatch - numbers.lowerBound] = balance.assign(cost: costs[microBatch], timePerCost: timePerCost)
    }
    localMicroBatches.removeAll(keepingCapacity: true)
    for number in numbers where owners[number - numbers.lowerBound] == work.rank { localMicroBatches.append(number) }
    (step, self.place, microBatchCount) = (number, place, numbers.count)
    imageCount = plan.microBatches[numbers].reduce(0) { $0 + $1.count }
  }

  /// The work item of micro-batch `i` of ``localMicroBatches``.
  func item(_ i: Int) -> WorkItem { item(number: localMicroBatches[i]) }

  // MARK: Audits

  /// Whether ranks compute a micro-batch of each other in the last scheduled step.
  var isAudited: Bool { work.isAudited(step) }

  /// In an audited step: which of ``localMicroBatches`` another rank computes, too; nil if this rank has none.
  var auditedIndex: Int? {
    guard work.isAudited(step), !localMicroBatches.isEmpty else { return nil }
    return auditChoice(of: localMicroBatches.count)
  }

  /// In an audited step: what this rank computes for its neighbor, the next rank, too; nil if that one has nothing to do.
  var itemOfNeighbor: WorkItem? {
    guard work.isAudited(step), let numbers = place?.microBatches else { return nil }
    let neighbor = (work.rank + 1) % work.ranks
    let count = numbers.count { owners[$0 - numbers.lowerBound] == neighbor }
    guard count > 0 else { return nil }
    let chosen = auditChoice(of: count)
    return numbers.lazy.filter { owners[$0 - numbers.lowerBound] == neighbor }.dropFirst(chosen).first
      .map { item(number: $0) }
  }

  /// Another one at each audit, the same on all ranks.
  private func auditChoice(of count: Int) -> Int { step / work.auditEvery % count }

  /// - Parameter number: of a micro-batch of the epoch.
  private func item(number: Int) -> WorkItem {
    WorkItem(
      epoch: epoch, step: step, microBatch: number - place!.microBatches.lowerBound, samples: plan!.microBatches[number]
    )
  }

  /// Plans an epoch, from `step` on.
  private mutating func begin(epoch: Int, step: Int) -> BatchPlan {
    let calendar = work.calendar
    let plan = BatchPlan(
      checkedSeed: work.seed, epoch: epoch, widths: work.widths, batchSize: calendar.batchSize.first,
      microBatch: calendar.microBatch, mixture: work.mixture)
    (self.epoch, self.plan) = (epoch, plan)
    costs = plan.costs(widths: work.widths)
    order = Array(0..<plan.microBatches.count)
    var place = calendar.place(of: step)
    for next in step... {
      let numbers = place.microBatches
      order.replaceSubrange(numbers, with: heaviestFirst(Array(costs[numbers])).map { $0 + numbers.lowerBound })
      place = calendar.place(of: next + 1)
      if place.epoch != epoch { break }
    }
    return plan
  }
}
