/// Which images each step of a run has: a pure function of the number of draws of an epoch, the batch size and the
/// images of the run, so the same on every rank and after every interruption.
///
/// An epoch is cut into micro-batches (see ``BatchPlan``), and a step takes the next ones. A step never spans two epochs,
/// so the last step of an epoch may be short. If the batch grows, the first step that begins when the share of a larger
/// size is reached has that size.
package struct StepCalendar: Sendable, Equatable {
  /// The place of a step.
  package struct Place: Sendable, Equatable {
    package let epoch: Int
    /// Steps of the epoch before it.
    package let stepInEpoch: Int
    /// Its micro-batches, counted in the epoch.
    package let microBatches: Range<Int>
    /// Images of a full step of this size.
    package let batchSize: Int
  }

  /// Steps of one size: those of a part of an epoch, or of whole epochs.
  private struct Stretch: Equatable {
    var firstStep: Int
    var epoch: Int
    /// The place of the first step in its epoch.
    var stepInEpoch = 0
    var microBatch = 0
    var batchSize: Int
    /// Images before the first step.
    var images: Int
  }

  /// Images of an epoch, counting each draw.
  package let draws: Int
  package let microBatch: Int
  package let batchSize: BatchSize
  /// Images of the whole run, which shares refer to; nil if the batch does not grow.
  package let images: Int?
  private let stretches: [Stretch]

  /// - Parameters:
  ///   - draws: images of an epoch, at least 1.
  ///   - microBatch: a divisor of every size of `batchSize`.
  ///   - images: images of the whole run; matters only if the batch grows.
  package init(draws: Int, batchSize: BatchSize, microBatch: Int, images: Int? = nil) {
    precondition(draws > 0 && microBatch > 0 && batchSize.first > 0 && (!batchSize.grows || images != nil))
    (self.draws, self.batchSize, self.microBatch) = (draws, batchSize, microBatch)
    self.images = batchSize.grows ? images : nil
    stretches = StepCalendar.stretches(
      draws: draws, sizes: batchSize.phases.map { ($0.images, Int((Double(images ?? 0) * $0.from).rounded(.up))) },
      microBatch: microBatch)
  }

  /// - Parameter sizes: each batch size, and the images before it begins.
  private static func stretches(draws: Int, sizes: [(size: Int, start: Int)], microBatch: Int) -> [Stretch] {
    let microBatches = (draws + microBatch - 1) / microBatch
    var stretches: [Stretch] = []
    var next = Stretch(firstStep: 0, epoch: 0, batchSize: sizes[0].size, images: 0)
    for (index, (size, _)) in sizes.enumerated() {
      next.batchSize = size
      guard index + 1 < sizes.count else {
        // The rest of an epoch, then whole epochs without end.
        if next.microBatch > 0 {
          stretches.append(next)
          let steps = (microBatches - next.microBatch - 1) / (size / microBatch) + 1
          next = Stretch(
            firstStep: next.firstStep + steps, epoch: next.epoch + 1, batchSize: size, images: (next.epoch + 1) * draws)
        }
        stretches.append(next)
        break
      }
      let (end, perStep) = (sizes[index + 1].start, size / microBatch)
      let stepsOfEpoch = (microBatches + perStep - 1) / perStep
      while next.images < end {
        stretches.append(next)
        if next.microBatch == 0 {
          // Whole epochs whose last step still begins before the end.
          let room = end - 1 - (stepsOfEpoch - 1) * size - next.images
          if room >= 0 {
            let epochs = room / draws + 1
            next.firstStep += epochs * stepsOfEpoch
            next.epoch += epochs
            next.images += epochs * draws
            continue
          }
        }
        let toEpochEnd = (microBatches - next.microBatch + perStep - 1) / perStep
        let steps = min(toEpochEnd, (end - next.images + size - 1) / size)
        next.firstStep += steps
        if steps == toEpochEnd {
          next.epoch += 1
          (next.stepInEpoch, next.microBatch, next.images) = (0, 0, next.epoch * draws)
        } else {
          next.stepInEpoch += steps
          next.microBatch += steps * perStep
          next.images += steps * size
        }
      }
    }
    return stretches
  }

  /// The stretch of a step.
  private func stretch(of step: Int) -> Stretch {
    precondition(step >= 0)
    var index = stretches.count - 1
    while stretches[index].firstStep > step { index -= 1 }
    return stretches[index]
  }

  /// Micro-batches of an epoch.
  package var microBatchesOfEpoch: Int { (draws + microBatch - 1) / microBatch }

  /// The most micro-batches that a step has.
  package var mostMicroBatches: Int { batchSize.last / microBatch }

  /// The place of step `step`, counted from 0 over the run.
  package func place(of step: Int) -> Place {
    let stretch = stretch(of: step)
    let (count, perStep) = (microBatchesOfEpoch, stretch.batchSize / microBatch)
    let stepsOfEpoch = (count - stretch.microBatch + perStep - 1) / perStep
    let (epochs, index) = (step - stretch.firstStep).quotientAndRemainder(dividingBy: stepsOfEpoch)
    let first = stretch.microBatch + index * perStep
    return Place(
      epoch: stretch.epoch + epochs, stepInEpoch: stretch.stepInEpoch + index,
      microBatches: first..<min(first + perStep, count), batchSize: stretch.batchSize)
  }

  /// Images that are done before step `step`.
  package func imagesBefore(_ step: Int) -> Int {
    let place = place(of: step)
    return place.epoch * draws + place.microBatches.lowerBound * microBatch
  }

  /// The number of steps until `images` images are done.
  package func steps(forImages images: Int) -> Int {
    // The least step before which so many images are done; every step has at least one.
    var (low, high) = (0, images)
    while low < high {
      let middle = low + (high - low) / 2
      if imagesBefore(middle) >= images { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The images of a run of `steps` steps: with them, its batch size reaches the shares of its phases in these steps.
  package static func images(ofSteps steps: Int, draws: Int, batchSize: BatchSize, microBatch: Int) -> Int {
    func calendar(_ images: Int) -> StepCalendar {
      StepCalendar(draws: draws, batchSize: batchSize, microBatch: microBatch, images: images)
    }
    guard batchSize.grows else { return calendar(0).imagesBefore(steps) }
    var (low, high) = (1, steps * batchSize.last)
    while low < high {
      let middle = low + (high - low) / 2
      if calendar(middle).steps(forImages: middle) >= steps { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
