import Synchronization

/// How far this rank has come: what it is doing, in which step, and a count of its steps forward, which the watchdog
/// reads from its own thread.
package enum Heartbeat {
  private static let place = Atomic<UInt64>(0)
  private static let count = Atomic<Int>(0)

  /// This rank begins a phase of a step; 0 is before the first. A fault that is injected strikes here.
  package static func enter(_ phase: Phase, step: Int) {
    place.store(
      UInt64(phase.rawValue) << 56 | UInt64(step) & 0xFF_FFFF_FFFF_FFFF, ordering: .relaxed)
    tick()
    if phase != .load { Faults.strike(phase, step: step) }
  }

  /// This rank is back in the place that ``now`` gave before.
  static func goBack(to place: UInt64) {
    Heartbeat.place.store(place, ordering: .relaxed)
    tick()
  }

  /// Something was finished in the phase.
  package static func tick() {
    count.add(1, ordering: .releasing)
  }

  /// Counts a piece of work that is about to begin. False if this rank was asked to stop, and may leave it.
  @Sendable package static func goesOn() -> Bool {
    tick()
    return !StopRequest.isRaised
  }

  /// What is known now.
  package static var now: (place: UInt64, count: Int) {
    let count = count.load(ordering: .acquiring)
    return (place.load(ordering: .relaxed), count)
  }
}
