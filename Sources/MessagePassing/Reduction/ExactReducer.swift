import Tensors

/// Accumulates gradients, statistics and counts over the micro-batches of a step. The sums are reproducible: they have
/// the same bits for any number of ranks and any assignment of micro-batches, since they do not depend on the order of
/// the additions. Everything that is summed over micro-batches must be summed here.
///
/// Sums are Doubles: gradients, statistics, integers. Gradients are rounded to multiples of 2^-40 and must
/// stay within 2^11 / M for M micro-batches in the step, statistics to multiples of 2^-30 within 2^21 / M; so every
/// partial sum fits the 53 bits of a Double and no addition rounds. A value beyond its limit, or not finite, is not
/// added but counted in ``overflowCount``.
///
/// A step: ``begin(microBatches:)``; per micro-batch of this rank `addGradients`, `addStatistics`, `addInteger`;
/// ``reduce()``; then read. Gradients may be sent while others are still being computed: ``complete(from:)`` says which
/// are complete, and regular calls of ``pollProgress()`` let them progress. Between machines they are sent in the form
/// of ``Precision``: with `.float`, their sums depend on how ranks and micro-batches are spread over machines.
///
/// The training thread owns it. Pointers that are passed in are read or written during the call only.
package final class ExactReducer {
  package let gradientCount: Int
  package let statisticCount: Int
  package let integerCount: Int

  /// The limit of micro-batches in a step: 4096, where the limit of a gradient is 0.5; 2^20 without gradients, where
  /// the limit of a statistic is 2.
  package let maximumMicroBatches: Int
  /// 1.5 * 2^12: adding it to a Double rounds to multiples of 2^-40.
  package static let gradientMagic = 0x1.8p12
  /// 1.5 * 2^22: adding it to a Double rounds to multiples of 2^-30.
  package static let statisticMagic = 0x1.8p22

  /// |g| beyond this is overflow: 2^11 / M.
  package var gradientLimit: Double { 0x1p11 / Double(microBatches) }
  /// |value * weight| beyond this is overflow: 2^21 / M.
  package var statisticLimit: Double { 0x1p21 / Double(microBatches) }

  private let communicator: Communicator
  private let exchange: GradientExchange
  /// [statistics | integers | own integers].
  private let record: UnsafeMutableBufferPointer<Double>
  private var microBatches = 0
  private var recordReduced = false

  /// Integers for the reducer's own use, stored after the caller's.
  private enum Own: Int, CaseIterable {
    case overflows, gradientsAdded, integersTooLarge
  }

  /// Collective: all ranks call it together.
  ///
  /// - Parameter precision: the form in which gradients are sent between machines.
  package init(
    gradientCount: Int, statisticCount: Int, integerCount: Int, precision: Precision = .exact,
    over communicator: Communicator
  ) throws {
    precondition(gradientCount >= 0 && statisticCount >= 0 && integerCount >= 0)
    (self.gradientCount, self.statisticCount, self.integerCount) = (gradientCount, statisticCount, integerCount)
    maximumMicroBatches = gradientCount > 0 ? 4096 : 1 << 20
    self.communicator = communicator
    exchange = try GradientExchange(gradients: gradientCount, precision: precision, over: communicator)
    let count = statisticCount + integerCount + Own.allCases.count
    record = .allocate(capacity: count)
    record.initialize(repeating: 0)
  }

  deinit { record.deallocate() }

  /// Starts a step of `microBatches` over all ranks: zeroes all sums and sets the limits.
  ///
  /// Throws ``ExactReducerError/microBatches(_:maximum:)`` unless it is in 1...``maximumMicroBatches``, and
  /// ``MPIError``.
  package func begin(microBatches: Int) throws {
    guard (1...maximumMicroBatches).contains(microBatches) else {
      throw ExactReducerError.microBatches(microBatches, maximum: maximumMicroBatches)
    }
    record.update(repeating: 0)
    try exchange.begin()
    self.microBatches = microBatches
    recordReduced = false
  }

  // MARK: Adding

  /// Adds the gradient of one micro-batch, already divided by the images of the step: `count` floats for the elements
  /// from `offset` on. Each micro-batch adds each element once.
  ///
  /// The first addition of a step waits until the other ranks of the machine have begun the step.
  ///
  /// - Returns: the sum of the squares of the values.
  @discardableResult
  package func addGradients(_ values: UnsafePointer<Float>, count: Int, at offset: Int = 0) throws -> Double {
    try exchange.prepare()
    precondition(microBatches > 0 && !recordReduced, "begin the step before adding to it")
    precondition(offset >= 0 && count >= 0 && offset + count <= gradientCount, "gradients outside of the slab")
    let (refused, squares) = ExactRounding.accumulate(
      values, count: count, limit: gradientLimit, magic: Self.gradientMagic, into: exchange.own + offset,
      overwriting: exchange.beginAddition(to: offset..<offset + count))
    own(.overflows).pointee += Double(refused)
    own(.gradientsAdded).pointee += Double(count)
    return squares
  }

  /// Adds value * weight of one micro-batch to the statistics at `offset`. Each micro-batch adds to each statistic
  /// once.
  package func addStatistics(_ values: UnsafePointer<Float>, count: Int, weight: Double, at offset: Int) {
    let sums = statistics(offset, count)
    let refused = ExactRounding.accumulate(
      values, count: count, weight: weight, limit: statisticLimit, magic: Self.statisticMagic, into: sums)
    own(.overflows).pointee += Double(refused)
  }

  /// The same for values in Double.
  package func addStatistics(_ values: UnsafePointer<Double>, count: Int, weight: Double, at offset: Int) {
    let sums = statistics(offset, count)
    let refused = ExactRounding.accumulate(
      values, count: count, weight: weight, limit: statisticLimit, magic: Self.statisticMagic, into: sums)
    own(.overflows).pointee += Double(refused)
  }

  /// The same for one value.
  package func addStatistic(_ value: Double, weight: Double = 1, at offset: Int) {
    withUnsafePointer(to: value) { addStatistics($0, count: 1, weight: weight, at: offset) }
  }

  /// Adds to an integer. The sum over all ranks must stay below 2^53; ``reduce()`` checks it.
  package func addInteger(_ value: Int64, at index: Int) {
    precondition(microBatches > 0 && !recordReduced, "begin the step before adding to it")
    precondition((0..<integerCount).contains(index), "integer outside of the record")
    integers[index] += Double(value)
  }

  // MARK: Reducing

  /// Declares that nothing more is added to the gradients from `place` on in this step. Successive places never
  /// increase.
  package func complete(from place: Int) throws {
    precondition(microBatches > 0 && !recordReduced, "begin the step before reducing it")
    try exchange.complete(from: place)
  }

  /// Lets complete gradients progress towards their sums; nothing happens between calls.
  package func pollProgress() throws {
    try exchange.pollProgress()
  }

  /// Sums everything over all ranks, and waits for the result.
  ///
  /// Throws ``MPIError``; on every rank ``ExactReducerError``, if not every micro-batch was added once or an integer
  /// is too large.
  package func reduce() throws {
    precondition(microBatches > 0 && !recordReduced, "begin the step before reducing it")
    try exchange.finish()
    let bound = 0x1p53 / Double(communicator.size)
    let tooLarge = (0..<integerCount).count { !(abs(integers[$0]) < bound) }
    own(.integersTooLarge).pointee = Double(tooLarge)
    try communicator.allreduceSum(record.baseAddress!, count: record.count)
    try finish()
  }

  private func finish() throws(ExactReducerError) {
    recordReduced = true
    if own(.integersTooLarge).pointee != 0 { throw .integerTooLarge }
    let (expected, found) = (microBatches * gradientCount, Int(own(.gradientsAdded).pointee))
    if found != expected { throw .incomplete(expected: expected, found: found) }
  }

  // MARK: Reading, after reducing

  /// Writes the sums, rounded to Float, to ``gradientCount`` floats, and calls `body` for parts of them while they are in the cache, from
  /// the first to the last. Meaningless if ``overflowCount`` is not 0.
  package func gradients(into values: UnsafeMutablePointer<Float>, _ body: (_ part: Range<Int>) -> Void = { _ in }) {
    precondition(recordReduced, "reduce before reading")
    exchange.read(into: values, body)
  }

  /// A sum over all ranks. Slot `index` of the ``statisticCount`` slots holds what `addStatistics` or `addStatistic`
  /// added at that offset: the sum of value * weight over the step's micro-batches. The caller gives each slot its
  /// meaning, the same on all ranks.
  package func statistic(at index: Int) -> Double {
    precondition(recordReduced, "reduce before reading")
    precondition((0..<statisticCount).contains(index), "statistic outside of the record")
    return record[index]
  }

  /// A sum over all ranks, exact. Slot `index` of the ``integerCount`` slots holds what ``addInteger(_:at:)`` added
  /// there. A slot that only one rank adds to broadcasts that rank's number; a slot to which each rank adds 0 or 1
  /// counts votes.
  package func integer(at index: Int) -> Int64 {
    precondition(recordReduced, "reduce before reading")
    precondition((0..<integerCount).contains(index), "integer outside of the record")
    return Int64(integers[index])
  }

  /// Gradients and statistics of all ranks that were beyond their limit or not finite, and were not added.
  package var overflowCount: Int64 {
    precondition(recordReduced, "reduce before reading")
    return Int64(own(.overflows).pointee)
  }

  /// Before reducing: gradients and statistics that this rank refused so far.
  package var refusedHere: Int64 {
    precondition(!recordReduced, "after reducing it is that of all ranks")
    return Int64(own(.overflows).pointee)
  }

  /// False if a machine has no room in shared memory (`/dev/shm`) for the gradients of its ranks: they then exchange
  /// messages, like ranks of different machines.
  package var sharesMemory: Bool { exchange.sharesMemory }

  /// How long this rank waited in this step, before it could add to its sums, until the machine's other ranks had begun
  /// the step.
  package var waited: Duration { exchange.waited }

  /// Bytes of gradients that this rank sent to other machines since it was created.
  package var bytesSent: Int { exchange.bytesSent }

  // MARK: The record

  private var integers: UnsafeMutablePointer<Double> { record.baseAddress! + statisticCount }

  private func own(_ integer: Own) -> UnsafeMutablePointer<Double> { integers + integerCount + integer.rawValue }

  private func statistics(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Double> {
    precondition(microBatches > 0 && !recordReduced, "begin the step before adding to it")
    precondition(offset >= 0 && count >= 0 && offset + count <= statisticCount, "statistics outside of the record")
    return record.baseAddress! + offset
  }
}

/// A step that an ``ExactReducer`` cannot sum exactly; all ranks throw it together.
package enum ExactReducerError: CollectiveFailure, CustomStringConvertible, Equatable {
  case microBatches(Int, maximum: Int)
  case incomplete(expected: Int, found: Int)
  case integerTooLarge

  package var description: String {
    switch self {
    case .microBatches(let count, let maximum):
      "a step of \(count) micro-batches: it takes 1 to \(maximum); choose a larger micro-batch or a smaller batch"
    case .incomplete(let expected, let found):
      "the ranks added \(found) gradient elements in a step of \(expected): a micro-batch was lost or done twice"
    case .integerTooLarge:
      "an integer of the step is too large to be summed exactly over the ranks (2^53)"
    }
  }
}
