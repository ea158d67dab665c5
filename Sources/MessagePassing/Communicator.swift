internal import CMPI

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// All ranks of the job (`MPI_COMM_WORLD`), or those of one machine, and the collective operations among them.
/// Every rank must make each collective call, in the same order. All calls come from the thread that runs
/// ``MPIRuntime/run(exitCode:_:)``. All methods throw ``MPIError`` when MPI returns an error code.
package final class Communicator {
  /// This process's number, 0..<size.
  package let rank: Int
  /// Processes in the job, or on the machine.
  package let size: Int
  /// The machine this rank runs on.
  package let hostName: String
  /// Whether all ranks run on one machine, where messages are nearly free.
  package let isOneMachine: Bool

  /// The limit of elements per MPI call (MPI counts are Int32); more are split over several calls. The same on all
  /// ranks. Tests lower it.
  package var largestCount = Int(Int32.max) {
    didSet { largestCount = min(max(largestCount, 1), Int(Int32.max)) }
  }

  /// nil without MPI.
  let world: akuru_mpi_ranks?
  let exitCode: (any Error) -> Int32
  /// Created at its first use.
  private var machine: Communicator?
  private static let gatherTag: Int32 = 1
  private static let clockTag: Int32 = 2
  /// A tag that no message has, for probes in ``pollProgress()``.
  private static let noTag: Int32 = 3
  private static let noRank: Int32 = 0

  /// This process alone, without MPI: rank 0 of 1, for commands and tests that need no other ranks.
  package init() {
    (rank, size, isOneMachine, world, exitCode) = (0, 1, true, nil, { _ in 1 })
    hostName = Self.ownHostName
  }

  /// This machine's name, as the system knows it; MPI may know it by another.
  package static var ownHostName: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
      guard gethostname(name.baseAddress!, name.count - 1) == 0 else { return "localhost" }
      name[255] = 0
      return String(cString: name.baseAddress!)
    }
  }

  /// All ranks, after MPI has started.
  convenience init(exitCode: @escaping (any Error) -> Int32) throws {
    try self.init(akuru_mpi_all(), exitCode: exitCode)
  }

  private init(_ ranks: akuru_mpi_ranks, exitCode: @escaping (any Error) -> Int32) throws {
    self.exitCode = exitCode
    world = ranks
    var (rank, size, length) = (Int32(0), Int32(0), Int32(0))
    try MPIError.check(akuru_mpi_rank(ranks, &rank), "MPI_Comm_rank")
    try MPIError.check(akuru_mpi_size(ranks, &size), "MPI_Comm_size")
    var name = [CChar](repeating: 0, count: Int(akuru_mpi_longest_text()))
    try MPIError.check(akuru_mpi_machine(&name, &length), "MPI_Get_processor_name")
    (self.rank, self.size) = (Int(rank), Int(size))
    var (machine, neighbors) = (try Communicator.machine(of: ranks), Int32(0))
    try MPIError.check(akuru_mpi_size(machine, &neighbors), "MPI_Comm_size")
    try MPIError.check(akuru_mpi_free(&machine), "MPI_Comm_free")
    isOneMachine = neighbors == size
    hostName = String(decoding: name.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The ranks on this rank's machine, in the order of this communicator: those that can share memory. Only these ranks
  /// make its collective calls, and an error that they throw together does not concern the whole job.
  ///
  /// The first call is collective.
  package func sameMachine() throws -> Communicator {
    guard let world else { return self }
    if let machine { return machine }
    let ranks = try Communicator.machine(of: world)
    let communicator = try Communicator(ranks, exitCode: exitCode)
    machine = communicator
    return communicator
  }

  /// The ranks that share memory with this one, in the same order.
  ///
  /// For tests, `AKURU_MACHINES=N` simulates N machines on one: rank r of the job belongs to machine r % N.
  private static func machine(of all: akuru_mpi_ranks) throws -> akuru_mpi_ranks {
    var ranks = all
    try MPIError.check(akuru_mpi_split_by_machine(all, &ranks), "MPI_Comm_split_type")
    if let machines = getenv("AKURU_MACHINES").flatMap({ Int32(String(cString: $0)) }), machines > 0 {
      var (real, number) = (ranks, Int32(0))
      try MPIError.check(akuru_mpi_rank(akuru_mpi_all(), &number), "MPI_Comm_rank")
      try MPIError.check(akuru_mpi_split(real, number % machines, number, &ranks), "MPI_Comm_split")
      try MPIError.check(akuru_mpi_free(&real), "MPI_Comm_free")
    }
    try MPIError.check(akuru_mpi_return_errors(ranks), "MPI_Comm_set_errhandler")
    return ranks
  }

  /// The ranks that give the same `part`, ordered by `order`; nil for a rank that gives no part. Collective.
  func split(part: Int?, order: Int) throws -> Communicator? {
    guard let world else { return part == nil ? nil : self }
    var ranks = world
    let code = akuru_mpi_split(world, part.map(Int32.init) ?? -1, Int32(order), &ranks)
    try MPIError.check(code, "MPI_Comm_split")
    guard part != nil else { return nil }
    try MPIError.check(akuru_mpi_return_errors(ranks), "MPI_Comm_set_errhandler")
    return try Communicator(ranks, exitCode: exitCode)
  }

  /// Lets MPI progress messages of other ranks, without waiting.
  func pollProgress() throws {
    guard let world else { return }
    var found: Int32 = 0
    let code = akuru_mpi_probe(Communicator.noRank, Communicator.noTag, world, &found)
    try MPIError.check(code, "MPI_Iprobe")
  }

  /// Waits until all ranks have called it.
  package func barrier() throws {
    if let world { try MPIError.check(akuru_mpi_barrier(world), "MPI_Barrier") }
  }

  /// Ends all ranks; mpirun exits with `code`.
  package func abort(_ code: Int32) -> Never {
    fflush(nil)
    if world != nil { akuru_mpi_abort(code) }
    _exit(code)
  }

  // MARK: Broadcast

  /// Overwrites every other rank's bytes with those of rank `root`; all buffers have the same size.
  package func broadcast(_ buffer: UnsafeMutableRawBufferPointer, from root: Int = 0) throws {
    try inPieces(buffer.baseAddress, count: buffer.count, stride: 1, "MPI_Bcast") {
      akuru_mpi_broadcast($0, $1, Int32(clamping: root), $2)
    }
  }

  /// Returns the bytes of rank `root` on every rank; the others may pass nil and need not know the length.
  package func broadcast(_ bytes: [UInt8]?, from root: Int = 0) throws -> [UInt8] {
    precondition(rank != root || bytes != nil, "the root of a broadcast gives the bytes")
    var count = Int64(rank == root ? bytes?.count ?? 0 : 0)
    try withUnsafeMutableBytes(of: &count) { try broadcast($0, from: root) }
    var result = rank == root ? bytes ?? [] : [UInt8](repeating: 0, count: Int(count))
    try result.withUnsafeMutableBytes { try broadcast($0, from: root) }
    return result
  }

  // MARK: Reductions

  /// Replaces each of the `count` values by its sum over all ranks. The order of the additions is MPI's: only sums that
  /// never round (``ExactReducer``) are reproducible for any number of ranks.
  package func allreduceSum(_ values: UnsafeMutablePointer<Double>, count: Int) throws {
    try inPieces(values, count: count, stride: MemoryLayout<Double>.stride, "MPI_Allreduce") {
      akuru_mpi_sum_doubles($0, $1, $2)
    }
  }

  /// Element-wise sums over all ranks; every rank passes the same number of values.
  package func allreduceSum(_ values: [Int64]) throws -> [Int64] {
    try allreduce(values, akuru_mpi_sum_integers)
  }

  /// Element-wise maxima over all ranks; every rank passes the same number of values.
  package func allreduceMax(_ values: [Int64]) throws -> [Int64] {
    try allreduce(values, akuru_mpi_max_integers)
  }

  /// Element-wise maxima over all ranks; every rank passes the same number of values, none of them NaN.
  package func allreduceMax(_ values: [Double]) throws -> [Double] {
    try allreduce(values, akuru_mpi_max_doubles)
  }

  private func allreduce<Element>(
    _ values: [Element], _ operation: (UnsafeMutableRawPointer?, Int32, akuru_mpi_ranks) -> Int32
  ) throws -> [Element] {
    var result = values
    try result.withUnsafeMutableBytes { bytes in
      try inPieces(
        bytes.baseAddress, count: values.count, stride: MemoryLayout<Element>.stride, "MPI_Allreduce", operation)
    }
    return result
  }

  // MARK: Gathering

  /// The bytes of every rank in rank order, at rank 0; the other ranks get an empty array. Lengths may differ.
  package func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var all: [[UInt8]] = []
    try gather(bytes) { all.append($0) }
    return all
  }

  /// Calls `body` at rank 0 with the bytes of each rank in turn; only one rank's bytes are in memory at a time.
  ///
  /// - Parameter body: must not throw: a throw would leave the other ranks' sends unmatched.
  package func gather(_ bytes: [UInt8], _ body: ([UInt8]) -> Void) throws {
    let counts = try lengths(bytes)
    if rank != 0 {
      var bytes = bytes
      try bytes.withUnsafeMutableBytes { buffer in
        try inPieces(buffer.baseAddress, count: buffer.count, stride: 1, "MPI_Send") {
          akuru_mpi_send($0, $1, 0, Communicator.gatherTag, $2)
        }
      }
      return
    }
    body(bytes)
    for other in 1..<size {
      var received = [UInt8](repeating: 0, count: counts[other])
      try received.withUnsafeMutableBytes { buffer in
        try inPieces(buffer.baseAddress, count: buffer.count, stride: 1, "MPI_Recv") {
          akuru_mpi_receive($0, $1, Int32(other), Communicator.gatherTag, $2)
        }
      }
      body(received)
    }
  }

  /// The bytes of every rank in rank order, at every rank. Lengths may differ.
  ///
  /// - Complexity: two collective calls, and O(total bytes) of memory and traffic on each rank. If the total exceeds
  ///   ``largestCount``, one broadcast per rank replaces the second call.
  package func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    guard let world else { return [bytes] }
    let counts = try lengths(bytes)
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    var all = [UInt8](repeating: 0, count: starts[size])
    if all.count <= largestCount {
      // MPI's counts and displacements are Int32.
      let code = akuru_mpi_gather_all(
        bytes, Int32(bytes.count), &all, counts.map(Int32.init), starts.map(Int32.init), world)
      try MPIError.check(code, "MPI_Allgatherv")
    } else {
      all.replaceSubrange(starts[rank]..<starts[rank + 1], with: bytes)
      try all.withUnsafeMutableBytes { all in
        for root in 0..<size {
          try broadcast(UnsafeMutableRawBufferPointer(rebasing: all[starts[root]..<starts[root + 1]]), from: root)
        }
      }
    }
    return (0..<size).map { Array(all[starts[$0]..<starts[$0 + 1]]) }
  }

  /// The number of bytes of each rank.
  private func lengths(_ bytes: [UInt8]) throws -> [Int] {
    var counts = [Int64](repeating: 0, count: size)
    counts[rank] = Int64(bytes.count)
    return try allreduceSum(counts).map(Int.init)
  }

  // MARK: Clocks

  /// How far this rank's clock is ahead of rank 0's. Rank 0 asks each rank for the time; the fastest answer counts
  /// (Cristian 1989). The error is at most half of the round-trip time.
  ///
  /// - Parameter clock: reads the clock in nanoseconds.
  package func clockOffset(rounds: Int = 10, _ clock: () -> Int64) throws -> Int64 {
    guard let world, size > 1 else { return 0 }
    func send(_ value: Int64, to other: Int) throws {
      var value = value
      try MPIError.check(
        akuru_mpi_send(&value, 8, Int32(other), Communicator.clockTag, world), "MPI_Send")
    }
    func receive(from other: Int) throws -> Int64 {
      var value: Int64 = 0
      try MPIError.check(
        akuru_mpi_receive(&value, 8, Int32(other), Communicator.clockTag, world), "MPI_Recv")
      return value
    }
    guard rank == 0 else {
      for _ in 0..<rounds {
        _ = try receive(from: 0)
        try send(clock(), to: 0)
      }
      return try receive(from: 0)
    }
    for other in 1..<size {
      var (offset, fastest) = (Int64(0), Int64.max)
      for _ in 0..<rounds {
        let asked = clock()
        try send(0, to: other)
        let (answer, now) = (try receive(from: other), clock())
        if now - asked < fastest { (offset, fastest) = (answer - (asked + now) / 2, now - asked) }
      }
      try send(offset, to: other)
    }
    return 0
  }

  /// Calls `call` with the address and number of elements of consecutive pieces of at most ``largestCount``.
  private func inPieces(
    _ base: UnsafeMutableRawPointer?, count: Int, stride: Int, _ function: String,
    _ call: (UnsafeMutableRawPointer?, Int32, akuru_mpi_ranks) -> Int32
  ) throws {
    guard let world else { return }
    var start = 0
    while start < count {
      let n = min(count - start, largestCount)
      try MPIError.check(call(base.map { $0 + start * stride }, Int32(n), world), function)
      start += n
    }
  }
}
