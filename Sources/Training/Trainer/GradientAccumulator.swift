import Instrumentation
import MessagePassing
import Messages
import NeuralNetwork
import Tensors

/// Accumulates a step's loss, gradients and statistics, exactly, over the micro-batches of all ranks.
///
/// A step: ``begin(microBatches:localCount:images:)``, ``add(images:fault:)`` for each micro-batch of this rank,
/// ``finish()``; then the sums over all ranks can be read. With several machines, gradients are sent during the
/// backward pass of the rank's last micro-batch, from the last weight to the first, the order in which they are
/// completed.
package final class GradientAccumulator {
  private let reducer: ExactReducer
  private let network: CRNN
  private let loss: CTCLoss
  private let rank: Int
  /// Whether gradients are reduced during the backward pass. The same on all ranks.
  private let overlaps: Bool

  private var images = 1
  private var microBatches = 1
  /// Remaining micro-batches of this rank.
  private var remaining = 0
  /// The sum of the losses of the last micro-batch that was computed.
  private(set) var lossOfLast = 0.0
  /// Gradients of the micro-batch from this index on have been added.
  private var addedFrom = 0
  /// The sum of their squares.
  private var squares = 0.0
  /// |g|^2 of the step's gradient.
  private var squaredNorm = 0.0
  /// The error of a progress hook within a layer.
  private var failure: (any Error)?
  /// The time of the last progress of messages.
  private var advanced = ContinuousClock.now
  /// Lets messages progress from within a layer. Created once, so that steps allocate nothing.
  private var progressHook: (() -> Void)?

  /// The shortest time between two polls of messages.
  private static let pause = Duration.milliseconds(1)

  /// The integers that are summed over the ranks. Slots from `times` on are the times of the ranks.
  private enum Slot: Int {
    case stop, checkpoint, times
  }

  /// Collective.
  ///
  /// - Parameters:
  ///   - sharesTimes: whether the ranks share their computing times.
  ///   - precision: the form in which gradients are sent between machines.
  ///   - overlaps: whether gradients are sent during the backward pass; nil depends on the number of machines.
  package init(
    _ network: CRNN, loss: CTCLoss, sharesTimes: Bool = false, precision: Precision = .exact, overlaps: Bool? = nil,
    over communicator: Communicator
  ) throws {
    (self.network, self.loss, rank) = (network, loss, communicator.rank)
    self.overlaps = overlaps ?? !communicator.isOneMachine
    let parameters = network.parameters
    reducer = try ExactReducer(
      gradientCount: parameters.count, statisticCount: parameters.bufferCount + 2,
      integerCount: Slot.times.rawValue + (sharesTimes ? communicator.size : 0), precision: precision,
      over: communicator)
    progressHook = { [unowned self] in pollProgress() }
  }

  /// Whether the ranks of a machine accumulate in shared memory; without room there they send messages.
  package var sharesMemory: Bool { reducer.sharesMemory }

  // MARK: A step of this rank

  /// Starts a step of `microBatches` and `images` over all ranks, with `localCount` micro-batches on this rank.
  package func begin(microBatches: Int, localCount: Int, images: Int) throws {
    try reducer.begin(microBatches: microBatches)
    (self.images, self.microBatches, remaining) = (images, microBatches, localCount)
  }

  /// Computes the micro-batch that was loaded into the network, of `count` images, and accumulates its results.
  ///
  /// - Parameter fault: `nanLoss`, `nanGradient` or `wrongGradient` for a test.
  package func add(images count: Int, fault: FaultInjection.Kind? = nil) throws {
    require(remaining > 0, "more micro-batches than announced")
    remaining -= 1
    Trace.span(.forward) { network.forward(.training) }
    if fault == .nanLoss { network.logits.value.pointer[0] = .nan }
    let outcome = network.run(loss, scale: 1 / Float(images))
    lossOfLast = outcome.sum
    addStatistics(images: count, loss: outcome.sum)
    if fault == .nanGradient { network.logits.gradient.pointer[0] = .nan }
    if fault == .wrongGradient { network.logits.gradient.pointer[0] += 0.01 }
    try Trace.span(.backward) {
      (addedFrom, squares) = (reducer.gradientCount, 0)
      let sends = overlaps && remaining == 0
      if sends { network.workspace.progressHook = progressHook }
      defer { network.workspace.progressHook = nil }
      try network.backward(overwriting: true) {
        try add(from: $0)
        if sends { try send(from: $0) }
      }
    }
    addSquaredNorm(images: count)
  }

  /// Computes the micro-batch that was loaded into the network, and adds nothing.
  func computeOnly() {
    network.forward(.training)
    lossOfLast = network.run(loss, scale: 1 / Float(images)).sum
    network.backward(overwriting: true) { _ in }
  }

  /// Adds the loss and the batch statistics of a micro-batch.
  package func addStatistics(images count: Int, loss: Double) {
    let parameters = network.parameters
    reducer.addStatistics(
      parameters.bufferStatistics.base, count: parameters.bufferCount, weight: Double(count) / Double(images), at: 0)
    reducer.addStatistic(loss, weight: 1 / Double(images), at: parameters.bufferCount)
  }

  /// Adds the squared norm of the micro-batch's gradient, for ``gradientNoise``.
  private func addSquaredNorm(images count: Int) {
    let weight = Double(images) / Double(count)
    // A larger square says enough, and no step may fail for it: half of the limit, which rounding does not reach. A gradient that
    // is not finite was refused already.
    let square = min(squares, 0.5 * reducer.statisticLimit / weight)
    if square.isFinite { reducer.addStatistic(square, weight: weight, at: network.parameters.bufferCount + 1) }
  }

  /// Adds the gradients of a micro-batch, all at once.
  package func addGradients() throws {
    try reducer.addGradients(network.parameters.gradients.base, count: network.parameters.count)
  }

  /// Asks all ranks to stop after the step.
  package func requestStop() { reducer.addInteger(1, at: Slot.stop.rawValue) }

  /// Asks for a checkpoint after the step.
  package func requestCheckpoint() { reducer.addInteger(1, at: Slot.checkpoint.rawValue) }

  /// Shares this rank's computing time with all ranks, without the time that it waited for others.
  package func report(computed time: Duration) {
    reducer.addInteger(Int64((time - reducer.waited).seconds * 1e9), at: Slot.times.rawValue + rank)
  }

  /// Values of this rank in this step that could not be accumulated.
  package var refusedHere: Int64 { reducer.refusedHere }

  /// Reduces the remaining gradients over all ranks, and waits for all sums.
  package func finish() throws {
    require(remaining == 0, "fewer micro-batches than announced")
    try reducer.reduce()
  }

  // MARK: What all ranks accumulated, after `finish`

  /// Mean loss per image.
  package var meanLoss: Double { reducer.statistic(at: network.parameters.bufferCount) }
  /// Whether a loss or gradient of any rank was not finite, or too large to be summed exactly.
  package var hasOverflowed: Bool { reducer.overflowCount > 0 }
  /// Whether a rank asked all to stop.
  package var stopRequested: Bool { reducer.integer(at: Slot.stop.rawValue) > 0 }
  /// Whether a rank asked for a checkpoint.
  package var checkpointRequested: Bool { reducer.integer(at: Slot.checkpoint.rawValue) > 0 }
  /// The computing time of a rank, in nanoseconds.
  package func time(of rank: Int) -> Int64 { reducer.integer(at: Slot.times.rawValue + rank) }

  /// The parts of the gradient noise scale in this step, from the norms of the micro-batches; nil for one micro-batch.
  /// Valid after ``takeStepGradients()``.
  package var gradientNoise: GradientNoise? {
    GradientNoise(
      sumOfSquares: reducer.statistic(at: network.parameters.bufferCount + 1), squaredNorm: squaredNorm,
      microBatches: microBatches, images: images)
  }

  /// Overwrites the network's gradients, those of the last micro-batch, with those of the step, and returns their norm, that of
  /// `GradientClipping.norm`.
  package func takeStepGradients() -> Double {
    let gradients = network.parameters.gradients.base
    var (sum, added) = (SquareSum(), 0)
    reducer.gradients(into: gradients) { part in
      // A part need not end at a multiple of 16, as all parts together do.
      let end = part.upperBound & ~(Vector.width - 1)
      sum.add(gradients + added, count: end - added)
      added = end
    }
    require(added == network.parameters.count, "parts of the sums are missing")
    squaredNorm = sum.total
    return squaredNorm.squareRoot()
  }

  /// Moves the running statistics of batch normalization towards those of the step.
  func updateRunningStatistics(in ranges: [Range<Int>]) {
    network.parameters.updateRunningStatistics(in: ranges) { Float(reducer.statistic(at: $0)) }
  }

  // MARK: Gradients on their way

  /// Adds the gradients from `from` on, which are complete, while they are in the cache.
  private func add(from: Int) throws {
    squares += try reducer.addGradients(network.parameters.gradients.base + from, count: addedFrom - from, at: from)
    addedFrom = from
  }

  /// Releases the gradients from `from` on for sending.
  private func send(from: Int) throws {
    try reducer.complete(from: from)
    if let failure { throw failure }
    try reducer.pollProgress()
    advanced = .now
  }

  private func pollProgress() {
    guard failure == nil, advanced.duration(to: .now) >= GradientAccumulator.pause else { return }
    do { try reducer.pollProgress() } catch { failure = error }
    advanced = .now
  }
}
