import Tensors

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The gradients of every rank, and their sums over all ranks: in shared memory within a machine, in messages between
/// machines.
///
/// Each rank adds to its own slab. When all ranks of a machine have completed a bucket, its owners (as many ranks as
/// the smallest machine has) each add up one slice of it: first over the slabs of the machine, then with the ranks that
/// own the same slice on other machines (`MachineExchange`). The sums of a slice are stored in its owner's slab,
/// where all ranks of the machine read them.
///
/// A step: ``begin()``; ``prepare()`` before the first addition; ``beginAddition(to:)`` before each; ``complete(from:)``
/// when a range is complete; ``pollProgress()`` regularly; ``finish()``; then read.
package final class GradientExchange {
  package let plan: BucketPlan
  private let communicator: Communicator
  private let slabs: SharedSlabs
  /// nil on one machine, and on a rank that owns no slice.
  private let machines: (any MachineExchange)?
  private var isOwner: Bool { slabs.rank < plan.owners }

  /// Whether a waiting rank yields its core, because there are more ranks than cores.
  private let yields: Bool

  /// False if ranks of a machine should share memory but could not.
  package let sharesMemory: Bool

  /// How long this rank waited in this step until others of its machine had begun the step.
  package private(set) var waited = Duration.zero

  private var step = 0
  private var isPrepared = false
  /// What nothing was added to in this step: it still holds the last step's sums.
  private var stale = 0..<0
  /// Buckets of this step that this rank has completed, and that it has added up over its machine.
  private var (completed, addedUp) = (0, 0)

  // Counters in shared memory, which are never reset. Each rank raises each of them once per step: those of buckets
  // from `arrivals` on, `finished` by the owners only.
  private static let (begun, finished, arrivals) = (0, 1, 2)

  package init(gradients: Int, precision: Precision, over communicator: Communicator) throws {
    self.communicator = communicator
    yields = try GradientExchange.isAskedToYield || GradientExchange.isCrowded(communicator.sameMachine())
    guard gradients > 0, communicator.size > 1 else {
      (plan, sharesMemory) = (BucketPlan(gradients: gradients, owners: 1, machines: 1), true)
      slabs = SharedSlabs(count: gradients, counters: GradientExchange.arrivals + plan.buckets)
      machines = nil
      return
    }
    let counters = GradientExchange.arrivals + BucketPlan.mostBuckets(gradients: gradients)
    let machine = try communicator.sameMachine()
    let shared = try SharedSlabs(machine: machine, count: gradients, counters: counters)
    // Without shared memory on one machine, every rank counts as a machine.
    let isShared = try communicator.allreduceMax([Int64(shared == nil ? 1 : 0)])[0] == 0
    sharesMemory = isShared
    slabs = isShared ? shared! : SharedSlabs(count: gradients, counters: counters)
    let leader = isShared ? try machine.allreduceMax([-Int64(communicator.rank)])[0] : -Int64(communicator.rank)
    let facts = try communicator.allreduceMax([-Int64(slabs.size)])
    let leaders = try communicator.allreduceSum([slabs.rank == 0 ? Int64(1) : 0])
    // Sums are exact on one machine, even if its ranks share no memory.
    let precision = communicator.isOneMachine ? .exact : precision
    plan = BucketPlan(
      gradients: gradients, owners: Int(-facts[0]), machines: Int(leaders[0]), precision: precision)
    let column = try communicator.split(part: slabs.rank < plan.owners ? slabs.rank : nil, order: Int(-leader))
    guard plan.machines > 1, let column else {
      machines = nil
      return
    }
    machines =
      plan.isRecursive
      ? RecursiveExchange(plan, owner: slabs.rank, slab: slabs.own, over: column)
      : DirectExchange(plan, owner: slabs.rank, slab: slabs.own, precision: precision, over: column)
  }

  /// This rank's gradients.
  package var own: UnsafeMutablePointer<Double> { slabs.own }

  /// Bytes that this rank sent to other machines so far.
  package var bytesSent: Int { machines?.bytesSent ?? 0 }

  /// Starts a step.
  package func begin() throws {
    step += 1
    (isPrepared, completed, addedUp, waited) = (false, 0, 0, .zero)
    slabs.raise(GradientExchange.begun)
    try machines?.begin()
  }

  /// Waits, once per step, until all ranks of the machine have read the last sums of this rank's slab.
  package func prepare() throws {
    if isPrepared { return }
    isPrepared = true
    if slabs.count(GradientExchange.begun) < slabs.size * step {
      let asked = ContinuousClock.now
      while slabs.count(GradientExchange.begun) < slabs.size * step { try pause() }
      waited = asked.duration(to: .now)
    }
    stale = 0..<plan.gradients
  }

  /// Announces an addition to a range; true if nothing was added to it in this step, so that it must overwrite what is there.
  /// Gradients that come from the end to the start, as a backward pass makes them, thus need no zeros before. In any other
  /// order, the sums are zeroed first.
  package func beginAddition(to range: Range<Int>) -> Bool {
    if range.isEmpty || range.lowerBound >= stale.upperBound { return false }
    if range.upperBound == stale.upperBound {
      stale = 0..<range.lowerBound
      return true
    }
    zeroStale(from: 0)
    return false
  }

  /// Zeroes what nothing was added to, from a place on.
  private func zeroStale(from place: Int) {
    guard place < stale.upperBound else { return }
    (own + place).update(repeating: 0, count: stale.upperBound - place)
    stale = 0..<place
  }

  /// Declares that nothing more is added from `place` on. Places never increase within a step; the last is 0.
  package func complete(from place: Int) throws {
    try prepare()
    zeroStale(from: place)
    while completed < plan.buckets && plan.bucket(completed).lowerBound >= place {
      slabs.raise(GradientExchange.arrivals + completed)
      completed += 1
    }
  }

  /// Processes buckets that all ranks of the machine have completed, and messages that have arrived.
  package func pollProgress() throws {
    while isOwner && addedUp < completed
      && slabs.count(GradientExchange.arrivals + addedUp) == slabs.size * step
    {
      let slice = plan.slice(slabs.rank, of: addedUp)
      for (i, slab) in slabs.slabs.enumerated() where i != slabs.rank {
        ExactRounding.add(slab + slice.lowerBound, count: slice.count, to: own + slice.lowerBound)
      }
      try machines?.send(addedUp)
      addedUp += 1
    }
    try machines?.pollProgress()
  }

  /// Waits until all sums are complete.
  package func finish() throws {
    try complete(from: 0)
    if isOwner {
      while addedUp < plan.buckets || machines?.isFinished == false {
        try pollProgress()
        if addedUp < plan.buckets || machines?.isFinished == false { try pause() }
      }
      slabs.raise(GradientExchange.finished)
    }
    while slabs.count(GradientExchange.finished) < plan.owners * step { try pause() }
  }

  /// Floats of a part that ``read(into:_:)`` passes on.
  private static let partCount = 1 << 12

  /// Writes the sums, rounded to Float, and calls `body` after each part, from the first to the last. May be called until the next step
  /// begins.
  package func read(into values: UnsafeMutablePointer<Float>, _ body: (_ part: Range<Int>) -> Void = { _ in }) {
    for b in (0..<plan.buckets).reversed() {
      for owner in 0..<plan.owners {
        let (slice, slab) = (plan.slice(owner, of: b), slabs.slabs[owner])
        for first in stride(from: slice.lowerBound, to: slice.upperBound, by: GradientExchange.partCount) {
          let end = min(slice.upperBound, first + GradientExchange.partCount)
          ExactRounding.convert(slab + first, count: end - first, into: values + first)
          body(first..<end)
        }
      }
    }
  }

  /// Lets MPI progress, since other ranks may wait for it. Like MPI, a rank that has a core to itself does not yield:
  /// another process would take the core for milliseconds, the time of many messages.
  private func pause() throws {
    try communicator.pollProgress()
    if yields { sched_yield() }
  }

  /// Whether some ranks of the machine are bound to fewer CPUs than there are ranks.
  private static func isCrowded(_ machine: Communicator) throws -> Bool {
    let lists = try machine.allGather(Array(Processors.allowedList().utf8))
    return lists.contains { list in
      let cpus = Processors.numbers(String(decoding: list, as: UTF8.self)).count
      return cpus > 0 && lists.count { $0 == list } > cpus
    }
  }

  /// Open MPI's own setting for oversubscribed cores, which it cannot always detect.
  private static var isAskedToYield: Bool {
    getenv("OMPI_MCA_mpi_yield_when_idle").map { ["1", "true"].contains(String(cString: $0)) } ?? false
  }
}
