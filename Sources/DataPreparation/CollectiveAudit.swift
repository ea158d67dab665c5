import Console
import Datasets
import Files
import Foundation
import Instrumentation
import MessagePassing

/// Audits a data set, with a share on each rank; all ranks return the whole result. Collective.
///
/// - Parameters:
///   - folder: where rank 0 remembers the result, see ``RememberedAudit``; nil if nowhere.
///   - output: the log that shows progress.
package func audit(
  _ audit: Audit, rememberedIn folder: String? = nil, over communicator: Communicator, output: RunLog? = nil
) throws -> AuditResult {
  let memory = try communicator.together {
    guard let folder, communicator.rank == 0 else { return RememberedAudit?.none }
    return try RememberedAudit(of: audit, in: folder, tick: { Heartbeat.tick() })
  }
  if folder != nil {
    let known = memory?.read()
    let payload = try communicator.broadcast(communicator.rank == 0 ? known?.payload ?? [] : nil)
    if !payload.isEmpty {
      if let memory { output?.logger().info("images looked at before: \(memory.path); their files have not changed") }
      let result = try communicator.together {
        guard let result = known?.result ?? RememberedAudit.result(payload) else {
          throw DataSetError.invalid(reason: "rank 0 sent a remembered audit that is damaged")
        }
        return result
      }
      return result.adding(audit.dataSet.leftOut)
    }
  }
  let parts = try slices(of: audit, over: communicator, output: output)
  let whole = try communicator.together {
    try AuditResult.mergingRecords(
      parts.map { try JSONDecoder().decode(AuditResult.self, from: Data($0)) }, of: audit.dataSet)
  }
  do throws(FileError) {
    try memory?.write(whole)
  } catch {
    output?.logger().warning("the next start looks at all images again: \(error)")
  }
  return whole.adding(audit.dataSet.leftOut)
}

/// Each rank's slice as JSON, on all ranks. Collective.
private func slices(of audit: Audit, over communicator: Communicator, output: RunLog?) throws -> [[UInt8]] {
  let progress = WorkProgress(
    "looking at images", total: audit.dataSet.records.count / communicator.size, ranks: communicator.size, output)
  defer { progress.finish() }
  let slice = try communicator.together {
    try audit.runSlice(
      rank: communicator.rank, ranks: communicator.size,
      threads: communicator.size == 1 ? ProcessInfo.processInfo.activeProcessorCount : 1,
      while: {
        progress.tick()
        return Heartbeat.goesOn()
      })
  }
  try communicator.leaveIfStopIsRequested()
  return try communicator.allGather(Array(JSONEncoder().encode(slice)))
}
