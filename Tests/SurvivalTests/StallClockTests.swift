import Instrumentation
import Survival
import Testing

/// When a job has stalled, and which rank is to blame, on a clock that the tests turn.
@Suite struct StallClockTests {
  func place(_ phase: Phase, _ step: UInt64) -> UInt64 { UInt64(phase.rawValue) << 56 | step }

  @Test func anyRankThatGetsOnHoldsTheStallOff() {
    var clock = StallClock(timeout: 60, ranks: 3, own: 0, now: 0)
    for time in 0..<200 {
      clock.hear(0, place: place(.reduce, 5), count: 1, now: Double(time))
      clock.hear(2, place: place(.step, 5), count: time / 50, now: Double(time))
    }
    #expect(clock.idle(now: 199) == 49)
    #expect(clock.idle(now: 215) == 65 && clock.deadline() == 60)
    #expect(clock.missing(now: 215, silence: 20) == [1], "never heard of")
    clock.hear(1, place: place(.reduce, 5), count: 1, now: 200)
    #expect(clock.missing(now: 215, silence: 20) == [2], "works while the others wait")
    clock.hear(1, place: place(.reduce, 4), count: 2, now: 215)
    #expect(clock.missing(now: 216, silence: 20) == [1], "a step behind")
    #expect(clock.missing(now: 230, silence: 20) == [1], "all are heard late")
    clock.hear(1, place: place(.reduce, 4), count: 2, now: 225)
    #expect(clock.missing(now: 230, silence: 20) == [2], "silent while another is heard")
    #expect(clock.missing(now: 246, silence: 20) == [1, 2], "nobody is heard")
  }

  /// Ten times the median of what the phase took this rank.
  @Test func theDeadlineIsLearned() {
    var clock = StallClock(timeout: 60, ranks: 2, own: 1, now: 0)
    for count in 0...20 { clock.hear(1, place: place(.step, 1), count: count, now: 9 * Double(count)) }
    #expect(clock.deadline() == 90)
    clock.hear(1, place: place(.evaluate, 1), count: 21, now: 181)
    #expect(clock.deadline() == 60, "nothing is known of evaluating")
    clock.hear(0, place: place(.step, 1), count: 1, now: 182)
    #expect(clock.deadline() == 90, "another rank is in a step")
    // One long time changes no median.
    clock.hear(1, place: place(.step, 1), count: 22, now: 1000)
    clock.hear(1, place: place(.step, 1), count: 23, now: 3000)
    #expect(clock.deadline() == 90)
  }

  @Test func aStopOfThisProcessIsForgiven() {
    var clock = StallClock(timeout: 60, ranks: 2, own: 0, now: 0)
    clock.forgive(now: 500)
    #expect(clock.idle(now: 510) == 10 && clock.missing(now: 510, silence: 20) == [])
  }
}
