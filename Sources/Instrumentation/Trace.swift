import Foundation

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
  package static let capacity = 1 << 17

  // Set before the first step, by the thread that trains.
  nonisolated(unsafe) private static var events: TraceEvents?
  nonisolated(unsafe) private static var step = 0

  package static var isOn: Bool { events != nil }

  /// The step that the next events belong to.
  package static func begin(step number: Int) { step = number }

  /// Does the work, and notes when.
  @inline(__always)
  package static func span<Value>(_ kind: Kind, _ work: () throws -> Value) rethrows -> Value {
    guard let events else { return try work() }
    let start = now()
    defer { events.add(TraceEvent(kind: kind, step: step, start: start, duration: now() - start)) }
    return try work()
  }

  /// The monotonic clock in nanoseconds.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Begins to take events.
  package static func start() { events = TraceEvents(capacity: capacity) }

  /// Ends it and returns the events; nil when none were taken.
  package static func stop() -> TraceEvents? {
    defer { events = nil }
    return events
  }
}
