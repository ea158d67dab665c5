/// One micro-batch that a rank has to compute.
public struct WorkItem: Sendable, Equatable {
  /// Epoch from 0; the augmentation depends on it.
  public let epoch: Int
  /// Step from 0 over the whole run.
  public let step: Int
  /// Number of the micro-batch in its step (or in the evaluation).
  public let microBatch: Int
  /// Sample indices: a part of the plan's.
  public let samples: ArraySlice<Int32>

  public init(epoch: Int, step: Int, microBatch: Int, samples: ArraySlice<Int32>) {
    self.epoch = epoch
    self.step = step
    self.microBatch = microBatch
    self.samples = samples
  }

  public init(epoch: Int, step: Int, microBatch: Int, samples: [Int32]) {
    self.init(epoch: epoch, step: step, microBatch: microBatch, samples: samples[...])
  }
}

/// What one rank has to compute from one step to another, in order, when all ranks are equally fast: the plan of each epoch
/// is made when it is reached.
public struct TrainingWork: Sequence, Sendable {
  public let seed: UInt64
  /// Of every draw that the mixture may give.
  public let widths: [Int]
  public let mixture: Mixture
  public let batchSize: Int
  public let microBatch: Int
  /// Steps from 0 over the whole run.
  public let steps: Range<Int>
  public let rank: Int
  public let ranks: Int

  /// - Parameters: as for ``BatchPlan``; `steps` are counted over the whole run, so that step s is in epoch
  ///   s / (steps of an epoch).
  /// - Throws: ``DataSetError/invalid(reason:)`` for sizes that do not fit together, or without samples.
  public init(
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

  public func makeIterator() -> Iterator { Iterator(scheduler: StepScheduler(self)) }

  public struct Iterator: IteratorProtocol {
    private var scheduler: StepScheduler
    private var nextStep: Int
    /// How many of the rank's micro-batches of the step that was scheduled last are used up.
    private var used = 0

    fileprivate init(scheduler: StepScheduler) {
      (self.scheduler, nextStep) = (scheduler, scheduler.work.steps.lowerBound)
    }

    public mutating func next() -> WorkItem? {
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
