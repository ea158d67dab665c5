/// One micro-batch that a rank has to compute.
package struct WorkItem: Sendable, Equatable {
  /// Epoch from 0; the augmentation depends on it.
  package let epoch: Int
  /// Step from 0 over the whole run.
  package let step: Int
  /// Number of the micro-batch in its step (or in the evaluation).
  package let microBatch: Int
  /// Sample indices: a part of the plan's.
  package let samples: ArraySlice<Int32>

  package init(epoch: Int, step: Int, microBatch: Int, samples: ArraySlice<Int32>) {
    self.epoch = epoch
    self.step = step
    self.microBatch = microBatch
    self.samples = samples
  }

  package init(epoch: Int, step: Int, microBatch: Int, samples: [Int32]) {
    self.init(epoch: epoch, step: step, microBatch: microBatch, samples: samples[...])
  }
}

/// What one rank has to compute from one step to another, in order, when all ranks are equally fast: the plan of each epoch
/// is made when it is reached.
package struct TrainingWork: Sequence, Sendable {
  package let seed: UInt64
  /// Of every draw that the mixture may give.
  package let widths: [Int]
  package let mixture: Mixture
  package let batchSize: Int
  package let microBatch: Int
  /// Steps from 0 over the whole run.
  package let steps: Range<Int>
  package let rank: Int
  package let ranks: Int

  /// - Parameters: as for ``BatchPlan``; `steps` are counted over the whole run, so that step s is in epoch
  ///   s / (steps of an epoch).
  /// - Throws: ``DataSetError/invalid(reason:)`` for sizes that do not fit together, or without samples.
  package init(
    seed: UInt64, widths: [Int], batchSize: Int, microBatch: Int, mixture: Mixture? = nil, steps: Range<Int>, rank: Int,
    ranks: Int
  ) throws(DataSetError) {
    precondition(steps.lowerBound >= 0 && rank >= 0 && rank < ranks)
    guard !widths.isEmpty else { throw .invalid(reason: "there is no sample to train on; add images") }
    let mixture = mixture ?? Mixture(samples: widths.count)
    // No epoch has less than one step. A run without an end does not come so far.
    try BatchPlan.check(
      samples: mixture.drawCount, lastEpoch: Swift.min(steps.upperBound, Int(UInt32.max)), batchSize: batchSize,
      microBatch: microBatch)
    self.seed = seed
    self.widths = mixture.repeated(widths)
    self.mixture = mixture
    self.batchSize = batchSize
    self.microBatch = microBatch
    self.steps = steps
    self.rank = rank
    self.ranks = ranks
  }

  package func makeIterator() -> Iterator { Iterator(scheduler: StepScheduler(self)) }

  package struct Iterator: IteratorProtocol {
    private var scheduler: StepScheduler
    private var nextStep: Int
    /// How many of the rank's micro-batches of the step that was scheduled last are used up.
    private var used = 0

    fileprivate init(scheduler: StepScheduler) {
      (self.scheduler, nextStep) = (scheduler, scheduler.work.steps.lowerBound)
    }

    package mutating func next() -> WorkItem? {
      while used == scheduler.localMicroBatches.count {
        guard nextStep < scheduler.work.steps.upperBound else { return nil }
        scheduler.schedule(step: nextStep, timePerCost: [])
        (nextStep, used) = (nextStep + 1, 0)
      }
      used += 1
      return scheduler.item(used - 1)
    }
  }
}
