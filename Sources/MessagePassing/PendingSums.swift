internal import COpenMPI

/// Sums over all ranks that were begun and may not be finished, see ``Communicator/beginSum(of:into:count:_:)``.
struct PendingSums {
  fileprivate(set) var requests: [MPI_Request?] = []

  mutating func append(_ request: MPI_Request?) { requests.append(request) }

  /// Lets MPI go on with the sums, without waiting.
  mutating func advance() throws(MPIError) {
    guard !requests.isEmpty else { return }
    var done: Int32 = 0
    let code = MPI_Testall(Int32(requests.count), &requests, &done, akuru_statuses_ignore())
    try MPIError.check(code, "MPI_Testall")
    if done != 0 { requests.removeAll(keepingCapacity: true) }
  }

  /// Waits until all sums are there.
  mutating func finish() throws(MPIError) {
    guard !requests.isEmpty else { return }
    let code = MPI_Waitall(Int32(requests.count), &requests, akuru_statuses_ignore())
    try MPIError.check(code, "MPI_Waitall")
    requests.removeAll(keepingCapacity: true)
  }
}
