/// The exchange of small slices over many machines, by ``RecursiveSchedule``. Only exact sums: the order of additions depends
/// on the machines.
///
/// Each leg of each bucket has its own buffers, allocated once, and its receive is posted when the step begins.
final class RecursiveExchange: MachineExchange {
  private let plan: BucketPlan
  private let schedule: RecursiveSchedule
  private let slab: UnsafeMutablePointer<Double>
  /// This rank's slice of bucket b.
  private let slices: [Range<Int>]
  /// Two slots for each leg of each bucket: what comes in, and what is sent.
  private let messages: PendingMessages
  private var states: [State]
  private var pendingBuckets = 0

  private struct State {
    /// The leg that is under way, one behind the last if the bucket is done; nil until the bucket is sent.
    var leg: Int?
    /// Bytes of the legs' messages that have arrived.
    var arrived: [Int?]
  }

  /// - Parameter column: the ranks that own the same slice, in the order of their machines.
  init(_ plan: BucketPlan, owner: Int, slab: UnsafeMutablePointer<Double>, over column: Communicator) {
    (self.plan, self.slab) = (plan, slab)
    let schedule = RecursiveSchedule(machine: column.rank, of: column.size)
    let slices = (0..<plan.buckets).map { plan.slice(owner, of: $0) }
    (self.schedule, self.slices) = (schedule, slices)
    let bytes = slices.flatMap { slice in
      schedule.legs.flatMap { leg in
        [leg.received, leg.sent].map { Precision.exact.mostBytes(plan.parts($0, of: slice).count) }
      }
    }
    messages = PendingMessages(bytes: bytes, over: column)
    states = Array(
      repeating: State(leg: nil, arrived: Array(repeating: nil, count: schedule.legs.count)), count: plan.buckets)
  }

  var isFinished: Bool { messages.count == 0 && pendingBuckets == 0 }
  var bytesSent: Int { messages.bytesSent }

  func begin() throws(MPIError) {
    precondition(isFinished, "finish a step before the next")
    pendingBuckets = plan.buckets
    for b in 0..<plan.buckets {
      states[b].leg = nil
      for (l, leg) in schedule.legs.enumerated() {
        states[b].arrived[l] = nil
        let count = values(leg.received, b).count
        guard count > 0 else { continue }
        try messages.receive(
          slot(b, l), mostBytes: Precision.exact.mostBytes(count), from: leg.machine, tag: tag(b, leg))
      }
    }
  }

  func send(_ b: Int) throws {
    precondition(states[b].leg == nil, "a bucket is sent once")
    try enter(0, b)
    try advance(b)
  }

  func pollProgress() throws {
    try messages.poll { [self] slot, received in
      guard let received else { return }
      let (b, l) = (slot / 2 / schedule.legs.count, slot / 2 % schedule.legs.count)
      states[b].arrived[l] = received
      try advance(b)
    }
  }

  /// Begins a leg: sends what it sends. After the last leg, the bucket is done.
  private func enter(_ l: Int, _ b: Int) throws(MPIError) {
    states[b].leg = l
    guard l < schedule.legs.count else {
      pendingBuckets -= 1
      return
    }
    let leg = schedule.legs[l]
    let sent = values(leg.sent, b)
    guard sent.count > 0 else { return }
    let buffer = messages.buffers[slot(b, l) + 1]
    let bytes = Precision.exact.pack(slab + sent.lowerBound, count: sent.count, into: buffer)
    try messages.send(slot(b, l) + 1, buffer, bytes: bytes, to: leg.machine, tag: tag(b, leg))
  }

  /// Processes the legs of a bucket whose messages have arrived, in order.
  private func advance(_ b: Int) throws {
    while let l = states[b].leg, l < schedule.legs.count {
      let leg = schedule.legs[l]
      let range = values(leg.received, b)
      if range.count > 0 {
        guard let bytes = states[b].arrived[l] else { return }
        let buffer = messages.buffers[slot(b, l)]
        guard Precision.exact.isWhole(buffer, length: bytes, count: range.count) else {
          throw DamagedMessage(machine: leg.machine, bytes: bytes, gradients: range.count)
        }
        Precision.exact.unpack(buffer, count: range.count, to: slab + range.lowerBound, overwriting: !leg.adds)
      }
      try enter(l + 1, b)
    }
  }

  private func slot(_ b: Int, _ leg: Int) -> Int { 2 * (b * schedule.legs.count + leg) }

  /// The gradients of some parts of this rank's slice.
  private func values(_ parts: Range<Int>, _ b: Int) -> Range<Int> { plan.parts(parts, of: slices[b]) }

  /// Two machines exchange at most one message each way to add, and one of sums.
  private func tag(_ b: Int, _ leg: RecursiveSchedule.Leg) -> Int { 2 * b + (leg.adds ? 0 : 1) }
}
