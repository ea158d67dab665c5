import MessagePassing
import NeuralNetwork
import Tensors

/// A step's loss, gradients and statistics, summed exactly over the micro-batches of all ranks.
///
/// A step: ``begin(microBatches:mine:images:)``, ``add(images:)`` for each micro-batch of this rank, ``finish()``; then
/// read ``reducer``. Where ranks run on several machines, gradients travel while the rank's last micro-batch is still in
/// its backward pass, from the last weight to the first, which is the order they are complete in.
final class GradientSum {
  /// Statistics: what batch normalisation averages, then the loss. Integers are the caller's.
  let reducer: ExactReducer
  private let network: CRNN
  private let loss: CTCLoss
  /// Whether gradients are reduced during the backward pass. The same on all ranks.
  private let overlaps: Bool

  private var images = 1
  /// Micro-batches of this rank that are still to come.
  private var remaining = 0
  /// Gradients from here on are added in the last micro-batch of this rank.
  private var addedFrom = 0
  /// What went wrong within a layer.
  private var failure: (any Error)?
  /// When gradients last went on.
  private var advanced = ContinuousClock.now
  /// Lets gradients go on from within a layer. Made once: steps allocate nothing.
  private var meanwhile: (() -> Void)?

  /// Time between two looks at messages, at least.
  private static let pause = Duration.milliseconds(1)

  /// All ranks make it together.
  ///
  /// - Parameters:
  ///   - overlaps: nil to let the machines decide.
  ///   - precision: what gradients are sent as between machines.
  init(
    _ network: CRNN, loss: CTCLoss, integers: Int, precision: Precision = .exact, overlaps: Bool? = nil,
    over communicator: Communicator
  ) throws {
    (self.network, self.loss) = (network, loss)
    self.overlaps = overlaps ?? !communicator.isOneMachine
    let store = network.store
    reducer = try ExactReducer(
      gradientCount: store.count, statisticCount: store.bufferCount + 1, integerCount: integers, precision: precision,
      over: communicator)
    meanwhile = { [unowned self] in advanceMeanwhile() }
  }

  /// Mean loss per image, after ``finish()``.
  var meanLoss: Double { reducer.statistic(at: network.store.bufferCount) }

  /// Starts a step of that many micro-batches and images over all ranks, `mine` of the micro-batches on this one.
  func begin(microBatches: Int, mine: Int, images: Int) throws {
    try reducer.begin(microBatches: microBatches)
    (self.images, remaining) = (images, mine)
    addedFrom = reducer.gradientCount
  }

  /// Computes the micro-batch that was loaded into the network, of `count` images, and adds its share.
  ///
  /// - Parameter fault: `nanLoss` or `nanGradient` for a test.
  func add(images count: Int, fault: FaultInjection.Kind? = nil) throws {
    precondition(remaining > 0, "more micro-batches than announced")
    remaining -= 1
    let store = network.store
    Trace.span(.forward) { network.forward(.training) }
    if fault == .nanLoss { network.logits.value.pointer[0] = .nan }
    let outcome = loss.run(scale: 1 / Float(images))
    reducer.addStatistics(
      store.bufferStatistics.base, count: store.bufferCount, weight: Double(count) / Double(images), at: 0)
    reducer.addStatistic(outcome.sum, weight: 1 / Double(images), at: store.bufferCount)
    if fault == .nanGradient { network.logits.gradient.pointer[0] = .nan }
    store.zeroGradients()
    try Trace.span(.backward) {
      if overlaps && remaining == 0 {
        network.workspace.meanwhile = meanwhile
        defer { network.workspace.meanwhile = nil }
        try network.backward { try add(from: $0) }
      } else {
        network.backward()
        try reducer.addGradients(store.gradients.base, count: store.count)
      }
    }
  }

  /// Sums over all ranks what is not yet on its way, and waits.
  func finish() throws {
    precondition(remaining == 0, "fewer micro-batches than announced")
    try reducer.reduce()
  }

  /// Adds the gradients from `from` on, which are complete, and lets them go.
  private func add(from: Int) throws {
    try reducer.addGradients(network.store.gradients.base + from, count: addedFrom - from, at: from)
    addedFrom = from
    try reducer.complete(from: from)
    if let failure { throw failure }
    try reducer.advance()
    advanced = .now
  }

  private func advanceMeanwhile() {
    guard failure == nil, advanced.duration(to: .now) >= GradientSum.pause else { return }
    do { try reducer.advance() } catch { failure = error }
    advanced = .now
  }
}
