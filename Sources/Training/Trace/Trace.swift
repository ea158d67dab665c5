import Foundation
import Logging
import MessagePassing

/// The timeline of a run: what each rank did when, for `--trace`. Off, it costs one test of a variable; on, its memory is
/// taken before the first step.
///
/// It belongs to the thread that trains.
package enum Trace {
  /// What takes a rank's time.
  package enum Kind: UInt8, CaseIterable, Sendable {
    /// Waiting for the loader.
    case load
    /// The network forward, and the loss.
    case forward
    /// The network backward, and the addition to the rank's sum; on several machines, also what is sent meanwhile.
    case backward
    /// Waiting for the other ranks to come to the end of their work.
    case wait
    /// Adding up over all ranks.
    case reduce
    /// Clipping and optimizer.
    case update
    case evaluate
    case checkpoint
  }

  /// Events a rank keeps: the newest. A step has three for each micro-batch of the rank, and three more.
  static let capacity = 1 << 17

  // Set before the first step, by the thread that trains.
  nonisolated(unsafe) private static var events: TraceEvents?
  nonisolated(unsafe) private static var step = 0

  static var isOn: Bool { events != nil }

  /// The step that the next events belong to.
  static func begin(step number: Int) { step = number }

  /// Does the work, and notes when.
  @inline(__always)
  static func span<Value>(_ kind: Kind, _ work: () throws -> Value) rethrows -> Value {
    guard let events else { return try work() }
    let start = now()
    defer { events.add(TraceEvent(kind: kind, step: step, start: start, duration: now() - start)) }
    return try work()
  }

  /// The monotonic clock in nanoseconds.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// A timeline being taken: where it will be written, and what puts this rank's times on rank 0's clock.
  struct Recording {
    let path: String
    /// What this rank's clock says at the time zero of the timeline.
    let zero: Int64
  }

  /// Begins to take events on all ranks, after rank 0 has made sure that it can write the file.
  static func record(to path: String, over communicator: Communicator) throws -> Recording {
    try communicator.together {
      if communicator.rank == 0 { try AtomicFile.write(Array("[]\n".utf8), to: path) }
    }
    let zero = try communicator.fromRankZero { now() }
    let offset = try communicator.clockOffset(now)
    events = TraceEvents(capacity: capacity)
    return Recording(path: path, zero: zero + offset)
  }

  /// Ends it: rank 0 writes the events of all ranks. That it cannot be written is a warning.
  static func finish(_ recording: Recording, over communicator: Communicator, log: Logger) throws {
    guard let events else { return }
    Trace.events = nil
    let lost = try communicator.allreduceMax([Int64(events.lost)])[0]
    if lost > 0 {
      log.warning("the timeline has the newest \(capacity) events of each rank; up to \(lost) older ones are left out")
    }
    var file: TraceFile?
    if communicator.rank == 0 { file = TraceFile(recording.path) }
    let name = Array("rank \(communicator.rank) on \(communicator.hostName)".utf8)
    var names: [[UInt8]] = []
    try communicator.gather(name) { names.append($0) }
    var rank = 0
    try communicator.gather(events.bytes(zero: recording.zero)) {
      file?.append(TraceEvents.events($0), rank: rank, name: String(decoding: names[rank], as: UTF8.self))
      rank += 1
      Progress.tick()
    }
    guard let file else { return }
    do {
      try file.finish()
      log.info("timeline: \(recording.path); open it in https://ui.perfetto.dev")
    } catch {
      log.warning("\(error); there is no timeline")
    }
  }
}
