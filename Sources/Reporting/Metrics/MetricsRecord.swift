import Files
import Foundation
import Messages
import Recognition

/// A line of `metrics.jsonl` about training steps. The keys are stable: `Launch/docs/manual.md` explains them, and none
/// changes its meaning. Numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity".
package struct StepMetrics: Codable, Sendable, Equatable {
  package private(set) var kind = "step"
  /// Steps done.
  package var step: Int
  /// Epoch of the step, from 0.
  package var epoch: Int
  /// Seconds since 1970.
  package var time: Double?
  /// Mean training loss per image since the last line.
  package var loss: Double
  package var learningRate: Double
  /// Global norm before clipping, of the last step.
  package var gradientNorm: Double
  /// The gradient noise scale in images over the steps since the last line, see `GradientNoise`; nil if it is not known.
  package var gradientNoise: Double?
  package var imagesPerSecond: Double
  /// Seconds that the steps since the last line took.
  package var seconds: Double
  /// Steps since the last line that were skipped.
  package var skipped: Int
  /// Share of the time that rank 0 waited for images.
  package var waiting: Double
  /// Share of the time that rank 0 spent in the reduction, including waits for other ranks.
  package var reducing: Double?

  package init(
    step: Int, epoch: Int, time: Double?, loss: Double, learningRate: Double, gradientNorm: Double,
    gradientNoise: Double? = nil, imagesPerSecond: Double, seconds: Double, skipped: Int, waiting: Double,
    reducing: Double?
  ) {
    (self.step, self.epoch, self.time, self.loss) = (step, epoch, time, loss)
    (self.learningRate, self.gradientNorm, self.gradientNoise) = (learningRate, gradientNorm, gradientNoise)
    self.imagesPerSecond = imagesPerSecond
    (self.seconds, self.skipped, self.waiting, self.reducing) = (seconds, skipped, waiting, reducing)
  }
}

/// A line of `metrics.jsonl` about an evaluation.
package struct EvaluationMetrics: Codable, Sendable, Equatable {
  package private(set) var kind = "evaluation"
  package var step: Int
  package var epoch: Int
  package var time: Double?
  /// All rates are fractions.
  package var cer: Double
  package var graphemeCER: Double
  package var wer: Double
  package var exactMatch: Double
  /// NaN if no text can be spelled with the alphabet.
  package var loss: Double
  package var images: Int
  /// The interval of 95 % of the CER, [low, high].
  package var cerInterval: [Double]?
  /// Share of time since the previous evaluation that each rank waited for images, and for slower ranks.
  package var waitingForData: [Double]?
  package var waitingForRanks: [Double]?

  package init(_ report: EvaluationReport, step: Int, epoch: Int, time: Double?, waiting: WaitingShares? = nil) {
    (self.step, self.epoch, self.time) = (step, epoch, time)
    (cer, graphemeCER, wer, exactMatch) = (report.cer, report.graphemeCER, report.wer, report.exactMatch)
    (loss, images) = (report.loss ?? .nan, report.images)
    cerInterval = report.cerInterval.flatMap { $0.count == 2 ? $0 : nil }
    (waitingForData, waitingForRanks) = (waiting?.forData, waiting?.forRanks)
  }
}

/// Any line of `metrics.jsonl`.
package enum MetricsRecord: Decodable, Sendable {
  case step(StepMetrics)
  case evaluation(EvaluationMetrics)
  /// A kind that this version does not know.
  case other

  private enum Key: CodingKey { case kind }

  package init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: Key.self).decodeIfPresent(String.self, forKey: .kind) {
    case "step": self = .step(try StepMetrics(from: decoder))
    case "evaluation": self = .evaluation(try EvaluationMetrics(from: decoder))
    default: self = .other
    }
  }
}

extension MetricsLog {
  /// Calls `body` with each line of the file that can be read; a missing file has none. Throws if a system call fails.
  static func forEachRecord(_ path: String, _ body: (MetricsRecord) -> Void) throws(FileError) {
    guard try kind(of: path) != nil else { return }
    try forEachLine(path) { (line, complete) throws(FileError) in
      guard complete, line.count <= 1 << 20, let text = String(validating: line, as: UTF8.self) else { return }
      if let record = try? RunJSON.decode(MetricsRecord.self, from: text) { body(record) }
    }
  }
}
