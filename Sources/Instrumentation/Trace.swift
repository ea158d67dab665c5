import Foundation

/// The timeline of a run: what each rank did when, for `--trace`. Off, it costs one test of a variable. On, its memory
/// is allocated before the first step.
///
/// Only the training thread may use it.
package enum Trace {
  /// The activities in a timeline.
  package enum Kind: UInt8, CaseIterable, Sendable {
    /// Waiting for the loader.
    case load
    /// The forward pass and the loss.
    case forward
    /// The backward pass and the accumulation of gradients; on several machines, also messages that are polled
    /// meanwhile.
    case backward
    /// Waiting until the other ranks finish their work.
    case wait
    /// The reduction over all ranks.
    case reduce
    /// Clipping and optimizer.
    case update
    case evaluate
    case checkpoint
  }

  /// Events that a rank keeps; newer ones overwrite the oldest. A step has three events per micro-batch of the rank,
  /// and three more.
  package static let capacity = 1 << 17

  // Set by the training thread, before the first step.
  nonisolated(unsafe) private static var events: TraceEvents?
  nonisolated(unsafe) private static var step = 0

  package static var isOn: Bool { events != nil }

  /// The step that the next events belong to.
  package static func begin(step number: Int) { step = number }

  /// Runs `work` and records its start and end.
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

  /// Starts recording.
  package static func start() { events = TraceEvents(capacity: capacity) }

  /// Stops recording and returns the events; nil if recording was off.
  package static func stop() -> TraceEvents? {
    defer { events = nil }
    return events
  }
}
