import Synchronization

/// The progress of this rank: its phase, its step, and a count of finished work items. The watchdog reads them from its
/// own thread.
package enum Heartbeat {
  private static let place = Atomic<UInt64>(0)
  private static let count = Atomic<Int>(0)

  /// This rank enters a phase of a step; step 0 is before the first. Injected faults strike here.
  package static func enter(_ phase: Phase, step: Int) {
    place.store(
      UInt64(phase.rawValue) << 56 | UInt64(step) & 0xFF_FFFF_FFFF_FFFF, ordering: .relaxed)
    tick()
    if phase != .load { Faults.strike(phase, step: step) }
  }

  /// This rank returns to a place that ``now`` gave earlier.
  static func goBack(to place: UInt64) {
    Heartbeat.place.store(place, ordering: .relaxed)
    tick()
  }

  /// One work item of the phase is finished.
  package static func tick() {
    count.add(1, ordering: .releasing)
  }

  /// Counts a work item that is about to begin. Returns false if this rank was asked to stop and may skip the item.
  @Sendable package static func goesOn() -> Bool {
    tick()
    return !StopRequest.isRaised
  }

  /// The current place and count.
  package static var now: (place: UInt64, count: Int) {
    let count = count.load(ordering: .acquiring)
    return (place.load(ordering: .relaxed), count)
  }
}
