import Datasets
import Tensors
import Testing

/// Longest processing time first, against all assignments that there are.
@Suite struct MicroBatchAssignmentTests {
  private struct Input {
    let costs: [Int]
    let timePerCost: [Double]

    /// When the last rank is done.
    func time(_ assignment: [Int]) -> Double {
      var times = [Double](repeating: 0, count: timePerCost.count)
      for (cost, rank) in zip(costs, assignment) { times[rank] += Double(cost) * timePerCost[rank] }
      return times.max() ?? 0
    }

    /// The time of the best assignment.
    func leastTime() -> Double {
      var best = Double.infinity
      var assignment = [Int](repeating: 0, count: costs.count)
      func assign(_ i: Int) {
        if i == costs.count {
          best = min(best, time(assignment))
          return
        }
        for rank in timePerCost.indices {
          assignment[i] = rank
          assign(i + 1)
        }
      }
      assign(0)
      return best
    }
  }

  private func inputs(isEven: Bool) -> [Input] {
    var random = KeyedRandom(seed: 21, purpose: .test, stream: isEven ? 0 : 1)
    return (0..<60).map { _ in
      let ranks = 1 + random.integer(below: 3)
      return Input(
        costs: (0..<random.integer(below: 8)).map { _ in 1 + random.integer(below: 12) },
        timePerCost: (0..<ranks).map { _ in isEven ? 1 : Double(1 + random.integer(below: 5)) })
    }
  }

  /// Graham 1969: at most 4/3 - 1/(3 P) of the least time for P equal ranks.
  @Test func nearTheBestOfAllAssignments() {
    var worst = 0.0
    for input in inputs(isEven: true) {
      let ranks = input.timePerCost.count
      let assignment = assignMicroBatches(costs: input.costs, ranks: ranks)
      #expect(assignment.count == input.costs.count && assignment.allSatisfy((0..<ranks).contains))
      let (time, least) = (input.time(assignment), input.leastTime())
      #expect(!(time < least) && !(time > least * (4 - 1 / Double(ranks)) / 3 + 1e-9), "\(input)")
      if least > 0 { worst = max(worst, time / least) }
    }
    #expect(worst > 1, "an input that the rule does not solve best")
  }

  /// Gonzalez, Ibarra and Sahni 1977: at most 2 P / (P + 1) of the least time for ranks of different speed.
  @Test func nearTheBestOfAllAssignmentsToUnequalRanks() {
    for input in inputs(isEven: false) {
      let ranks = input.timePerCost.count
      let assignment = assignMicroBatches(costs: input.costs, ranks: ranks, timePerCost: input.timePerCost)
      let (time, least) = (input.time(assignment), input.leastTime())
      #expect(!(time < least) && !(time > least * 2 * Double(ranks) / Double(ranks + 1) + 1e-9), "\(input)")
    }
  }

  @Test func knownAssignments() {
    #expect(assignMicroBatches(costs: [7, 6, 5, 4, 3], ranks: 2) == [0, 1, 1, 0, 0])
    #expect(assignMicroBatches(costs: [3, 4, 5, 6, 7], ranks: 2) == [0, 0, 1, 1, 0])
    #expect(assignMicroBatches(costs: [], ranks: 3) == [])
    #expect(assignMicroBatches(costs: [9], ranks: 3) == [0])
    // Rank 0 takes three times as long: it gets a piece only when the other would be later.
    #expect(assignMicroBatches(costs: [4, 4, 4, 4], ranks: 2, timePerCost: [3, 1]) == [1, 1, 0, 1])
    #expect(assignMicroBatches(costs: [8, 1, 5], ranks: 2, timePerCost: [1, 1e9]) == [0, 0, 0])
  }

  /// Equal micro-batches go by index, equal ranks by number.
  @Test func tiesGoToTheLowerRank() {
    #expect(assignMicroBatches(costs: [5, 5, 5, 5, 5], ranks: 3) == [0, 1, 2, 0, 1])
    #expect(assignMicroBatches(costs: [5, 5, 5], ranks: 3, timePerCost: [2, 2, 2]) == [0, 1, 2])
    #expect(assignMicroBatches(costs: [1, 5, 1, 5], ranks: 2) == [0, 0, 1, 1])
  }

  /// The ranks' loads depend on the costs, not on the order they are given in.
  @Test func theOrderOfTheCostsDoesNotMatter() {
    var random = KeyedRandom(seed: 22, purpose: .test)
    for input in inputs(isEven: false) {
      var costs = input.costs
      func loads() -> [Int] {
        let assignment = assignMicroBatches(
          costs: costs, ranks: input.timePerCost.count, timePerCost: input.timePerCost)
        return input.timePerCost.indices.map { rank in
          zip(costs, assignment).reduce(0) { $0 + ($1.1 == rank ? $1.0 : 0) }
        }
      }
      let first = loads()
      random.shuffle(&costs)
      #expect(loads() == first, "\(input)")
    }
  }

  /// Ranks that are equally fast by measure get what ranks get that are not measured: the heap is the search through all.
  @Test func equalSpeedsAreNoSpeeds() {
    var random = KeyedRandom(seed: 29, purpose: .test)
    for ranks in [1, 2, 3, 7, 64, 100] {
      for count in [1, ranks, 3 * ranks + 1] {
        let costs = (0..<count).map { _ in 1 + random.integer(below: 40) }
        let searched = assignMicroBatches(
          costs: costs, ranks: ranks, timePerCost: [Double](repeating: 1, count: ranks))
        #expect(assignMicroBatches(costs: costs, ranks: ranks) == searched, "\(ranks) ranks, \(count) micro-batches")
      }
    }
  }
}

/// The steps of a run, scheduled to several ranks, one process after the other.
@Suite struct StepDealingTests {
  static let (seed, batchSize, microBatch) = (UInt64(5), 12, 3)

  private static func widths() -> [Int] {
    var random = KeyedRandom(seed: 23, purpose: .test)
    return (0..<47).map { _ in 8 + random.integer(below: 90) }
  }

  /// What each rank does in each step. `timePerCost` is that of step s, given after it was done.
  private func schedule(steps: Range<Int>, ranks: Int, timePerCost: (Int) -> [Double]) throws -> [[[WorkItem]]] {
    let widths = Self.widths()
    return try (0..<ranks).map { rank in
      let work = try TrainingWork(
        seed: Self.seed, widths: widths, batchSize: BatchSize(Self.batchSize), microBatch: Self.microBatch,
        steps: steps,
        rank: rank, ranks: ranks)
      let scheduler = MicroBatchScheduler(work)
      let items = scheduler.queue.makeIterator()
      return try steps.map { step in
        let mine = try (0..<scheduler.localCount).map { _ in try #require(items.next()) }
        let cost = mine.reduce(0) { $0 + $1.samples.reduce(0) { $0 + widths[Int($1)] } }
        #expect(scheduler.cost(ofRank: rank) == cost, "rank \(rank), step \(step)")
        // Four steps of an epoch; the last one has 11 images.
        #expect(scheduler.imageCount == (step % 4 == 3 ? 11 : 12) && scheduler.microBatchCount == 4)
        scheduler.advance(timePerCost: timePerCost(step))
        return mine
      }
    }
  }

  private static let speeds: @Sendable (Int) -> [Double] = { $0 % 3 == 0 ? [] : [1, Double($0 % 5 + 1), 2] }

  /// Each micro-batch of a step is one rank's, in the order of their numbers, whatever the speeds.
  @Test func everyMicroBatchIsOneRanks() throws {
    let scheduled = try schedule(steps: 0..<9, ranks: 3, timePerCost: Self.speeds)
    for step in 0..<9 {
      let plan = try BatchPlan(
        seed: Self.seed, epoch: step / 4, widths: Self.widths(), batchSize: Self.batchSize,
        microBatch: Self.microBatch)
      let planned = DatasetsTests.steps(of: plan, batchSize: Self.batchSize, microBatch: Self.microBatch)[step % 4]
      for rank in 0..<3 {
        let numbers = scheduled[rank][step].map(\.microBatch)
        #expect(numbers == numbers.sorted(), "rank \(rank), step \(step)")
      }
      let items = scheduled.flatMap { $0[step] }.sorted { $0.microBatch < $1.microBatch }
      #expect(items.map(\.microBatch) == [0, 1, 2, 3])
      #expect(items.map(\.samples) == Array(planned))
      #expect(items.allSatisfy { $0.step == step && $0.epoch == step / 4 })
    }
    let slow = (0..<9).map { scheduled[1][$0].count }
    #expect(Set(slow).count > 1, "speeds make a difference: \(slow)")
  }

  /// A step is scheduled with the speeds that were known two steps before.
  @Test func stepsAreDealtTwoAhead() throws {
    let even = try schedule(steps: 0..<5, ranks: 3) { _ in [] }
    let late = try schedule(steps: 0..<5, ranks: 3) { $0 == 0 ? [1, 1e9, 1e9] : [] }
    for step in [0, 1, 2, 4] { #expect(late.map { $0[step] } == even.map { $0[step] }, "step \(step)") }
    #expect(late.map { $0[3].count } == [4, 0, 0])
  }

  /// A run that goes on from a checkpoint has the same steps.
  @Test func stepsDoNotDependOnTheFirst() throws {
    let whole = try schedule(steps: 0..<9, ranks: 2) { _ in [] }
    let rest = try schedule(steps: 5..<9, ranks: 2) { _ in [] }
    #expect(rest == whole.map { Array($0[5...]) })
  }

  /// Every 6 steps, in the last one, and before checkpoints that are not too near to each other.
  @Test func checkpointsAreAudited() throws {
    func audited(samples: Int, checkpointEvery: Int?) throws -> [Int] {
      var work = try TrainingWork(
        seed: 1, widths: [Int](repeating: 40, count: samples), batchSize: BatchSize(4), microBatch: 2, steps: 0..<16,
        rank: 0, ranks: 2)
      (work.auditEvery, work.checkpointEvery) = (6, checkpointEvery)
      return (0..<16).filter(work.isAudited)
    }
    #expect(try audited(samples: 100, checkpointEvery: 100) == [5, 11, 15])
    #expect(try audited(samples: 100, checkpointEvery: 4) == [3, 5, 7, 11, 15])
    #expect(try audited(samples: 100, checkpointEvery: 2) == [5, 11, 15])
    // Epochs of 7 and of 2 steps.
    #expect(try audited(samples: 26, checkpointEvery: nil) == [5, 6, 11, 13, 15])
    #expect(try audited(samples: 8, checkpointEvery: nil) == [5, 11, 15])
  }

  /// In audited steps, and only there, each rank first gets the micro-batch of the next rank that this one has marked.
  @Test(arguments: [1, 2, 3, 6]) func auditsAreOfTheNeighbor(ranks: Int) throws {
    var (audited, own): ([[WorkItem?]], [[WorkItem?]]) = ([], [])
    for rank in 0..<ranks {
      var work = try TrainingWork(
        seed: Self.seed, widths: Self.widths(), batchSize: BatchSize(Self.batchSize), microBatch: Self.microBatch,
        steps: 0..<8, rank: rank, ranks: ranks)
      (work.auditEvery, work.checkpointEvery) = (3, 5)
      let scheduler = MicroBatchScheduler(work)
      let items = scheduler.queue.makeIterator()
      var (others, mine): ([WorkItem?], [WorkItem?]) = ([], [])
      for step in 0..<8 {
        #expect(scheduler.isAudited == [2, 4, 5, 7].contains(step))
        #expect(scheduler.isAudited || (!scheduler.auditsNeighbor && scheduler.auditedIndex == nil))
        others.append(scheduler.auditsNeighbor ? try #require(items.next()) : nil)
        let local = try (0..<scheduler.localCount).map { _ in try #require(items.next()) }
        #expect(local.allSatisfy { $0.step == step })
        mine.append(scheduler.auditedIndex.map { local[$0] })
        scheduler.advance(timePerCost: [])
      }
      #expect(items.next() == nil)
      audited.append(others)
      own.append(mine)
    }
    for rank in 0..<ranks { #expect(audited[rank] == own[(rank + 1) % ranks], "rank \(rank)") }
    #expect(own.joined().contains { $0 != nil })
  }
}
