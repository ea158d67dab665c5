import Datasets
import Tensors
import Testing

private func someWidths(_ count: Int) -> [Int] {
  var random = KeyedRandom(seed: 5, purpose: .test)
  return (0..<count).map { _ in 20 + random.integer(below: 300) }
}

/// The micro-batches of each step of an epoch.
func steps(of plan: BatchPlan, batchSize: Int, microBatch: Int) -> [ArraySlice<ArraySlice<Int32>>] {
  let calendar = StepCalendar(draws: plan.samples.count, batchSize: BatchSize(batchSize), microBatch: microBatch)
  return (0..<calendar.steps(forImages: calendar.draws)).map { plan.microBatches[calendar.place(of: $0).microBatches] }
}

@Suite struct BatchPlanTests {
  @Test(arguments: [(1, 8, 4), (7, 8, 4), (8, 8, 4), (9, 8, 4), (403, 8, 4), (1000, 6, 2), (950, 3, 3), (64, 64, 64)])
  func everySampleOnce(_ count: Int, _ batchSize: Int, _ microBatch: Int) throws {
    let widths = someWidths(count)
    let plan = try BatchPlan(seed: 3, epoch: 2, widths: widths, batchSize: batchSize, microBatch: microBatch)
    #expect(plan.samples.sorted() == (0..<Int32(count)).map { $0 })
    let steps = steps(of: plan, batchSize: batchSize, microBatch: microBatch)
    #expect(steps.count == (count + batchSize - 1) / batchSize)
    #expect(steps.flatMap { $0.flatMap { $0 } } == plan.samples)
    let images = steps.map { $0.reduce(0) { $0 + $1.count } }
    #expect(images.dropLast().allSatisfy { $0 == batchSize })
    #expect(images.last == count - (steps.count - 1) * batchSize)
    // Only the last micro-batch of all may be short.
    let sizes = steps.flatMap { $0.map(\.count) }
    #expect(sizes.dropLast().allSatisfy { $0 == microBatch } && sizes.allSatisfy { $0 > 0 && $0 <= microBatch })
  }

  @Test func noSamples() throws {
    #expect(try BatchPlan(seed: 1, epoch: 0, widths: [], batchSize: 4, microBatch: 2).microBatches.isEmpty)
  }

  @Test func sizesThatDoNotFit() {
    for (batch, micro) in [(8, 3), (0, 1), (4, 0), (-4, -2), (4, 8)] {
      let error = dataSetError {
        _ = try BatchPlan(seed: 1, epoch: 0, widths: [1], batchSize: batch, microBatch: micro)
      }
      #expect(error?.description.contains("\(batch)") == true)
    }
  }

  @Test func isPureAndDependsOnSeedAndEpoch() throws {
    let widths = someWidths(500)
    func samples(_ seed: UInt64, _ epoch: Int) throws -> [Int32] {
      try BatchPlan(seed: seed, epoch: epoch, widths: widths, batchSize: 16, microBatch: 4).samples
    }
    #expect(try samples(1, 0) == samples(1, 0))
    let plans = try [samples(1, 0), samples(1, 1), samples(2, 0), samples(1 << 40, 0)]
    #expect(Set(plans).count == 4)
  }

  /// Plans of known keys, computed by another implementation (Python, of Philox too): a change of the rule would break
  /// resuming.
  @Test func knownPlans() throws {
    let small = try BatchPlan(
      seed: (7 << 32) + 1, epoch: 3, widths: [50, 40, 30, 20, 10, 60, 70, 80, 90], batchSize: 4, microBatch: 2)
    #expect(small.samples == [4, 3, 2, 1, 6, 7, 0, 5, 8])
    #expect(steps(of: small, batchSize: 4, microBatch: 2)[2] == [[8]])
    // Three pools, the last of them short.
    let widths = (0..<457).map { $0 * 7919 % 211 }
    let large = try BatchPlan(seed: 1, epoch: 2, widths: widths, batchSize: 4, microBatch: 2)
    #expect(large.samples.prefix(12) == [193, 404, 186, 397, 409, 36, 206, 417, 32, 243, 72, 202])
    #expect(large.samples.suffix(5) == [57, 268, 327, 246, 388])
    #expect(large.samples.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) } == 23_649_292)
  }

  @Test func neighborsAreAboutEquallyWide() throws {
    let widths = someWidths(8000)
    let plan = try BatchPlan(seed: 1, epoch: 0, widths: widths, batchSize: 32, microBatch: 8)
    var spread = 0
    for start in stride(from: 0, to: 8000, by: 8) {
      let group = plan.samples[start..<start + 8].map { widths[Int($0)] }
      #expect(group == group.sorted())
      spread += group.max()! - group.min()!
    }
    // 1600 samples of a pool over 300 widths: 8 neighbors span 1.5 pixels on average; unsorted it would be 230.
    #expect(spread / 1000 < 5)
    // Pools are drawn from the whole data set, and micro-batches are not in the order of their widths.
    let firstPool = plan.samples.prefix(1600)
    #expect(firstPool.contains { $0 < 800 } && firstPool.contains { $0 >= 7200 })
    let sums = stride(from: 0, to: 8000, by: 8).map { plan.samples[$0..<$0 + 8].reduce(0) { $0 + widths[Int($1)] } }
    let ascents = zip(sums, sums.dropFirst()).count { $0 < $1 }
    #expect((400...600).contains(ascents))
  }

  @Test func equalWidthsAreTakenByIndex() throws {
    let plan = try BatchPlan(
      seed: 9, epoch: 4, widths: [Int](repeating: 30, count: 12), batchSize: 12, microBatch: 12)
    #expect(plan.samples == (0..<12).map { $0 })
  }
}

@Suite struct AssignmentTests {
  @Test(arguments: 1...7) func everyMicroBatchHasOneRank(_ ranks: Int) throws {
    let widths = someWidths(333)
    let plan = try BatchPlan(seed: 1, epoch: 0, widths: widths, batchSize: 40, microBatch: 4)
    for step in steps(of: plan, batchSize: 40, microBatch: 4) {
      let costs = Array(plan.costs(widths: widths)[step.indices])
      #expect(costs == step.map { $0.reduce(0) { $0 + widths[Int($1)] } })
      let assignment = assignMicroBatches(costs: costs, ranks: ranks)
      #expect(assignment.count == costs.count)
      #expect(assignment.allSatisfy { (0..<ranks).contains($0) })
      #expect(assignment == assignMicroBatches(costs: costs, ranks: ranks))
      var loads = [Int](repeating: 0, count: ranks)
      for (rank, cost) in zip(assignment, costs) { loads[rank] += cost }
      #expect(loads.reduce(0, +) == costs.reduce(0, +))
      // Longest first: no rank has more than the least loaded one had when it got its last, smallest micro-batch.
      let (most, least) = (loads.max()!, loads.min()!)
      #expect(most - least <= costs.max()!)
    }
  }

  @Test func longestFirst() {
    #expect(assignMicroBatches(costs: [2, 3, 5, 4, 4], ranks: 2) == [0, 0, 0, 1, 1])
    #expect(assignMicroBatches(costs: [7, 7, 7], ranks: 5) == [0, 1, 2])
    #expect(assignMicroBatches(costs: [1, 9], ranks: 1) == [0, 0])
    #expect(assignMicroBatches(costs: [], ranks: 3) == [])
    #expect(assignMicroBatches(costs: [5, 5, 5, 5], ranks: 2) == [0, 1, 0, 1])
  }

  @Test func fastRanksTakeMore() {
    let even = [Int](repeating: 5, count: 12)
    func counts(_ timePerCost: [Double]) -> [Int] {
      let assignment = assignMicroBatches(costs: even, ranks: timePerCost.count, timePerCost: timePerCost)
      return timePerCost.indices.map { rank in assignment.count { $0 == rank } }
    }
    #expect(counts([1, 1]) == [6, 6])
    #expect(counts([1, 2]) == [8, 4])
    #expect(counts([3, 1, 3]) == [2, 8, 2])
    #expect(counts([1, 1.05]) == [6, 6], "a little noise moves nothing")
    #expect(counts([1, 100]) == [12, 0])
    #expect(assignMicroBatches(costs: [2, 3, 5, 4, 4], ranks: 2, timePerCost: [7, 7]) == [0, 0, 0, 1, 1])
  }
}

@Suite struct EvaluationPlanTests {
  @Test(arguments: 1...7) func coversAllSamplesOnAnyNumberOfRanks(_ ranks: Int) throws {
    let widths = someWidths(101)
    let plan = try EvaluationPlan(widths: widths, microBatch: 8)
    let order = plan.microBatches.flatMap { $0 }.map(Int.init)
    #expect(order.sorted() == Array(0..<101))
    #expect(zip(order, order.dropFirst()).allSatisfy { (widths[$0], $0) < (widths[$1], $1) })
    #expect(plan.costs == plan.microBatches.map { $0.reduce(0) { $0 + widths[Int($1)] } })
    let work = (0..<ranks).map { plan.work(rank: $0, ranks: ranks) }
    let numbers = work.flatMap { $0.map(\.microBatch) }
    #expect(numbers.sorted() == Array(0..<13))
    #expect(work.allSatisfy { $0.map(\.microBatch) == $0.map(\.microBatch).sorted() })
    #expect(work.joined().allSatisfy { $0.samples == plan.microBatches[$0.microBatch] })
  }
}

@Suite struct TrainingWorkTests {
  @Test(arguments: 1...4) func ranksTogetherHaveThePlan(_ ranks: Int) throws {
    let widths = someWidths(45)
    let range = 3..<17
    let work = try (0..<ranks).map {
      try Array(
        TrainingWork(
          seed: 4, widths: widths, batchSize: 8, microBatch: 2, steps: range, rank: $0, ranks: ranks))
    }
    var expected: [WorkItem] = []
    for step in range {
      let plan = try BatchPlan(seed: 4, epoch: step / 6, widths: widths, batchSize: 8, microBatch: 2)
      for (index, samples) in steps(of: plan, batchSize: 8, microBatch: 2)[step % 6].enumerated() {
        expected.append(WorkItem(epoch: step / 6, step: step, microBatch: index, samples: samples))
      }
    }
    let all = work.flatMap { $0 }.sorted { ($0.step, $0.microBatch) < ($1.step, $1.microBatch) }
    #expect(all == expected)
    for items in work { #expect(items.map(\.step) == items.map(\.step).sorted()) }
  }

  @Test func nothingToDo() throws {
    let none = try TrainingWork(seed: 1, widths: [9], batchSize: 2, microBatch: 1, steps: 5..<5, rank: 0, ranks: 1)
    #expect(Array(none).isEmpty)
    // The only micro-batch of each step goes to rank 0.
    let idle = try TrainingWork(seed: 1, widths: [9], batchSize: 2, microBatch: 1, steps: 0..<5, rank: 1, ranks: 2)
    #expect(Array(idle).isEmpty)
    #expect(
      dataSetError {
        _ = try TrainingWork(seed: 1, widths: [], batchSize: 2, microBatch: 1, steps: 0..<5, rank: 0, ranks: 1)
      } != nil)
    #expect(
      dataSetError {
        _ = try TrainingWork(seed: 1, widths: [1], batchSize: 0, microBatch: 1, steps: 0..<5, rank: 0, ranks: 1)
      } != nil)
  }
}
