import MessagePassing
import NeuralNetwork
import Tensors

/// A step's loss, gradients and statistics, summed exactly over the micro-batches of all ranks.
///
/// A step: ``begin(microBatches:mine:images:)``, ``add(images:)`` for each micro-batch of this rank, ``finish()``; then
/// read ``reducer``. Where ranks run on several machines, gradients travel while the rank's last micro-batch is still in
/// its backward pass: in buckets from the last weight to the first, which is the order they are complete in. Sums are
/// exact, so the bits are the same either way.
final class GradientSum {
  /// Statistics: what batch normalisation averages, then the loss. Integers are the caller's.
  let reducer: ExactReducer
  private let network: CRNN
  private let loss: CTCLoss
  private let communicator: Communicator
  /// Whether buckets are reduced during the backward pass. The same on all ranks.
  private let overlaps: Bool

  private var images = 1
  /// Micro-batches of this rank that are still to come.
  private var remaining = 0
  /// Gradients from here on are added in the last micro-batch of this rank.
  private var addedFrom = 0
  /// Gradients from here on are on their way.
  private var begunFrom = 0

  /// Gradients in a bucket; 1 MiB of Doubles.
  static let bucket = 1 << 17

  /// - Parameter overlaps: nil to let the machines decide.
  init(_ network: CRNN, loss: CTCLoss, integers: Int, overlaps: Bool? = nil, over communicator: Communicator) {
    (self.network, self.loss, self.communicator) = (network, loss, communicator)
    self.overlaps = overlaps ?? !communicator.isOneMachine
    let store = network.store
    reducer = ExactReducer(
      gradientCount: store.count, statisticCount: store.bufferCount + 1, integerCount: integers)
  }

  /// Mean loss per image, after ``finish()``.
  var meanLoss: Double { reducer.statistic(at: network.store.bufferCount) }

  /// Starts a step of that many micro-batches and images over all ranks, `mine` of the micro-batches on this one.
  func begin(microBatches: Int, mine: Int, images: Int) throws {
    try reducer.begin(microBatches: microBatches)
    (self.images, remaining) = (images, mine)
    (addedFrom, begunFrom) = (reducer.gradientCount, reducer.gradientCount)
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
        try network.backward { try add(from: $0) }
      } else {
        network.backward()
        reducer.addGradients(store.gradients.base, count: store.count)
      }
    }
  }

  /// Sums over all ranks what is not yet on its way, and waits.
  func finish() throws {
    precondition(remaining == 0, "fewer micro-batches than announced")
    guard overlaps else { return try reducer.reduce(over: communicator) }
    try beginBuckets(from: 0)
    try reducer.finishReducing(over: communicator)
  }

  /// Adds the gradients from `from` on, which are complete, and sends the buckets that are full.
  private func add(from: Int) throws {
    reducer.addGradients(network.store.gradients.base + from, count: addedFrom - from, at: from)
    addedFrom = from
    try beginBuckets(from: from)
    try reducer.advance()
  }

  /// The buckets are the same on all ranks, also on one without a micro-batch in this step.
  private func beginBuckets(from: Int) throws {
    while begunFrom > 0 {
      let next = max(0, begunFrom - GradientSum.bucket)
      if next < from { return }
      try reducer.beginReducing(gradients: next..<begunFrom, over: communicator)
      begunFrom = next
    }
  }
}
