import Datasets
import NeuralNetwork

/// The position of a run: consumed work, not prefetched work.
package struct Cursor: Codable, Sendable, Equatable {
  /// Finished steps, including skipped ones.
  package var step = 0
  /// Epoch of the next step.
  package var epoch = 0
  /// Index of the next step in its epoch.
  package var stepInEpoch = 0
  /// Consecutive skipped steps.
  package var badSteps = 0
  /// The evaluations without a lower validation CER, if a setting depends on them.
  package var plateau: Plateau?
  /// Total skipped steps.
  package var skippedSteps = 0
  /// Set if the run was stopped before the evaluation that was due after the last step; a resumed run starts with it.
  package var evaluationDue = false
  /// Lowest validation CER so far, and the step after which it was measured.
  package var best: Best?

  /// The lowest validation CER and its step.
  package struct Best: Codable, Sendable, Equatable {
    package var cer: Double
    package var step: Int
  }

  package init() {}

  /// Checkpoints of earlier versions lack skipped steps and pending evaluations.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    step = try values.decode(Int.self, forKey: .step)
    epoch = try values.decode(Int.self, forKey: .epoch)
    stepInEpoch = try values.decode(Int.self, forKey: .stepInEpoch)
    badSteps = try values.decode(Int.self, forKey: .badSteps)
    skippedSteps = try values.decodeIfPresent(Int.self, forKey: .skippedSteps) ?? badSteps
    evaluationDue = try values.decodeIfPresent(Bool.self, forKey: .evaluationDue) ?? false
    plateau = try values.decodeIfPresent(Plateau.self, forKey: .plateau)
    best = try values.decodeIfPresent(Best.self, forKey: .best)
  }

  /// Whether a run can reach this position; a damaged checkpoint may contain any values.
  package var isSensible: Bool {
    step >= 0 && (0...step) ~= epoch && (0...step) ~= stepInEpoch && badSteps >= 0 && badSteps <= skippedSteps
      && skippedSteps <= step && best.map { $0.cer >= 0 } ?? true && plateau?.isSensible ?? true
  }

  package mutating func advance(_ calendar: StepCalendar) {
    step += 1
    let place = calendar.place(of: step)
    (epoch, stepInEpoch) = (place.epoch, place.stepInEpoch)
  }
}
