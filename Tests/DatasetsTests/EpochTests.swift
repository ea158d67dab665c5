import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

/// Blank images of given widths; counts the loads of each sample.
///
/// Unchecked: `loads` is touched only while `lock` is held.
private final class CountingSource: ImageSource, @unchecked Sendable {
  private let widths: [Int]
  private let lock = NSLock()
  private var loads: [Int]

  init(widths: [Int]) {
    self.widths = widths
    loads = [Int](repeating: 0, count: widths.count)
  }

  var counts: [Int] { lock.withLock { loads } }

  func load(_ sample: Int, into image: ImageBuffer) {
    lock.withLock { loads[sample] += 1 }
    image.reserve(width: widths[sample], height: 8)
  }
}

/// Every sample exactly once an epoch, or as its weight says: counted at the end of the real loaders of all ranks.
@Suite struct EpochTests {
  private let epochs = 2

  /// What all ranks' loaders load, and hand out, in some epochs.
  ///
  /// - Parameter changing: whether the ranks are of different speeds, and others after each step.
  private func run(
    _ mixture: Mixture, batchSize: Int, microBatch: Int, ranks: Int, changing: Bool = false
  ) throws -> (loaded: [Int], consumed: [Int], steps: [Int: Int]) {
    let n = mixture.sampleCount
    var random = KeyedRandom(seed: 3, purpose: .test)
    let widths = (0..<n).map { _ in 4 + random.integer(below: 40) }
    let source = CountingSource(widths: widths)
    let table = LabelTable((0..<n).map { [Int32($0 + 1)] })
    let stepsPerEpoch = (mixture.drawCount + batchSize - 1) / batchSize
    var consumed = [Int](repeating: 0, count: n)
    var steps: [Int: Int] = [:]
    for rank in 0..<ranks {
      let scheduler = MicroBatchScheduler(
        try TrainingWork(
          seed: 2, widths: widths, batchSize: BatchSize(batchSize), microBatch: microBatch, mixture: mixture,
          steps: 0..<epochs * stepsPerEpoch, rank: rank, ranks: ranks))
      let loader = MicroBatchLoader(
        source: source, labels: table, geometry: geometry(height: 8), augmentation: .none, seed: 2,
        work: scheduler.queue,
        bounds: MicroBatchBounds(
          microBatch: microBatch, widths: mixture.repeated(widths), labels: table, geometry: geometry(height: 8),
          augmentation: .none), cancelWork: scheduler.queue.cancel)
      // As the trainer counts them.
      for step in 0..<epochs * stepsPerEpoch {
        var (images, cost) = (0, 0)
        for _ in 0..<scheduler.localCount {
          let batch = try #require(try loader.next())
          #expect(batch.step == step && batch.item.epoch == step / stepsPerEpoch)
          for i in 0..<batch.count {
            let sample = Int(batch.samples[i]) % n
            consumed[sample] += 1
            cost += widths[sample]
            #expect(batch.widths[i] == widths[sample] && Array(batch.label(i)) == [Int32(sample + 1)])
          }
          images += batch.count
          loader.release(batch)
        }
        steps[step, default: 0] += images
        #expect(cost == scheduler.cost(ofRank: rank) && images <= scheduler.imageCount)
        #expect(scheduler.localCount <= scheduler.microBatchCount)
        var speeds = KeyedRandom(seed: 5, purpose: .test, time: UInt32(step))
        scheduler.advance(timePerCost: changing ? (0..<ranks).map { _ in Double(1 + speeds.integer(below: 9)) } : [])
      }
      #expect(try loader.next() == nil)
    }
    return (source.counts, consumed, steps)
  }

  @Test(arguments: 1...5, [(1, 4, 2), (3, 8, 4), (7, 3, 1), (97, 12, 3), (101, 20, 4), (64, 16, 16)])
  func everySampleOnce(_ ranks: Int, _ sizes: (samples: Int, batch: Int, microBatch: Int)) throws {
    let (loaded, consumed, steps) = try run(
      Mixture(samples: sizes.samples), batchSize: sizes.batch, microBatch: sizes.microBatch, ranks: ranks)
    #expect(consumed == [Int](repeating: epochs, count: sizes.samples))
    #expect(loaded == consumed)
    #expect(steps.count == epochs * ((sizes.samples + sizes.batch - 1) / sizes.batch))
    #expect(steps.values.reduce(0, +) == epochs * sizes.samples && steps.values.allSatisfy { $0 <= sizes.batch })
  }

  @Test(arguments: 2...5) func everySampleOnceWithChangingSpeeds(_ ranks: Int) throws {
    let (loaded, consumed, steps) = try run(
      Mixture(samples: 101), batchSize: 20, microBatch: 2, ranks: ranks, changing: true)
    #expect(consumed == [Int](repeating: epochs, count: 101) && loaded == consumed)
    #expect(steps.values.sorted() == [1, 1] + [Int](repeating: 20, count: 10))
  }

  @Test(arguments: 1...5) func weightedSamples(_ ranks: Int) throws {
    let mixture = try Mixture(counts: [31, 10, 24], weights: [1, 2, 0.5])
    let (loaded, consumed, _) = try run(mixture, batchSize: 8, microBatch: 2, ranks: ranks)
    let expected = [Int](repeating: 2, count: 31) + [Int](repeating: 4, count: 10) + [Int](repeating: 1, count: 24)
    #expect(consumed == expected && loaded == expected)
  }
}
