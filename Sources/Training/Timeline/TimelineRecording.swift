import Files
import Foundation
import Instrumentation
import Logging
import MessagePassing

/// A timeline that is being recorded: its file, and the offset of this rank's clock from rank 0's.
struct TimelineRecording {
  private let path: String
  /// The reading of this rank's clock at time zero of the timeline.
  private let zero: Int64

  /// Starts recording on all ranks, after rank 0 has opened the file. Collective.
  init(_ path: String, over communicator: Communicator) throws {
    try communicator.together {
      if communicator.rank == 0 { try AtomicFile.write(Array("[]\n".utf8), to: path) }
    }
    let zero = try communicator.fromRankZero { Trace.now() }
    let offset = try communicator.clockOffset(Trace.now)
    Trace.start()
    (self.path, self.zero) = (path, zero + offset)
  }

  /// Stops recording; rank 0 writes the events of all ranks. A failure to write is a warning. Collective.
  func finish(over communicator: Communicator, log: Logger) throws {
    guard let events = Trace.stop() else { return }
    let lost = try communicator.allreduceMax([Int64(events.lost)])[0]
    if lost > 0 {
      log.warning(
        "the timeline has the newest \(Trace.capacity) events of each rank; up to \(lost) older ones are left out")
    }
    var file: TraceFile?
    if communicator.rank == 0 { file = TraceFile(path) }
    let name = Array("rank \(communicator.rank) on \(communicator.hostName)".utf8)
    var names: [[UInt8]] = []
    try communicator.gather(name) { names.append($0) }
    var rank = 0
    try communicator.gather(events.bytes(zero: zero)) {
      file?.append(TraceEvents.events($0), rank: rank, name: String(decoding: names[rank], as: UTF8.self))
      rank += 1
      Heartbeat.tick()
    }
    guard let file else { return }
    do {
      try file.finish()
      log.info("timeline: \(path); open it in https://ui.perfetto.dev")
    } catch {
      log.warning("\(error); there is no timeline")
    }
  }
}
