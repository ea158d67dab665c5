/// How far a run has come: consumed, not prefetched, work.
public struct Cursor: Codable, Sendable, Equatable {
  /// Finished steps, skipped ones included.
  public var step = 0
  /// Epoch of the next step.
  public var epoch = 0
  /// Index of the next step in its epoch.
  public var stepInEpoch = 0
  /// Skipped steps in a row.
  public var badSteps = 0
  /// Lowest validation CER so far, and the step it was measured after.
  public var best: Best?

  public struct Best: Codable, Sendable, Equatable {
    public var cer: Double
    public var step: Int
  }

  /// Whether a run can have come here; a checkpoint may say anything.
  var isSensible: Bool {
    step >= 0 && (0...step) ~= epoch && (0...step) ~= stepInEpoch && badSteps >= 0 && best.map { $0.cer >= 0 } ?? true
  }

  mutating func advance(stepsPerEpoch: Int) {
    step += 1
    stepInEpoch += 1
    if stepInEpoch == stepsPerEpoch { (epoch, stepInEpoch) = (epoch + 1, 0) }
  }
}
