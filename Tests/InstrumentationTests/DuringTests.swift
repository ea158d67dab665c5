import Instrumentation
import Testing

/// Phases of this process, one test after the other: there is one heartbeat.
@Suite(.serialized) struct DuringTests {
  private struct Failure: Error {}

  private func place(_ phase: Phase, _ step: UInt64) -> UInt64 { UInt64(phase.rawValue) << 56 | step }

  @Test func theOuterPhaseComesBack() throws {
    Heartbeat.enter(.audit, step: 3)
    let before = Heartbeat.now
    let value = during(.step, step: 0xFF_FFFF_FFFF_FFFF) {
      #expect(Heartbeat.now.place == place(.step, 0xFF_FFFF_FFFF_FFFF))
      let inner = during(.update, step: 4) {
        #expect(Heartbeat.now.place == place(.update, 4))
        return 20
      }
      #expect(Heartbeat.now.place == place(.step, 0xFF_FFFF_FFFF_FFFF))
      return inner + 1
    }
    #expect(value == 21)
    #expect(Heartbeat.now.place == place(.audit, 3))
    #expect(Heartbeat.now.count == before.count + 4, "each beginning and each end is a step forward")
  }

  @Test func alsoWhenTheWorkThrows() {
    Heartbeat.enter(.start, step: 9)
    for phase in Phase.allCases {
      #expect(throws: Failure.self) { try during(phase, step: 5) { throw Failure() } }
      #expect(Heartbeat.now.place == place(.start, 9), "\(phase)")
      var time = Duration.zero
      #expect(throws: Failure.self) {
        try during(phase, step: 5, adding: &time) {
          let start = ContinuousClock.now
          while start.duration(to: .now) < .microseconds(100) {}
          throw Failure()
        }
      }
      #expect(Heartbeat.now.place == place(.start, 9) && time >= .microseconds(100), "\(phase): \(time)")
    }
  }

  /// A timeline has a span of the phases that take a rank's time, with the step that was begun; also of work that throws.
  @Test func aTimelineHasTheSpans() {
    #expect(Trace.stop() == nil && !Trace.isOn)
    during(.update, step: 1) {}
    Trace.start()
    #expect(Trace.isOn)
    Trace.begin(step: 6)
    for phase in Phase.allCases { try? during(phase, step: 6) { throw Failure() } }
    Trace.begin(step: 7)
    Trace.span(.forward) { Trace.span(.reduce) {} }
    let events = Trace.stop()?.events ?? []
    #expect(events.map(\.kind) == [.load, .update, .evaluate, .checkpoint, .reduce, .forward])
    #expect(events.map(\.step) == [6, 6, 6, 6, 7, 7])
    #expect(events.allSatisfy { $0.duration >= 0 && $0.start > 0 })
    #expect(events.count == 6 && events[5].start <= events[4].start, "a span begins before what is in it")
    #expect(Trace.stop() == nil && !Trace.isOn)
  }
}
