import Datasets
import Messages

/// How long training will take: said when enough steps have shown the pace, and again when it turns out to be wrong.
package struct ExpectedTime {
  private let lastStep: Int
  private let calendar: StepCalendar
  /// Steps of this process.
  package private(set) var steps = 0
  /// When the second step began, and the images since then.
  private var begun: ContinuousClock.Instant?
  private var images = 0.0
  /// Seconds from then to the last step, as was said.
  private var said: Double?
  /// Images after which it is corrected: an epoch, with its evaluation, or for planned steps as many as show the pace.
  private let firstLook: Int

  /// A pace is measured over so many steps and seconds, or over many steps.
  private static let (firstSteps, firstSeconds, sureSteps) = (10, 5.0, 100)
  /// Steps that are left when it is worth saying.
  private static let leastLeft = 20
  /// Steps between looks at what was said.
  private static let between = 10
  /// What is wrong by this share, and by so many seconds, is corrected.
  private static let (tolerance, least) = (0.2, 60.0)

  /// - Parameters:
  ///   - lastStep: `Int.max` if training has no end.
  ///   - planned: seconds for which the steps were planned, as the log already says; nil if they were not.
  package init(lastStep: Int, calendar: StepCalendar, planned: Double? = nil) {
    (self.lastStep, self.calendar, said) = (lastStep, calendar, planned)
    let epoch = calendar.draws
    firstLook = planned == nil ? epoch : min(epoch, calendar.imagesBefore(min(lastStep, ExpectedTime.sureSteps)))
  }

  /// Counts a step that ended now. The first one is slower, since it fills caches and memory: it is not counted.
  package mutating func add(images: Int, duration: Duration, now: ContinuousClock.Instant = .now) {
    steps += 1
    if steps == 2 { begun = now - duration }
    if steps >= 2 { self.images += Double(images) }
  }

  /// The time from a step to the last one, by the images between them, for steps can become larger; 0 if there is no last one.
  ///
  /// - Parameter rate: images in a second.
  package func secondsLeft(step: Int, rate: Double) -> Double {
    guard lastStep != .max else { return 0 }
    let left = calendar.imagesBefore(max(step, lastStep)) - calendar.imagesBefore(step)
    return Double(left) / max(rate, 1e-9)
  }

  /// What is to be said after a step; nil if nothing is new.
  ///
  /// - Parameter rate: images in a second of the last steps, without evaluations.
  package mutating func sentence(step: Int, rate: Double, now: ContinuousClock.Instant = .now) -> String? {
    guard let begun else { return nil }
    let elapsed = begun.duration(to: now).seconds
    guard let said else {
      let isMeasured = steps > ExpectedTime.firstSteps && elapsed >= ExpectedTime.firstSeconds
      guard isMeasured || steps > ExpectedTime.sureSteps, lastStep - step >= ExpectedTime.leastLeft else { return nil }
      let left = secondsLeft(step: step, rate: rate)
      self.said = elapsed + left
      let end = lastStep == .max ? "" : ", \(clockTime(left)) to the last step"
      let epoch = clockTime(Double(calendar.draws) / max(rate, 1e-9))
      return "expected: \(epoch) an epoch\(end), at \(Int(rate)) images/s; evaluations come on top"
    }
    guard lastStep != .max, images > Double(firstLook), steps % ExpectedTime.between == 0 else { return nil }
    let left = secondsLeft(step: step, rate: images / max(elapsed, 1e-9))
    let error = abs(elapsed + left - said)
    guard error > ExpectedTime.tolerance * said, error > ExpectedTime.least else { return nil }
    self.said = elapsed + left
    return "expected now: \(clockTime(left)) to the last step, with evaluations"
  }
}
