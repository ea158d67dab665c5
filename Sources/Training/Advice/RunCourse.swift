import Messages
import Reporting

/// How the evaluations of a run develop: what is worth saying while it runs and at its end, each with the option that mends it.
package struct RunCourse {
  /// One evaluation, and the training loss since the one before.
  package struct Point: Sendable, Equatable {
    package var step: Int
    package var cer: Double
    /// Mean loss of a validation image; NaN if it is not known.
    package var loss: Double
    /// Mean loss of a training image since the evaluation before; nil if it is not known.
    package var trainingLoss: Double?

    package init(step: Int, cer: Double, loss: Double, trainingLoss: Double? = nil) {
      (self.step, self.cer, self.loss, self.trainingLoss) = (step, cer, loss, trainingLoss)
    }
  }

  private var points: [Point] = []
  /// The training data, as the user named it.
  private let data: String
  /// What was said, so that it is not said again.
  private var hasSaidOverfitting = false
  private var plateauSaid = 0

  /// The most evaluations that are kept.
  private static let most = 1000
  /// A model with a higher character error rate has not started to learn.
  package static let untrainedCER = 0.8
  /// A rise of the validation loss by this factor over its minimum is no noise.
  private static let rise = 1.1
  /// The evaluations over which a rise must last.
  private static let lasting = 3
  /// A fall of the CER by this share over the last quarter of a run says that it goes on falling.
  private static let stillFalling = 0.05

  package init(data: String) { self.data = data }

  /// Adds an evaluation.
  /// - Returns: what to say about it; nil if there is nothing new.
  package mutating func add(_ point: Point) -> String? {
    points.append(point)
    if points.count > RunCourse.most { points.removeFirst() }
    if let plateau = plateau(point) { return plateau }
    guard !hasSaidOverfitting, let overfitting else { return nil }
    hasSaidOverfitting = true
    return overfitting
  }

  private var best: Point? { points.min { ($0.cer, $0.step) < ($1.cer, $1.step) } }

  /// On the plateau at the beginning; nil if letters have appeared. Said again when the number of steps has doubled.
  private mutating func plateau(_ point: Point) -> String? {
    guard let best, best.cer > RunCourse.untrainedCER, point.step >= 2 * plateauSaid else { return nil }
    plateauSaid = max(1, point.step)
    let usual = RunOutlook.stepsToLetters
    let place =
      "hardly any letters are read yet (CER \(percent(point.cer))), still on the plateau after \(counted(point.step, "step"))"
    guard point.step > 2 * usual else { return "\(place): usual until about step \(usual)" }
    return "\(place), longer than usual (about \(usual)): \(whatToLookAt); a lower --lr may help"
  }

  /// What to look at if a model learns nothing.
  private var whatToLookAt: String {
    "look whether texts and images belong together (akuru sheet \(data.shellWord) --output sheet.png)"
  }

  /// The validation loss rises for some evaluations while the training loss falls.
  private var overfitting: String? {
    guard let best, best.cer <= RunCourse.untrainedCER, points.count > RunCourse.lasting else { return nil }
    let recent = points.suffix(RunCourse.lasting)
    guard let lowest = points.filter({ $0.loss.isFinite }).min(by: { $0.loss < $1.loss }),
      recent.allSatisfy({ $0.step > lowest.step && $0.loss > RunCourse.rise * lowest.loss }),
      let before = lowest.trainingLoss, let now = recent.last?.trainingLoss, now < before,
      recent.allSatisfy({ $0.step > best.step })
    else { return nil }
    return """
      validation rises while training falls since step \(lowest.step): the model learns the training images by heart. The best \
      checkpoint, of step \(best.step) (CER \(percent(best.cer))), is kept; more data, --augment strong or --early-stopping \
      \(2 * RunCourse.lasting) helps
      """
  }

  /// What to say when the run is done.
  ///
  /// - Parameter longer: the command that trains longer.
  package func closing(longer: String) -> [String] {
    guard let best, let last = points.last else { return [] }
    if best.cer > RunCourse.untrainedCER {
      return ["the model reads hardly anything yet: train longer (\(longer)), and \(whatToLookAt)"]
    }
    if let overfitting { return [overfitting] }
    let early = points.last { 4 * $0.step <= 3 * last.step } ?? points[0]
    if points.count > 1, best.step == last.step, last.cer > 0, last.cer < (1 - RunCourse.stillFalling) * early.cer {
      return ["validation is still falling: longer training will help (\(longer))"]
    }
    return []
  }
}
