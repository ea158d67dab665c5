/// One micro-batch for a rank to compute.
package struct WorkItem: Sendable, Equatable {
  /// Epoch from 0; the augmentation depends on it.
  package let epoch: Int
  /// Step from 0 over the whole run.
  package let step: Int
  /// Number of the micro-batch in its step (or in the evaluation).
  package let microBatch: Int
  /// Sample indices: a slice of the plan's.
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

/// The work of one rank from one step to another, in order, if all ranks are equally fast. The plan of each epoch is
/// built when it is reached.
package struct TrainingWork: Sequence, Sendable {
  package let seed: UInt64
  /// The width of every possible draw.
  package let widths: [Int]
  package let mixture: Mixture
  package let calendar: StepCalendar
  /// Steps from 0 over the whole run.
  package let steps: Range<Int>
  package let rank: Int
  package let ranks: Int
  /// Steps between audits, see ``isAudited(_:)``; 0 is never.
  package var auditEvery = 0
  /// Steps between checkpoints; nil if there is one at the end of each epoch.
  package var checkpointEvery: Int?

  /// - Parameters: as for ``BatchPlan`` and ``StepCalendar``; `steps` are counted over the whole run, which has
  ///   `images`.
  /// - Throws: ``DataSetError/invalid(reason:)`` for inconsistent sizes, or without samples.
  package init(
    seed: UInt64, widths: [Int], batchSize: BatchSize, microBatch: Int, images: Int? = nil, mixture: Mixture? = nil,
    steps: Range<Int>, rank: Int, ranks: Int
  ) throws(DataSetError) {
    precondition(steps.lowerBound >= 0 && rank >= 0 && rank < ranks)
    guard !widths.isEmpty else { throw .invalid(reason: "there is no sample to train on; add images") }
    let mixture = mixture ?? Mixture(samples: widths.count)
    // Every epoch has at least one step. A run without an end does not reach this epoch.
    for phase in batchSize.phases {
      try BatchPlan.check(
        samples: mixture.drawCount, lastEpoch: Swift.min(steps.upperBound, Int(UInt32.max)), batchSize: phase.images,
        microBatch: microBatch)
    }
    self.seed = seed
    self.widths = mixture.repeated(widths)
    self.mixture = mixture
    calendar = StepCalendar(
      draws: mixture.drawCount, batchSize: batchSize, microBatch: microBatch, images: images)
    self.steps = steps
    self.rank = rank
    self.ranks = ranks
  }

  /// Whether one micro-batch of each rank is computed by another rank, too, in a step, counted from 0: every
  /// ``auditEvery`` steps, before each planned checkpoint, and in the last one. Checkpoints that are nearer to each other than half of
  /// ``auditEvery`` steps have no audits of their own, which would cost too much.
  package func isAudited(_ step: Int) -> Bool {
    guard auditEvery > 0 else { return false }
    let done = step + 1
    if done % auditEvery == 0 || done == steps.upperBound { return true }
    guard let checkpointEvery else {
      return calendar.place(of: done).stepInEpoch == 0 && 2 * (calendar.place(of: step).stepInEpoch + 1) >= auditEvery
    }
    return done % checkpointEvery == 0 && checkpointEvery >= auditEvery - checkpointEvery
  }

  package func makeIterator() -> Iterator { Iterator(scheduler: StepScheduler(self)) }

  package struct Iterator: IteratorProtocol {
    private var scheduler: StepScheduler
    private var nextStep: Int
    /// The number of this rank's micro-batches of the last scheduled step that were returned.
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
