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

/// What one rank has to compute from one step to another, in order: the plan of each epoch is made when it is reached.
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
    // No epoch has less than one step.
    try BatchPlan.check(
      samples: mixture.drawCount, lastEpoch: steps.upperBound, batchSize: batchSize, microBatch: microBatch)
    self.seed = seed
    self.widths = mixture.repeated(widths)
    self.mixture = mixture
    self.batchSize = batchSize
    self.microBatch = microBatch
    self.steps = steps
    self.rank = rank
    self.ranks = ranks
  }

  public func makeIterator() -> Iterator { Iterator(work: self) }

  public struct Iterator: IteratorProtocol {
    private let work: TrainingWork
    private let stepsPerEpoch: Int
    private var epoch: Int
    /// This epoch's work, and the rank's next micro-batch in it; nil before the first.
    private var current: (plan: RankPlan, next: Int)?

    fileprivate init(work: TrainingWork) {
      self.work = work
      stepsPerEpoch = BatchPlan.stepCount(samples: work.mixture.drawCount, batchSize: work.batchSize)
      epoch = work.steps.lowerBound / stepsPerEpoch
    }

    public mutating func next() -> WorkItem? {
      while epoch * stepsPerEpoch < work.steps.upperBound {
        let firstStep = epoch * stepsPerEpoch
        let (plan, next) = current ?? begin(step: Swift.max(0, work.steps.lowerBound - firstStep))
        if next < plan.microBatches.count {
          current = (plan, next + 1)
          let item = plan.item(next, epoch: epoch, firstStep: firstStep)
          return item.step < work.steps.upperBound ? item : nil
        }
        (epoch, current) = (epoch + 1, nil)
      }
      return nil
    }

    /// The epoch's plan, and the first micro-batch of a step of it.
    private func begin(step: Int) -> (RankPlan, Int) {
      let plan = BatchPlan(
        checkedSeed: work.seed, epoch: epoch, widths: work.widths, batchSize: work.batchSize,
        microBatch: work.microBatch, mixture: work.mixture)
      let mine = RankPlan(plan, widths: work.widths, rank: work.rank, ranks: work.ranks)
      return (mine, mine.start(ofStep: step))
    }
  }
}
