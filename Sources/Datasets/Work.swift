/// One micro-batch that a rank has to compute.
public struct WorkItem: Sendable, Equatable {
  /// Epoch from 0; the augmentation depends on it.
  public let epoch: Int
  /// Step from 0 over the whole run.
  public let step: Int
  /// Number of the micro-batch in its step (or in the evaluation).
  public let microBatch: Int
  /// Sample indices.
  public let samples: [Int32]

  public init(epoch: Int, step: Int, microBatch: Int, samples: [Int32]) {
    self.epoch = epoch
    self.step = step
    self.microBatch = microBatch
    self.samples = samples
  }
}

/// What one rank has to compute from one step to another, in order: the plan of each epoch is made when it is reached.
public struct TrainingWork: Sequence, Sendable {
  public let seed: UInt64
  public let widths: [Int]
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
    seed: UInt64, widths: [Int], batchSize: Int, microBatch: Int, steps: Range<Int>, rank: Int, ranks: Int
  ) throws(DataSetError) {
    precondition(steps.lowerBound >= 0 && rank >= 0 && rank < ranks)
    guard !widths.isEmpty else { throw .invalid(reason: "there is no sample to train on; add images") }
    // No epoch has less than one step.
    try BatchPlan.check(
      samples: widths.count, lastEpoch: steps.upperBound, batchSize: batchSize, microBatch: microBatch)
    self.seed = seed
    self.widths = widths
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
    private var step: Int
    private var epoch = -1
    private var plan: BatchPlan?
    private var pending: ArraySlice<WorkItem> = []

    fileprivate init(work: TrainingWork) {
      self.work = work
      step = work.steps.lowerBound
      stepsPerEpoch = BatchPlan.stepCount(samples: work.widths.count, batchSize: work.batchSize)
    }

    public mutating func next() -> WorkItem? {
      while pending.isEmpty {
        guard step < work.steps.upperBound else { return nil }
        let planned = plan(forEpoch: step / stepsPerEpoch).step(step % stepsPerEpoch)
        let assignment = planned.assignment(widths: work.widths, ranks: work.ranks)
        pending =
          planned.microBatches.indices.filter { assignment[$0] == work.rank }.map {
            WorkItem(epoch: epoch, step: step, microBatch: $0, samples: planned.microBatches[$0])
          }[...]
        step += 1
      }
      return pending.removeFirst()
    }

    private mutating func plan(forEpoch newEpoch: Int) -> BatchPlan {
      if newEpoch == epoch, let plan { return plan }
      let newPlan = BatchPlan(
        checkedSeed: work.seed, epoch: newEpoch, widths: work.widths, batchSize: work.batchSize,
        microBatch: work.microBatch)
      (epoch, plan) = (newEpoch, newPlan)
      return newPlan
    }
  }
}
