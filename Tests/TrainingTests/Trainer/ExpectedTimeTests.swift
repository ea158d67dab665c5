import Datasets
import Testing
import Training

@Suite struct ExpectedTimeTests {
  /// Steps of 4 images, 100 an epoch.
  private let calendar = StepCalendar(draws: 400, batchSize: 4, microBatch: 2)

  /// What is said in steps 1... of so many seconds each, with the step.
  private func said(
    lastStep: Int, steps: Int, planned: Double? = nil, _ other: StepCalendar? = nil, _ seconds: (Int) -> Double
  ) -> [(step: Int, text: String)] {
    var expected = ExpectedTime(lastStep: lastStep, calendar: other ?? calendar, planned: planned)
    var now = ContinuousClock.now
    return (1...steps).compactMap { step in
      now += .seconds(seconds(step))
      expected.add(images: 4, duration: .seconds(seconds(step)), now: now)
      return expected.sentence(step: step, rate: 4 / seconds(step), now: now).map { (step, $0) }
    }
  }

  /// Ten steps after the first, which is slow and does not count.
  @Test func isSaidOnce() {
    let lines = said(lastStep: 1000, steps: 1000) { $0 == 1 ? 30 : 1 }
    #expect(lines.count == 1 && lines.first?.step == 11, "\(lines)")
    #expect(
      lines.first?.text == "expected: 1:40 an epoch, 16:29 to the last step, at 4 images/s; evaluations come on top")
  }

  /// Steps of a hundredth of a second show the pace after a hundred.
  @Test func fastStepsTakeLonger() {
    #expect(said(lastStep: 1000, steps: 1000) { _ in 0.01 }.map(\.step) == [101])
    #expect(said(lastStep: 110, steps: 110) { _ in 0.01 }.isEmpty, "it is over soon")
  }

  /// A machine that becomes half as fast is noticed in the second epoch, when the time is wrong by a fifth.
  @Test func isCorrected() {
    let lines = said(lastStep: 1000, steps: 1000) { $0 < 50 ? 1 : 2 }
    #expect(lines.count >= 2 && lines[1].step > 100 && lines[1].step % 10 == 0, "\(lines)")
    #expect(
      lines.dropFirst().allSatisfy {
        $0.text.hasPrefix("expected now: ") && $0.text.hasSuffix(" to the last step, with evaluations")
      })
    #expect(lines.count <= 4, "it is not said again and again: \(lines)")
    // A run of a minute may be wrong by half of it.
    #expect(said(lastStep: 400, steps: 400) { $0 < 50 ? 0.1 : 0.2 }.count == 1)
  }

  /// The log already has the minutes that the run was planned for: only what differs from them is said.
  @Test func plannedMinutesAreOnlyCorrected() {
    #expect(said(lastStep: 1000, steps: 1000, planned: 1000) { _ in 1 }.isEmpty)
    let slow = said(lastStep: 1000, steps: 1000, planned: 1000) { _ in 1.5 }
    #expect(slow.count == 1 && slow.first?.text.hasPrefix("expected now: ") == true, "\(slow)")
    // Before the first epoch is over.
    let long = StepCalendar(draws: 4000, batchSize: 4, microBatch: 2)
    #expect(said(lastStep: 500, steps: 500, planned: 500, long) { _ in 2 }.first?.step == 110)
  }

  @Test func trainingWithoutAnEndHasEpochs() {
    let lines = said(lastStep: .max, steps: 500) { _ in 1 }
    #expect(lines.map(\.text) == ["expected: 1:40 an epoch, at 4 images/s; evaluations come on top"])
  }
}
