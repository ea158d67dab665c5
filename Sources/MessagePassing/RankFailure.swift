/// What a rank threw inside ``Communicator/together(_:)``; every rank throws it.
package struct RankFailure: CollectiveFailure, CustomStringConvertible, Equatable {
  /// The lowest rank that failed; its message and exit code are used.
  package let rank: Int
  package let hostName: String
  package let message: String
  package let exitCode: Int32
  /// True if all ranks failed with this message, so that no single one caused it.
  package let everywhere: Bool

  package var description: String { everywhere ? message : "rank \(rank) on \(hostName): \(message)" }
}

extension Communicator {
  /// Runs `work`, which may fail on some or all ranks (for example reading the data set), and waits for all ranks.
  ///
  /// If any rank fails, every rank throws the same ``RankFailure``, so the job ends in order with one line and one exit
  /// code instead of one per rank; a single rank throws the error itself. `work` must not make collective calls: a rank
  /// that throws would miss them.
  ///
  /// - Complexity: one reduction of an integer, O(log P) messages for P ranks. Only after a failure, an
  ///   ``allGather(_:)`` of the messages.
  package func together<Result>(_ work: () throws -> Result) throws -> Result {
    if size == 1 { return try work() }
    var (result, report) = (Result?.none, [UInt8]())
    do {
      result = try work()
    } catch {
      report = encode([hostName, "\(exitCode(error))", "\(error)"])
    }
    let hasFailed = try allreduceMax([result == nil ? 1 : Int64(0)])[0] == 1
    if let result, !hasFailed { return result }
    let reports = try allGather(report)
    let rank = reports.firstIndex { !$0.isEmpty } ?? 0
    let fields = decode(reports[rank]).map { String(decoding: $0, as: UTF8.self) }
    throw RankFailure(
      rank: rank, hostName: fields.first ?? "", message: fields.last ?? "",
      exitCode: fields.count == 3 ? Int32(fields[1]) ?? 1 : 1,
      everywhere: reports.allSatisfy { decode($0).last == decode(reports[rank]).last })
  }
}
