import Files

/// The curves of a run, from `metrics.jsonl`.
package struct RunHistory: Sendable {
  package private(set) var loss = Curve()
  package private(set) var validationLoss = Curve()
  package private(set) var cer = Curve()
  package private(set) var exactMatch = Curve()
  package private(set) var learningRate = Curve()
  package private(set) var gradientNorm = Curve()
  package private(set) var gradientNoise = Curve()
  package private(set) var imagesPerSecond = Curve()
  package private(set) var waiting = Curve()
  package private(set) var reducing = Curve()
  /// The newest evaluations, oldest first.
  package private(set) var evaluations: [EvaluationMetrics] = []
  /// The earliest evaluation with the lowest CER.
  package private(set) var best: EvaluationMetrics?
  package private(set) var lastStep: StepMetrics?
  package private(set) var skipped = 0
  /// Seconds since 1970 of the first line, and the seconds that all steps took.
  package private(set) var started: Double?
  package private(set) var seconds = 0.0

  /// Evaluations that are kept for tables.
  package static let kept = 40

  package init() {}

  /// Reads `metrics.jsonl`.
  package init(_ path: String) throws(FileError) {
    var history = RunHistory()
    try MetricsLog.forEachRecord(path) { record in
      switch record {
      case .step(let step): history.add(step)
      case .evaluation(let evaluation): history.add(evaluation)
      case .other: break
      }
    }
    self = history
  }

  package mutating func add(_ step: StepMetrics) {
    let x = Double(step.step)
    loss.add(step.loss, at: x)
    learningRate.add(step.learningRate, at: x)
    gradientNorm.add(step.gradientNorm, at: x)
    if let noise = step.gradientNoise { gradientNoise.add(noise, at: x) }
    imagesPerSecond.add(step.imagesPerSecond, at: x)
    waiting.add(step.waiting, at: x)
    if let share = step.reducing { reducing.add(share, at: x) }
    lastStep = step
    started = started ?? step.time.map { $0 - step.seconds }
    if step.seconds.isFinite { seconds += step.seconds }
    skipped = skipped.addingReportingOverflow(step.skipped).partialValue
  }

  package mutating func add(_ evaluation: EvaluationMetrics) {
    let x = Double(evaluation.step)
    cer.add(evaluation.cer, at: x)
    exactMatch.add(evaluation.exactMatch, at: x)
    validationLoss.add(evaluation.loss, at: x)
    evaluations.append(evaluation)
    if evaluations.count > RunHistory.kept { evaluations.removeFirst() }
    if evaluation.cer < best?.cer ?? .infinity { best = evaluation }
  }
}
