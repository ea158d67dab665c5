/// The exchange of large slices, over few machines, and of rounded sums.
///
/// A slice has one part per machine (a direct reduce-scatter, then an allgather). For each bucket a rank sends its
/// machine's values of every other part to that part's machine, adds up the values that it receives for its own part,
/// and sends the sum to all. Buffers are allocated once, for all buckets.
final class DirectExchange: MachineExchange {
  private let plan: BucketPlan
  private let precision: Precision
  /// This rank's slice of bucket b.
  private let slices: [Range<Int>]
  /// The slab that sums are read from and written to.
  private let slab: UnsafeMutablePointer<Double>

  private let (me, machines): (Int, Int)

  /// Three messages for each bucket and machine, see ``Message``; none if the bucket's part is empty or the machine is
  /// this one.
  private let messages: PendingMessages
  private var states: [State]
  private var pendingBuckets = 0

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
    (self.plan, self.precision, self.slab) = (plan, precision, slab)
    let (me, machines) = (column.rank, column.size)
    (self.me, self.machines) = (me, machines)
    let slices = (0..<plan.buckets).map { plan.slice(owner, of: $0) }
    self.slices = slices
    var bytes: [Int] = []
    func reserve(_ machine: Int, _ b: Int) {
      bytes.append(precision.mostBytes(plan.part(machine, of: slices[b]).count))
    }
    for message in Message.allCases {
      for b in 0..<plan.buckets {
        for machine in 0..<machines {
          // A bucket's sum uses the slot of the message from this machine to itself.
          switch message {
          case .received: reserve(me, b)
          case .exchanged: reserve(machine, b)
          case .sum: if machine == me { reserve(me, b) } else { bytes.append(0) }
          }
        }
      }
    }
    messages = PendingMessages(bytes: bytes, over: column)
    states = Array(repeating: State(), count: plan.buckets)
  }

  var isFinished: Bool { messages.count == 0 && pendingBuckets == 0 }
  var bytesSent: Int { messages.bytesSent }

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

  func send(_ b: Int) throws(MPIError) {
    precondition(!states[b].isBegun, "a bucket is sent once")
    states[b].isBegun = true
    for machine in 0..<machines where machine != me && count(machine, b) > 0 {
      let bytes = precision.pack(values(machine, b), count: count(machine, b), into: buffer(.exchanged, b, machine))
      try send(.exchanged, b, machine, bytes: bytes)
    }
    if states[b].missing == 0 { try addUp(b) }
  }

  func pollProgress() throws {
    try messages.poll { [self] slot, received in try finish(slot, received) }
  }

  /// Continues after a finished message.
  private func finish(_ index: Int, _ received: Int?) throws {
    let (b, machine) = (index / machines % plan.buckets, index % machines)
    switch (Message(rawValue: index / machines / plan.buckets)!, received) {
    case (.received, let bytes?):
      try check(bytes, .received, b, machine, of: me)
      states[b].missing -= 1
      if states[b].isBegun && states[b].missing == 0 { try addUp(b) }
    case (.exchanged, nil):
      // The sum of this part overwrites what was sent.
      try receive(.exchanged, b, machine)
    case (.exchanged, let bytes?):
      try check(bytes, .exchanged, b, machine, of: machine)
      precision.unpack(
        buffer(.exchanged, b, machine), count: count(machine, b), to: values(machine, b), overwriting: true)
      states[b].missingSums -= 1
      finishBucket(b)
    case (.received, nil), (.sum, _): break
    }
  }

  private func check(_ bytes: Int, _ message: Message, _ b: Int, _ machine: Int, of part: Int) throws(DamagedMessage) {
    if !precision.isWhole(buffer(message, b, machine), length: bytes, count: count(part, b)) {
      throw DamagedMessage(machine: machine, bytes: bytes, gradients: count(part, b))
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
    messages.buffers[index(message, b, message == .sum ? me : machine)]
  }

  /// Gradients in a machine's part of bucket b, and their range.
  private func count(_ machine: Int, _ b: Int) -> Int { plan.part(machine, of: slices[b]).count }
  private func values(_ machine: Int, _ b: Int) -> UnsafeMutablePointer<Double> {
    slab + plan.part(machine, of: slices[b]).lowerBound
  }

  /// Parts have even tags, sums odd ones.
  private func tag(_ b: Int, isSum: Bool) -> Int { 2 * b + (isSum ? 1 : 0) }

  private func receive(_ message: Message, _ b: Int, _ machine: Int) throws(MPIError) {
    let isSum = message == .exchanged
    try messages.receive(
      index(message, b, machine), mostBytes: precision.mostBytes(count(isSum ? machine : me, b)), from: machine,
      tag: tag(b, isSum: isSum))
  }

  private func send(_ message: Message, _ b: Int, _ machine: Int, bytes: Int) throws(MPIError) {
    try messages.send(
      index(message, b, machine), buffer(message, b, machine), bytes: bytes, to: machine,
      tag: tag(b, isSum: message == .sum))
  }
}
