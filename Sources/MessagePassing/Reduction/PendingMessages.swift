internal import CMPI

/// Messages between machines that have been begun and are not done. Each has a slot, whose meaning its user knows, with a buffer that
/// is allocated once. They progress only within ``poll(_:)``.
final class PendingMessages {
  private let column: Communicator
  /// A buffer for each slot.
  let buffers: [UnsafeMutableRawPointer]
  private let memory: UnsafeMutableRawPointer
  private let requests: UnsafeMutableBufferPointer<akuru_mpi_request>
  private let finished: UnsafeMutableBufferPointer<Int32>
  private let statuses: UnsafeMutableBufferPointer<akuru_mpi_status>
  /// Whether the message of a slot comes in.
  private var isReceived: [Bool]
  private(set) var count = 0
  /// Bytes sent so far.
  private(set) var bytesSent = 0

  /// There are no messages without MPI.
  private var ranks: akuru_mpi_ranks { column.world! }

  /// - Parameter bytes: of the buffer of each slot.
  init(bytes: [Int], over column: Communicator) {
    self.column = column
    let (slots, line) = (bytes.count, 64)
    var (offsets, end): ([Int], Int) = ([], 0)
    for count in bytes {
      offsets.append(end)
      end += (count + line - 1) & -line
    }
    memory = .allocate(byteCount: max(end, 1), alignment: line)
    buffers = offsets.map { [memory] in memory + $0 }
    requests = .allocate(capacity: slots)
    requests.initialize(repeating: akuru_mpi_no_request())
    finished = .allocate(capacity: slots)
    finished.initialize(repeating: 0)
    statuses = .allocate(capacity: slots)
    statuses.initialize(repeating: akuru_mpi_status())
    isReceived = Array(repeating: false, count: slots)
  }

  deinit {
    // A rank that stops in the middle of a step is about to exit; messages may arrive until then.
    guard count == 0 else { return }
    memory.deallocate()
    requests.deallocate()
    finished.deallocate()
    statuses.deallocate()
  }

  /// Begins to receive a message of at most so many bytes.
  func receive(_ slot: Int, mostBytes: Int, from machine: Int, tag: Int) throws(MPIError) {
    try begin(
      slot, isReceived: true, "MPI_Irecv",
      akuru_mpi_begin_receive(
        buffers[slot], Int32(mostBytes), Int32(machine), Int32(tag), ranks, requests.baseAddress! + slot))
  }

  /// Begins to send a buffer, which must stay as it is until it is done.
  func send(_ slot: Int, _ buffer: UnsafeMutableRawPointer, bytes: Int, to machine: Int, tag: Int) throws(MPIError) {
    try begin(
      slot, isReceived: false, "MPI_Isend",
      akuru_mpi_begin_send(
        buffer, Int32(bytes), Int32(machine), Int32(tag), ranks, requests.baseAddress! + slot))
    bytesSent += bytes
  }

  private func begin(_ slot: Int, isReceived: Bool, _ function: String, _ code: Int32) throws(MPIError) {
    try MPIError.check(code, function)
    self.isReceived[slot] = isReceived
    count += 1
  }

  /// Lets messages progress, without waiting, and hands over the slots of those that are done: with the number of bytes
  /// that were received, or nil if the message was sent. `process` may begin other messages, in that slot too.
  func poll(_ process: (_ slot: Int, _ received: Int?) throws -> Void) throws {
    while count > 0 {
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
      count -= Int(n)
      for i in 0..<Int(n) {
        let slot = Int(finished[i])
        var bytes: Int32?
        if isReceived[slot] {
          var received: Int32 = 0
          try MPIError.check(akuru_mpi_bytes(&statuses[i], &received), "MPI_Get_count")
          bytes = received
        }
        try process(slot, bytes.map { Int($0) })
      }
    }
  }
}
