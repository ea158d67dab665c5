import Datasets
import Messages

/// The progress of training in one line, smoothed over some dozen steps. Adding a step allocates nothing.
struct TrainingProgress {
  private let lastStep: Int
  private let calendar: StepCalendar
  /// CER of the newest evaluation.
  var cer: Double?

  /// The decay of older steps' weights per step; after 90 steps a hundredth is left.
  private static let memory = 0.95
  private var lossWeight = 0.0
  private var loss = 0.0
  private var images = 0.0
  private var seconds = 0.0
  private var waiting = 0.0
  /// Steps of this process.
  private var steps = 0
  /// When the second step began, and the images since then.
  private var begun: ContinuousClock.Instant?
  private var done = 0.0
  /// Seconds from then to the last step, as was said.
  private var expected: Double?

  /// A pace is measured over so many steps and seconds, or over many steps.
  private static let (firstSteps, firstSeconds, sureSteps) = (10, 5.0, 100)
  /// Steps between looks at what was expected.
  private static let between = 10
  /// An expectation that is wrong by this share, and by so many seconds, is corrected.
  private static let (tolerance, least) = (0.2, 60.0)

  init(lastStep: Int, calendar: StepCalendar) {
    (self.lastStep, self.calendar) = (lastStep, calendar)
  }

  mutating func add(_ result: StepResult) {
    steps += 1
    // The first step is slower, since it fills caches and memory: it is not counted.
    if steps == 2 {
      (images, seconds, waiting) = (0, 0, 0)
      begun = .now - result.duration
    }
    if steps >= 2 { done += Double(result.images) }
    func smooth(_ value: inout Double, _ new: Double) { value = TrainingProgress.memory * value + new }
    smooth(&images, Double(result.images))
    smooth(&seconds, result.duration.seconds)
    smooth(&waiting, result.loadWait.seconds + result.reduceTime.seconds)
    if !result.skipped {
      smooth(&lossWeight, 1)
      smooth(&loss, result.loss)
    }
  }

  /// Images in a second.
  private var rate: Double { images / max(seconds, 1e-9) }

  /// The time from a step to the last one, by the images between them: steps can become larger.
  private func timeLeft(step: Int) -> String { clockTime(secondsLeft(step: step, rate: rate)) }

  private func secondsLeft(step: Int, rate: Double) -> Double {
    guard lastStep != .max else { return 0 }
    let left = calendar.imagesBefore(max(step, lastStep)) - calendar.imagesBefore(step)
    return Double(left) / max(rate, 1e-9)
  }

  /// For example: step 1200/3600, epoch 3, loss 0.123, CER 3.20 %, 640 images/s, waiting 2 %, 0:45 left.
  func line(step: Int, epoch: Int) -> String {
    let hasEnd = lastStep != .max
    var parts = ["step \(step)\(hasEnd ? "/\(lastStep)" : "")", "epoch \(epoch + 1)"]
    if lossWeight > 0 { parts.append("loss \((loss / lossWeight).formatted(decimals: 3))") }
    if let cer { parts.append("CER \(percent(cer))") }
    parts.append("\(Int(rate)) images/s")
    parts.append("waiting \(Int((100 * waiting / max(seconds, 1e-9)).rounded())) %")
    if hasEnd { parts.append("\(timeLeft(step: step)) left") }
    return parts.joined(separator: ", ")
  }

  /// The expected duration: said when enough steps have shown the pace, and again when it turns out to be wrong.
  mutating func expectation(step: Int) -> String? {
    guard let begun else { return nil }
    let elapsed = begun.duration(to: .now).seconds
    guard let expected else {
      let isMeasured = steps > TrainingProgress.firstSteps && elapsed >= TrainingProgress.firstSeconds
      guard isMeasured || steps > TrainingProgress.sureSteps, lastStep - step >= 20 else { return nil }
      let left = secondsLeft(step: step, rate: rate)
      self.expected = elapsed + left
      let end = lastStep == .max ? "" : ", \(clockTime(left)) to the last step"
      let epoch = clockTime(Double(calendar.draws) / max(rate, 1e-9))
      return "expected: \(epoch) an epoch\(end), at \(Int(rate)) images/s; evaluations come on top"
    }
    // With evaluations, from the second epoch on.
    guard lastStep != .max, done > Double(calendar.draws), steps % TrainingProgress.between == 0 else { return nil }
    let left = secondsLeft(step: step, rate: done / max(elapsed, 1e-9))
    let error = abs(elapsed + left - expected)
    guard error > TrainingProgress.tolerance * expected, error > TrainingProgress.least else { return nil }
    self.expected = elapsed + left
    return "expected now: \(clockTime(left)) to the last step, with evaluations"
  }
}
