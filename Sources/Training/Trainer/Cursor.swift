import NeuralNetwork

/// How far a run has come: consumed, not prefetched, work.
package struct Cursor: Codable, Sendable, Equatable {
  /// Finished steps, skipped ones included.
  package var step = 0
  /// Epoch of the next step.
  package var epoch = 0
  /// Index of the next step in its epoch.
  package var stepInEpoch = 0
  /// Skipped steps in a row.
  package var badSteps = 0
  /// How long the validation CER has not fallen, where something depends on it.
  package var plateau: Plateau?
  /// Skipped steps in all.
  package var skippedSteps = 0
  /// Set when the run was asked to stop before the evaluation that was due after the last step: it comes first.
  package var evaluationDue = false
  /// Lowest validation CER so far, and the step it was measured after.
  package var best: Best?

  package struct Best: Codable, Sendable, Equatable {
    package var cer: Double
    package var step: Int
  }

  package init() {}

  /// Checkpoints of earlier versions say nothing of skipped steps and pending evaluations.
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

  /// Whether a run can have come here; a checkpoint may say anything.
  package var isSensible: Bool {
    step >= 0 && (0...step) ~= epoch && (0...step) ~= stepInEpoch && badSteps >= 0 && badSteps <= skippedSteps
      && skippedSteps <= step && best.map { $0.cer >= 0 } ?? true && plateau?.isSensible ?? true
  }

  package mutating func advance(stepsPerEpoch: Int) {
    step += 1
    stepInEpoch += 1
    if stepInEpoch == stepsPerEpoch { (epoch, stepInEpoch) = (epoch + 1, 0) }
  }
}
