import Tensors

/// Sums of gradients, statistics and counts over the micro-batches of a step, with the same bits for any number of ranks
/// and any assignment of micro-batches to them (design.md, section 2, rule 3).
///
/// One slab of Doubles holds [gradients | statistics | integers]. Gradients are rounded to multiples of 2^-40 and must
/// stay within 2^11 / M for M micro-batches in the step, statistics to multiples of 2^-30 within 2^21 / M; so every
/// partial sum fits the 53 bits of a Double and no addition rounds. A value beyond its limit, or not finite, is not
/// added but counted in ``overflowCount``.
///
/// A step: ``begin(microBatches:)``; per micro-batch of this rank `addGradients`, `addStatistics`, `addInteger`;
/// ``reduce(over:)``; then read. Gradients may also be reduced in parts, while others are still being computed:
/// ``beginReducing(gradients:over:)`` for each part, ``advance()`` now and then, ``finishReducing(over:)`` last.
public final class ExactReducer {
  public let gradientCount: Int
  public let statisticCount: Int
  public let integerCount: Int

  /// Micro-batches in a step, at most: 4096, where the limit of a gradient is 0.5; 2^20 without gradients, where the
  /// limit of a statistic is 2.
  public let maximumMicroBatches: Int
  /// 1.5 * 2^12: adding it to a Double rounds to multiples of 2^-40.
  public static let gradientMagic = 0x1.8p12
  /// 1.5 * 2^22: adding it to a Double rounds to multiples of 2^-30.
  public static let statisticMagic = 0x1.8p22

  /// |g| beyond this is overflow: 2^11 / M.
  public var gradientLimit: Double { 0x1p11 / Double(microBatches) }
  /// |value * weight| beyond this is overflow: 2^21 / M.
  public var statisticLimit: Double { 0x1p21 / Double(microBatches) }

  private let slab: UnsafeMutableBufferPointer<Double>
  /// Sums over all ranks of gradients that are reduced in parts: `MPI_Iallreduce` in place sends all values to one rank
  /// and back, which is slow for many. Allocated by the first such step.
  private var partSums: UnsafeMutablePointer<Double>?
  private var pending = PendingSums()
  private var microBatches = 0
  private var reducedGradients = 0
  private var recordReduced = false
  /// Whether the sums of the gradients are in `partSums`.
  private var inParts = false

  /// Integers that the reducer keeps for itself, behind the caller's.
  private enum Own: Int, CaseIterable {
    case overflows, gradientsAdded, integersTooLarge
  }

  public init(gradientCount: Int, statisticCount: Int, integerCount: Int) {
    precondition(gradientCount >= 0 && statisticCount >= 0 && integerCount >= 0)
    (self.gradientCount, self.statisticCount, self.integerCount) = (gradientCount, statisticCount, integerCount)
    maximumMicroBatches = gradientCount > 0 ? 4096 : 1 << 20
    let count = gradientCount + statisticCount + integerCount + Own.allCases.count
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: count * MemoryLayout<Double>.stride, alignment: 64)
    slab = bytes.bindMemory(to: Double.self)
    slab.initialize(repeating: 0)
  }

  deinit {
    UnsafeMutableRawBufferPointer(slab).deallocate()
    partSums?.deallocate()
  }

  /// Starts a step of `microBatches` over all ranks: zeroes all sums and sets the limits.
  ///
  /// Throws ``ExactReducerError/microBatches(_:maximum:)`` unless it is in 1...``maximumMicroBatches``.
  public func begin(microBatches: Int) throws(ExactReducerError) {
    guard (1...maximumMicroBatches).contains(microBatches) else {
      throw .microBatches(microBatches, maximum: maximumMicroBatches)
    }
    slab.update(repeating: 0)
    self.microBatches = microBatches
    (reducedGradients, recordReduced, inParts) = (0, false, false)
  }

  // MARK: Adding

  /// Adds the gradient of one micro-batch, already divided by the images of the step: `count` floats that belong at
  /// `offset`. Each micro-batch adds each element once.
  public func addGradients(_ values: UnsafePointer<Float>, count: Int, at offset: Int = 0) {
    precondition(microBatches > 0 && !recordReduced, "begin the step before adding to it")
    precondition(offset >= 0 && count >= 0 && offset + count <= gradientCount, "gradients outside of the slab")
    let refused = ExactRounding.accumulate(
      values, count: count, limit: gradientLimit, magic: Self.gradientMagic, into: gradients + offset)
    own(.overflows).pointee += Double(refused)
    own(.gradientsAdded).pointee += Double(count)
  }

  /// Adds value * weight of one micro-batch to the statistics at `offset`. Each micro-batch adds to each one once.
  public func addStatistics(_ values: UnsafePointer<Float>, count: Int, weight: Double, at offset: Int) {
    let sums = statistics(offset, count)
    let refused = ExactRounding.accumulate(
      values, count: count, weight: weight, limit: statisticLimit, magic: Self.statisticMagic, into: sums)
    own(.overflows).pointee += Double(refused)
  }

  /// The same for values in Double.
  public func addStatistics(_ values: UnsafePointer<Double>, count: Int, weight: Double, at offset: Int) {
    let sums = statistics(offset, count)
    let refused = ExactRounding.accumulate(
      values, count: count, weight: weight, limit: statisticLimit, magic: Self.statisticMagic, into: sums)
    own(.overflows).pointee += Double(refused)
  }

  /// The same for one value.
  public func addStatistic(_ value: Double, weight: Double = 1, at offset: Int) {
    withUnsafePointer(to: value) { addStatistics($0, count: 1, weight: weight, at: offset) }
  }

  /// Adds to an integer. The sum over all ranks must stay below 2^53; ``reduce(over:)`` checks it.
  public func addInteger(_ value: Int64, at index: Int) {
    precondition(microBatches > 0 && !recordReduced, "begin the step before adding to it")
    precondition((0..<integerCount).contains(index), "integer outside of the slab")
    integers[index] += Double(value)
  }

  // MARK: Reducing

  /// Sums the whole slab over all ranks, in place, with one `MPI_Allreduce`.
  ///
  /// Throws ``MPIError``; on every rank ``ExactReducerError``, when not every micro-batch was added once or an integer
  /// became too large.
  public func reduce(over communicator: Communicator) throws {
    precondition(reducedGradients == 0, "parts of the gradients were reduced before")
    try sum(0..<slab.count, over: communicator)
    reducedGradients = gradientCount
    try finish()
  }

  /// Begins to sum a part of the gradients over all ranks, and returns at once. All ranks begin the same parts in the
  /// same order; parts do not overlap, and nothing is added to a part that was begun.
  public func beginReducing(gradients range: Range<Int>, over communicator: Communicator) throws {
    precondition(microBatches > 0 && !recordReduced, "begin the step before reducing it")
    precondition(range.lowerBound >= 0 && range.upperBound <= gradientCount, "gradients outside of the slab")
    precondition(reducedGradients + range.count <= gradientCount, "gradients reduced twice")
    reducedGradients += range.count
    inParts = communicator.size > 1
    guard inParts else { return }
    let sums = partSums ?? .allocate(capacity: gradientCount)
    partSums = sums
    try communicator.beginSum(
      of: gradients + range.lowerBound, into: sums + range.lowerBound, count: range.count, &pending)
  }

  /// Lets MPI go on with the parts that were begun; it does nothing between two calls.
  public func advance() throws {
    try pending.advance()
  }

  /// Waits for the parts, which must be all gradients, and sums statistics and integers over all ranks. Throws as
  /// ``reduce(over:)`` does.
  public func finishReducing(over communicator: Communicator) throws {
    precondition(reducedGradients == gradientCount, "reduce all gradients first")
    try pending.finish()
    try sum(gradientCount..<slab.count, over: communicator)
    try finish()
  }

  private func sum(_ range: Range<Int>, over communicator: Communicator) throws {
    precondition(microBatches > 0 && !recordReduced, "begin the step before reducing it")
    if range.upperBound == slab.count {
      let bound = 0x1p53 / Double(communicator.size)
      let tooLarge = (0..<integerCount).count { !(abs(integers[$0]) < bound) }
      own(.integersTooLarge).pointee = Double(tooLarge)
    }
    guard communicator.size > 1, let base = slab.baseAddress else { return }
    try communicator.allreduceSum(base + range.lowerBound, count: range.count)
  }

  private func finish() throws(ExactReducerError) {
    recordReduced = true
    if own(.integersTooLarge).pointee != 0 { throw .integerTooLarge }
    let (expected, found) = (microBatches * gradientCount, Int(own(.gradientsAdded).pointee))
    if found != expected { throw .incomplete(expected: expected, found: found) }
  }

  // MARK: Reading, after reducing

  /// Writes the sums, rounded to Float, to ``gradientCount`` floats. Meaningless when ``overflowCount`` is not 0.
  public func gradients(into values: UnsafeMutablePointer<Float>) {
    precondition(recordReduced, "reduce before reading")
    ExactRounding.convert(inParts ? partSums ?? gradients : gradients, count: gradientCount, into: values)
  }

  public func statistic(at index: Int) -> Double {
    precondition(recordReduced, "reduce before reading")
    precondition((0..<statisticCount).contains(index), "statistic outside of the slab")
    return slab[gradientCount + index]
  }

  public func integer(at index: Int) -> Int64 {
    precondition(recordReduced, "reduce before reading")
    precondition((0..<integerCount).contains(index), "integer outside of the slab")
    return Int64(integers[index])
  }

  /// Gradients and statistics of all ranks that were beyond their limit or not finite, and were not added.
  public var overflowCount: Int64 {
    precondition(recordReduced, "reduce before reading")
    return Int64(own(.overflows).pointee)
  }

  /// Before reducing: gradients and statistics of this rank that were refused so far.
  public var refusedHere: Int64 {
    precondition(!recordReduced, "after reducing it is that of all ranks")
    return Int64(own(.overflows).pointee)
  }

  // MARK: The slab

  private var gradients: UnsafeMutablePointer<Double> { slab.baseAddress! }

  private var integers: UnsafeMutablePointer<Double> { slab.baseAddress! + gradientCount + statisticCount }

  private func own(_ integer: Own) -> UnsafeMutablePointer<Double> { integers + integerCount + integer.rawValue }

  private func statistics(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Double> {
    precondition(microBatches > 0 && !recordReduced, "begin the step before adding to it")
    precondition(offset >= 0 && count >= 0 && offset + count <= statisticCount, "statistics outside of the slab")
    return slab.baseAddress! + gradientCount + offset
  }
}

/// A step that an ``ExactReducer`` cannot sum exactly; all ranks throw it alike.
public enum ExactReducerError: CollectiveFailure, CustomStringConvertible, Equatable {
  case microBatches(Int, maximum: Int)
  case incomplete(expected: Int, found: Int)
  case integerTooLarge

  public var description: String {
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
