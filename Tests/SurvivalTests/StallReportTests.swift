import Instrumentation
import Survival
import Testing

/// The last words of a watchdog.
@Suite struct StallReportTests {
  private func place(_ phase: Phase, _ step: UInt64) -> UInt64 { UInt64(phase.rawValue) << 56 | step }
  private let end = "so the job ends with status 86; raise --stall-timeout if this was only slow\n"

  @Test func aProcessAloneHangs() {
    var clock = StallClock(timeout: 60, ranks: 1, own: 0, now: 0)
    clock.hear(0, place: place(.audit, 0), count: 4, now: 10)
    let report = StallReport(clock, names: [], own: 0, silence: 5, now: 75.4)
    #expect(
      report.text == "akuru: stalled: all ranks hang in audit of step 0; no rank got on for 65 s, \(end)"
        + "  this process: audit of step 0, got on 65 s ago\n")
  }

  @Test func aSilentRankIsToBlame() {
    var clock = StallClock(timeout: 60, ranks: 3, own: 0, now: 0)
    for rank in 0..<3 { clock.hear(rank, place: place(.reduce, 5), count: 1, now: 20) }
    clock.hear(1, place: place(.reduce, 5), count: 1, now: 89)
    clock.hear(0, place: place(.reduce, 5), count: 1, now: 90)
    let report = StallReport(clock, names: ["rank 0 on a", "rank 1 on a", "rank 2 on b"], own: 0, silence: 5, now: 90)
    #expect(
      report.text == """
        akuru: stalled: rank 2 on b was not heard of for 70 s (stopped, dead or cut off), last in reduce of step 5; \
        no rank got on for 70 s, \(end)\
          rank 0 on a: reduce of step 5, got on 70 s ago
          rank 1 on a: reduce of step 5, heard of 1 s ago, got on 70 s ago
          rank 2 on b: reduce of step 5, heard of 70 s ago, got on 70 s ago

        """)
  }

  /// One that is heard of but works while others wait hangs; this rank can be it.
  @Test func aRankThatHangsIsToBlame() {
    var clock = StallClock(timeout: 60, ranks: 2, own: 1, now: 0)
    clock.hear(0, place: place(.reduce, 8), count: 1, now: 1)
    clock.hear(1, place: place(.step, 8), count: 1, now: 2)
    clock.hear(0, place: place(.reduce, 8), count: 1, now: 70)
    let text = StallReport(clock, names: ["zero", "one"], own: 1, silence: 5, now: 70).text
    #expect(text.hasPrefix("akuru: stalled: one hangs in step of step 8; no rank got on for 68 s, "), "\(text)")
  }

  @Test func ofManyRanksTheFirstEightAreNamed() {
    let clock = StallClock(timeout: 60, ranks: 12, own: 11, now: 0)
    let names = (0..<12).map { "r\($0)" }
    let text = StallReport(clock, names: names, own: 11, silence: 5, now: 61).text
    let first = text.split(separator: "\n")[0]
    #expect(first.contains("; r7 was not heard of for 61 s") && !first.contains("r8 was"), "\(first)")
    #expect(first.contains("last in start of step 0 and 3 more; no rank got on"), "\(first)")
    #expect(text.split(separator: "\n").count == 13)
  }

  /// Each of 512 ranks hears all others, each at its own moment, until one is stopped and all others wait for it. Every eighth
  /// is asked, and names it alone.
  @Test func of512RanksTheSilentOneIsNamed() {
    let (ranks, silent, stopped, end) = (512, 301, 8.0, 70.0)
    let names = (0..<ranks).map { "rank \($0) on m\($0 / 16)" }
    for own in stride(from: 0, to: ranks, by: 8) {
      var clock = StallClock(timeout: 60, ranks: ranks, own: own, now: 0)
      for beat in 0..<Int(2 * end) {
        for rank in 0..<ranks {
          // Half a second from beat to beat, and up to that much later with the way to this rank.
          let now = 0.5 * Double(beat) + 0.5 * Double((rank * 37 + own * 11) % 100) / 100
          guard rank != silent || now < stopped, now <= end else { continue }
          let step = UInt64(min(now, stopped) / 2)
          clock.hear(rank, place: place(now < stopped ? .step : .reduce, step), count: Int(step), now: now)
        }
      }
      let now = max(end, stopped)
      if clock.missing(now: now, silence: 5) != [silent] {
        Issue.record("rank \(own) blames \(clock.missing(now: now, silence: 5))")
      }
      guard own == 0 else { continue }
      #expect(clock.idle(now: now) > clock.deadline())
      let first = StallReport(clock, names: names, own: own, silence: 5, now: now).text.split(separator: "\n")[0]
      #expect(first.hasPrefix("akuru: stalled: rank 301 on m18 was not heard of for 62 s") && !first.contains("; rank"))
    }
  }

  @Test func theLogHasATimeInPlaceOfTheName() throws {
    var clock = StallClock(timeout: 60, ranks: 1, own: 0, now: 0)
    clock.hear(0, place: 0, count: 1, now: 0)
    let report = StallReport(clock, names: ["akuru: x"], own: 0, silence: 5, now: 61)
    #expect(report.logText.prefixMatch(of: /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} error: stalled: all/) != nil)
    #expect(report.logText.contains("  akuru: x: start of step 0"), "only the first is replaced")
  }
}
