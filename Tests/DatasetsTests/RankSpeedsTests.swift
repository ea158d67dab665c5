import Datasets
import Foundation
import Testing

@Suite struct RankSpeedsTests {
  /// Trains on machines with the given nanoseconds for a unit of cost, for some steps of 12 micro-batches.
  ///
  /// - Returns: the micro-batches that each rank had in the last step.
  private func train(_ speeds: inout RankSpeeds, _ timePerCost: [Double], steps: Int, cost: Int = 100) -> [Int] {
    var counts: [Int] = []
    for _ in 0..<steps {
      let assignment = assignMicroBatches(
        costs: [Int](repeating: cost, count: 12), ranks: timePerCost.count, timePerCost: speeds.timePerCost)
      counts = timePerCost.indices.map { rank in assignment.count { $0 == rank } }
      speeds.add(time: { Int64(Double(counts[$0] * cost) * timePerCost[$0]) }, cost: { counts[$0] * cost })
    }
    return counts
  }

  @Test func evenAtFirst() {
    var speeds = RankSpeeds(ranks: 3)
    #expect(speeds.timePerCost.isEmpty)
    #expect(train(&speeds, [1e5, 1e5, 1e5], steps: 5) == [4, 4, 4])
    #expect(speeds.timePerCost == [1e5, 1e5, 1e5])
  }

  @Test func halfSpeedIsHalfTheWork() {
    var speeds = RankSpeeds(ranks: 2)
    #expect(train(&speeds, [1e5, 2e5], steps: 2) == [8, 4])
    #expect(train(&speeds, [1e5, 2e5], steps: 50) == [8, 4])
  }

  /// A machine that others stop using gets its share back, even if it was so slow that it had no work at all.
  @Test(arguments: [2.0, 1000]) func aRankThatRecoversGetsItsShareBack(factor: Double) {
    var speeds = RankSpeeds(ranks: 2)
    let slow = train(&speeds, [1e5, 1e5 * factor], steps: 20)
    #expect(slow[1] == (factor == 2 ? 4 : 0))
    #expect(train(&speeds, [1e5, 1e5], steps: 200) == [6, 6])
  }

  /// A core that a quota gives out in slices of time: its steps take once this, once that long.
  @Test func unsteadyTimesAreAveraged() {
    var speeds = RankSpeeds(ranks: 2)
    for step in 0..<100 {
      speeds.add(
        time: { $0 == 0 ? 20_000_000 : (step.isMultiple(of: 2) ? 10_000_000 : 70_000_000) }, cost: { _ in 1000 })
    }
    #expect(abs(speeds.timePerCost[0] - 20_000) < 1e-6)
    #expect(!(abs(speeds.timePerCost[1] - 40_000) > 2000))
  }

  @Test func timesOfZeroAreNoSpeeds() {
    var speeds = RankSpeeds(ranks: 2)
    for _ in 0..<10 { speeds.add(time: { _ in 0 }, cost: { $0 }) }
    #expect(speeds.timePerCost.allSatisfy { $0.isFinite && $0 > 0 })
  }
}

@Suite struct WorkQueueTests {
  private func item(_ step: Int) -> WorkItem { WorkItem(epoch: 0, step: step, microBatch: 0, samples: [1]) }

  @Test func itemsComeInTheirOrderAndEnd() {
    let queue = WorkQueue(capacity: 2)
    let items = queue.makeIterator()
    for step in 0..<5 {
      queue.append(item(step))
      #expect(items.next() == item(step))
    }
    queue.append(item(5))
    queue.append(item(6))
    queue.finish()
    #expect(items.next() == item(5) && items.next() == item(6) && items.next() == nil && items.next() == nil)
  }

  @Test func cancellingEndsAThreadThatWaits() async {
    let queue = WorkQueue(capacity: 1)
    async let taken = Task.detached { Array(queue) }.value
    queue.append(item(1))
    queue.cancel()
    #expect(await taken.count <= 1)
  }
}
