internal import CMPI

/// Adds up slices of gradients over machines, with messages that travel while other gradients are computed. It serves
/// one rank of a machine, which owns a slice of each bucket, and talks to the ranks that own that slice on the other
/// machines.
///
/// A slice has one part per machine (a direct reduce-scatter, then an allgather). For each bucket a rank sends its
/// machine's values of every other part to that part's machine, adds up the values that it receives for its own part,
/// and sends the sum to all. Messages progress only within ``pollProgress()``. Buffers are allocated once, for all
/// buckets.
final class MachineExchange {
  private let column: Communicator
  private let plan: BucketPlan
  private let precision: Precision
  /// This rank's slice of bucket b.
  private let slices: [Range<Int>]
  /// The slab that sums are read from and written to.
  private let slab: UnsafeMutablePointer<Double>

  /// There are no messages without MPI.
  private var ranks: akuru_mpi_ranks { column.world! }
  private var me: Int { column.rank }
  private var machines: Int { column.size }

  /// Three messages for each bucket and machine, see ``Message``; none if the bucket's part is empty or the machine is
  /// this one.
  private let requests: UnsafeMutableBufferPointer<akuru_mpi_request>
  private let finished: UnsafeMutableBufferPointer<Int32>
  private let statuses: UnsafeMutableBufferPointer<akuru_mpi_status>
  /// A buffer for each message, and one for each bucket's sum.
  private let buffers: [UnsafeMutableRawPointer]
  private let memory: UnsafeMutableRawPointer
  /// Whether a ``Message/exchanged`` request is the outgoing one.
  private var isSent: [Bool]
  private var states: [State]
  private var pendingMessages = 0
  private var pendingBuckets = 0
  /// Bytes sent since the exchange was created.
  private(set) var bytesSent = 0

  private struct State {
    /// Values of this machine's part that have not arrived.
    var missing = 0
    /// Sums of other parts that have not arrived.
    var missingSums = 0
    var isBegun = false
    var isAddedUp = false
  }

  /// The kinds of a bucket's messages.
  private enum Message: Int, CaseIterable {
    /// Another machine's values of this machine's part.
    case received
    /// This machine's values of another's part; then, in the same buffer, the sum of that part, which cannot arrive
    /// earlier.
    case exchanged
    /// The sum of this machine's part, to another.
    case sum
  }

  /// - Parameter column: the ranks that own the same slice, in the order of their machines.
  init(
    _ plan: BucketPlan, owner: Int, slab: UnsafeMutablePointer<Double>, precision: Precision,
    over column: Communicator
  ) {
    (self.column, self.plan, self.precision, self.slab) = (column, plan, precision, slab)
    let (me, machines) = (column.rank, column.size)
    let slices = (0..<plan.buckets).map { plan.slice(owner, of: $0) }
    self.slices = slices
    // The offset of each buffer.
    var offsets: [Int] = []
    var bytes = 0
    func reserve(_ machine: Int, _ b: Int) {
      offsets.append(bytes)
      bytes += (precision.mostBytes(plan.part(machine, of: slices[b]).count) + 63) & ~63
    }
    for message in Message.allCases {
      for b in 0..<plan.buckets {
        for machine in 0..<machines {
          // A bucket's sum uses the slot of the message from this machine to itself.
          switch message {
          case .received: reserve(me, b)
          case .exchanged: reserve(machine, b)
          case .sum: if machine == me { reserve(me, b) } else { offsets.append(0) }
          }
        }
      }
    }
    memory = .allocate(byteCount: max(bytes, 1), alignment: 64)
    buffers = offsets.map { [memory] in memory + $0 }
    requests = .allocate(capacity: offsets.count)
    requests.initialize(repeating: akuru_mpi_no_request())
    finished = .allocate(capacity: offsets.count)
    finished.initialize(repeating: 0)
    statuses = .allocate(capacity: offsets.count)
    statuses.initialize(repeating: akuru_mpi_status())
    isSent = Array(repeating: false, count: offsets.count)
    states = Array(repeating: State(), count: plan.buckets)
  }

  deinit {
    // A rank that stops in the middle of a step is about to exit; messages may arrive until then.
    guard isFinished else { return }
    memory.deallocate()
    requests.deallocate()
    finished.deallocate()
    statuses.deallocate()
  }

  /// Whether all messages of the step are done.
  var isFinished: Bool { pendingMessages == 0 && pendingBuckets == 0 }

  /// Starts a step: posts the receives for what other machines send.
  func begin() throws(MPIError) {
    precondition(isFinished, "finish a step before the next")
    pendingBuckets = plan.buckets
    for b in 0..<plan.buckets {
      states[b] = State()
      for machine in 0..<machines where machine != me {
        if count(me, b) > 0 {
          states[b].missing += 1
          try receive(.received, b, machine)
        }
        if count(machine, b) > 0 { states[b].missingSums += 1 }
      }
    }
  }

  /// Sends bucket b; the slab must hold this machine's sums of it.
  func send(_ b: Int) throws(MPIError) {
    precondition(!states[b].isBegun, "a bucket is sent once")
    states[b].isBegun = true
    for machine in 0..<machines where machine != me && count(machine, b) > 0 {
      let bytes = precision.pack(values(machine, b), count: count(machine, b), into: buffer(.exchanged, b, machine))
      try send(.exchanged, b, machine, bytes: bytes)
    }
    if states[b].missing == 0 { try addUp(b) }
  }

  /// Lets messages progress and processes those that have arrived, without waiting. Messages progress only if all ranks
  /// call it regularly.
  ///
  /// Throws ``MPIError`` or ``DamagedMessage``.
  func pollProgress() throws {
    while pendingMessages > 0 {
      var n: Int32 = 0
      let code = akuru_mpi_test_some(
        Int32(requests.count), requests.baseAddress, &n, finished.baseAddress, statuses.baseAddress)
      if code == akuru_mpi_error_in_status(),
        let failed = statuses.prefix(Int(n)).map(akuru_mpi_error).first(where: { $0 != akuru_mpi_success() })
      {
        throw MPIError(code: failed, function: "MPI_Testsome")
      }
      try MPIError.check(code, "MPI_Testsome")
      if n == 0 { return }
      pendingMessages -= Int(n)
      for i in 0..<Int(n) { try finish(Int(finished[i]), &statuses[i]) }
    }
  }

  /// Continues after a finished message.
  private func finish(_ index: Int, _ status: inout akuru_mpi_status) throws {
    let (b, machine) = (index / machines % plan.buckets, index % machines)
    var bytes: Int32 = 0
    switch Message(rawValue: index / machines / plan.buckets)! {
    case .received:
      try MPIError.check(akuru_mpi_bytes(&status, &bytes), "MPI_Get_count")
      try check(bytes, .received, b, machine, of: me)
      states[b].missing -= 1
      if states[b].isBegun && states[b].missing == 0 { try addUp(b) }
    case .exchanged where isSent[index]:
      // The sum of this part overwrites what was sent.
      try receive(.exchanged, b, machine)
    case .exchanged:
      try MPIError.check(akuru_mpi_bytes(&status, &bytes), "MPI_Get_count")
      try check(bytes, .exchanged, b, machine, of: machine)
      precision.unpack(
        buffer(.exchanged, b, machine), count: count(machine, b), to: values(machine, b), overwriting: true)
      states[b].missingSums -= 1
      finishBucket(b)
    case .sum: break
    }
  }

  private func check(_ bytes: Int32, _ message: Message, _ b: Int, _ machine: Int, of part: Int) throws(DamagedMessage)
  {
    if !precision.isWhole(buffer(message, b, machine), length: Int(bytes), count: count(part, b)) {
      throw DamagedMessage(machine: machine, bytes: Int(bytes), gradients: count(part, b))
    }
  }

  /// Adds up this machine's part of bucket b, in the order of machines, and sends the sum.
  private func addUp(_ b: Int) throws(MPIError) {
    states[b].isAddedUp = true
    let (n, sums, sum) = (count(me, b), values(me, b), buffer(.sum, b, me))
    if n > 0 {
      if precision == .float {
        // This machine's values are rounded like those of others, and added in the same order.
        _ = precision.pack(sums, count: n, into: sum)
      }
      for machine in 0..<machines {
        if machine != me {
          precision.unpack(
            buffer(.received, b, machine), count: n, to: sums, overwriting: precision == .float && machine == 0)
        } else if precision == .float {
          precision.unpack(sum, count: n, to: sums, overwriting: machine == 0)
        }
      }
      let bytes = precision.pack(sums, count: n, into: sum)
      if precision == .float { precision.unpack(sum, count: n, to: sums, overwriting: true) }
      for machine in 0..<machines where machine != me { try send(.sum, b, machine, bytes: bytes) }
    }
    finishBucket(b)
  }

  private func finishBucket(_ b: Int) {
    if states[b].isAddedUp && states[b].missingSums == 0 { pendingBuckets -= 1 }
  }

  // MARK: Messages

  private func index(_ message: Message, _ b: Int, _ machine: Int) -> Int {
    (message.rawValue * plan.buckets + b) * machines + machine
  }

  private func buffer(_ message: Message, _ b: Int, _ machine: Int) -> UnsafeMutableRawPointer {
    buffers[index(message, b, message == .sum ? me : machine)]
  }

  /// Gradients in a machine's part of bucket b, and their range.
  private func count(_ machine: Int, _ b: Int) -> Int { plan.part(machine, of: slices[b]).count }
  private func values(_ machine: Int, _ b: Int) -> UnsafeMutablePointer<Double> {
    slab + plan.part(machine, of: slices[b]).lowerBound
  }

  /// Parts have even tags, sums odd ones.
  private func tag(_ b: Int, isSum: Bool) -> Int32 { Int32(2 * b + (isSum ? 1 : 0)) }

  private func receive(_ message: Message, _ b: Int, _ machine: Int) throws(MPIError) {
    let (i, isSum) = (index(message, b, machine), message == .exchanged)
    isSent[i] = false
    let most = precision.mostBytes(count(isSum ? machine : me, b))
    let code = akuru_mpi_begin_receive(
      buffer(message, b, machine), Int32(most), Int32(machine), tag(b, isSum: isSum), ranks,
      requests.baseAddress! + i)
    try MPIError.check(code, "MPI_Irecv")
    pendingMessages += 1
  }

  private func send(_ message: Message, _ b: Int, _ machine: Int, bytes: Int) throws(MPIError) {
    let i = index(message, b, machine)
    isSent[i] = true
    let code = akuru_mpi_begin_send(
      buffer(message, b, machine), Int32(bytes), Int32(machine), tag(b, isSum: message == .sum), ranks,
      requests.baseAddress! + i)
    try MPIError.check(code, "MPI_Isend")
    pendingMessages += 1
    bytesSent += bytes
  }
}

/// A message that is not validly packed.
struct DamagedMessage: Error, CustomStringConvertible, Equatable {
  /// The machine that sent it.
  let machine: Int
  let bytes: Int
  let gradients: Int

  var description: String {
    "\(bytes) bytes from machine \(machine) are not \(gradients) packed gradients: a damaged message"
  }
}
