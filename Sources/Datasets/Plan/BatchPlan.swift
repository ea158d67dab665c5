import Tensors

/// The micro-batches of one epoch: a pure function of (seed, epoch, widths, sizes), so the same on every rank and for any
/// number of ranks. ``StepCalendar`` says which of them each step has.
///
/// The samples are shuffled. Pools of 50 batches are sorted by width, so that neighbors have similar widths, and cut
/// into micro-batches, which are shuffled. If the number of samples is no multiple of the micro-batch size, the last
/// micro-batch is short.
package struct BatchPlan: Sendable {
  /// Batches of a pool.
  package static let poolBatches = 50

  /// All samples in the order of their micro-batches: number m has `samples[m * microBatch ..< (m + 1) * microBatch]`,
  /// the last one the rest.
  package let samples: [Int32]
  /// The samples of each micro-batch, built once so that a step allocates nothing.
  package let microBatches: [ArraySlice<Int32>]

  /// - Parameters:
  ///   - widths: width of every sample after resizing, before augmentation.
  ///   - batchSize: images of a batch, of which 50 are a pool: those of the first step if later ones have more.
  ///   - microBatch: images of a micro-batch, a divisor of `batchSize`.
  ///   - mixture: how often the samples are drawn; nil is once each. The plan's samples are its draws.
  /// - Throws: ``DataSetError/invalid(reason:)`` for inconsistent sizes.
  package init(
    seed: UInt64, epoch: Int, widths: [Int], batchSize: Int, microBatch: Int, mixture: Mixture? = nil
  ) throws(DataSetError) {
    let mixture = mixture ?? Mixture(samples: widths.count)
    try BatchPlan.check(samples: mixture.drawCount, lastEpoch: epoch, batchSize: batchSize, microBatch: microBatch)
    self.init(
      checkedSeed: seed, epoch: epoch, widths: mixture.repeated(widths), batchSize: batchSize, microBatch: microBatch,
      mixture: mixture)
  }

  /// Throws if no plan can be made.
  static func check(samples: Int, lastEpoch: Int, batchSize: Int, microBatch: Int) throws(DataSetError) {
    guard microBatch > 0, batchSize > 0, batchSize % microBatch == 0 else {
      throw .invalid(
        reason: "batch size \(batchSize) is not a positive multiple of micro-batch \(microBatch); change one of them")
    }
    guard batchSize <= 1 << 20, samples <= DataSetLimits.records, lastEpoch >= 0, lastEpoch <= Int(UInt32.max)
    else {
      throw .invalid(reason: "batch size \(batchSize), \(samples) samples or epoch \(lastEpoch) is beyond the limits")
    }
  }

  /// The plan for arguments that ``check(samples:lastEpoch:batchSize:microBatch:)`` has accepted.
  ///
  /// - Parameter widths: the width of every possible draw, see ``Mixture/repeated(_:)``.
  init(checkedSeed seed: UInt64, epoch: Int, widths: [Int], batchSize: Int, microBatch: Int, mixture: Mixture) {
    let time = UInt32(epoch)
    var order = mixture.draws(seed: seed, epoch: epoch)
    var random = KeyedRandom(seed: seed, purpose: .shuffle, time: time, sample: 0)
    random.shuffle(&order)
    for start in stride(from: 0, to: order.count, by: BatchPlan.poolBatches * batchSize) {
      let end = min(start + BatchPlan.poolBatches * batchSize, order.count)
      order[start..<end].sort { (widths[Int($0)], $0) < (widths[Int($1)], $1) }
    }

    // A pool consists of whole micro-batches, so only the last micro-batch of the last pool can be short.
    let full = order.count / microBatch
    var numbers = Array(0..<full)
    var microBatchRandom = KeyedRandom(seed: seed, purpose: .shuffle, time: time, sample: 1)
    microBatchRandom.shuffle(&numbers)
    var planned: [Int32] = []
    planned.reserveCapacity(order.count)
    for number in numbers { planned += order[number * microBatch..<(number + 1) * microBatch] }
    planned += order[(full * microBatch)...]
    samples = planned
    microBatches = stride(from: 0, to: planned.count, by: microBatch).map {
      planned[$0..<min($0 + microBatch, planned.count)]
    }
  }

  /// Cost of each of ``microBatches``: the sum of its images' widths. `widths` has those of all samples.
  package func costs(widths: [Int]) -> [Int] {
    microBatches.map { $0.reduce(0) { $0 + widths[Int($1)] } }
  }
}
