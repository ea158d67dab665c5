import Datasets
import Messages

/// The progress of training in one line, smoothed over some dozen steps. Adding a step allocates nothing.
struct TrainingProgress {
  private let lastStep: Int
  /// CER of the newest evaluation.
  var cer: Double?

  /// The decay of older steps' weights per step; after 90 steps a hundredth is left.
  private static let memory = 0.95
  private var lossWeight = 0.0
  private var loss = 0.0
  private var images = 0.0
  private var seconds = 0.0
  private var waiting = 0.0
  private var expected: ExpectedTime

  /// - Parameter planned: seconds for which the steps were planned.
  init(lastStep: Int, calendar: StepCalendar, planned: Double?) {
    self.lastStep = lastStep
    expected = ExpectedTime(lastStep: lastStep, calendar: calendar, planned: planned)
  }

  mutating func add(_ result: StepResult) {
    expected.add(images: result.images, duration: result.duration)
    // The first step is slower, since it fills caches and memory: it is not counted.
    if expected.steps == 2 { (images, seconds, waiting) = (0, 0, 0) }
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

  /// For example: step 1200/3600, epoch 3, loss 0.123, CER 3.20 %, 640 images/s, waiting 2 %, 0:45 left.
  func line(step: Int, epoch: Int) -> String {
    let hasEnd = lastStep != .max
    var parts = ["step \(step)\(hasEnd ? "/\(lastStep)" : "")", "epoch \(epoch + 1)"]
    if lossWeight > 0 { parts.append("loss \((loss / lossWeight).formatted(decimals: 3))") }
    if let cer { parts.append("CER \(percent(cer))") }
    parts.append("\(Int(rate)) images/s")
    parts.append("waiting \(Int((100 * waiting / max(seconds, 1e-9)).rounded())) %")
    if hasEnd { parts.append("\(clockTime(expected.secondsLeft(step: step, rate: rate))) left") }
    return parts.joined(separator: ", ")
  }

  /// The expected duration, when there is something new to say of it.
  mutating func expectation(step: Int) -> String? { expected.sentence(step: step, rate: rate) }
}
