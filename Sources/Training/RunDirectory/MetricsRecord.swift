import Foundation

/// A line of `metrics.jsonl` about training steps. The keys are a promise: `Launch/manual.md` explains them, and none
/// changes its meaning. Numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity".
public struct StepMetrics: Codable, Sendable, Equatable {
  public private(set) var kind = "step"
  /// Steps done.
  public var step: Int
  /// Epoch of the step, from 0.
  public var epoch: Int
  /// Seconds since 1970.
  public var time: Double?
  /// Mean training loss per image since the last line.
  public var loss: Double
  public var learningRate: Double
  /// Global norm before clipping, of the last step.
  public var gradientNorm: Double
  public var imagesPerSecond: Double
  /// Seconds that the steps since the last line took.
  public var seconds: Double
  /// Steps since the last line that were not taken.
  public var skipped: Int
  /// Share of the time that rank 0 waited for images.
  public var waiting: Double
  /// Share of the time that rank 0 spent on adding up gradients, and waited for other ranks.
  public var reducing: Double?

  public init(
    step: Int, epoch: Int, time: Double?, loss: Double, learningRate: Double, gradientNorm: Double,
    imagesPerSecond: Double, seconds: Double, skipped: Int, waiting: Double, reducing: Double?
  ) {
    (self.step, self.epoch, self.time, self.loss) = (step, epoch, time, loss)
    (self.learningRate, self.gradientNorm, self.imagesPerSecond) = (learningRate, gradientNorm, imagesPerSecond)
    (self.seconds, self.skipped, self.waiting, self.reducing) = (seconds, skipped, waiting, reducing)
  }
}

/// A line of `metrics.jsonl` about an evaluation.
public struct EvaluationMetrics: Codable, Sendable, Equatable {
  public private(set) var kind = "evaluation"
  public var step: Int
  public var epoch: Int
  public var time: Double?
  /// Rates as fractions.
  public var cer: Double
  public var graphemeCER: Double
  public var wer: Double
  public var exactMatch: Double
  /// NaN when no text can be spelled with the alphabet.
  public var loss: Double
  public var images: Int
  /// Share of its time since the evaluation before that each rank waited for images, and for slower ranks.
  public var waitingForData: [Double]?
  public var waitingForRanks: [Double]?

  init(_ report: EvaluationReport, step: Int, epoch: Int, time: Double?, waiting: WaitingShares? = nil) {
    (self.step, self.epoch, self.time) = (step, epoch, time)
    (cer, graphemeCER, wer, exactMatch) = (report.cer, report.graphemeCER, report.wer, report.exactMatch)
    (loss, images) = (report.loss ?? .nan, report.images)
    (waitingForData, waitingForRanks) = (waiting?.forData, waiting?.forRanks)
  }
}

/// Any line of `metrics.jsonl`.
public enum MetricsRecord: Decodable, Sendable {
  case step(StepMetrics)
  case evaluation(EvaluationMetrics)
  /// A kind that this version does not know.
  case other

  private enum Key: CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: Key.self).decodeIfPresent(String.self, forKey: .kind) {
    case "step": self = .step(try StepMetrics(from: decoder))
    case "evaluation": self = .evaluation(try EvaluationMetrics(from: decoder))
    default: self = .other
    }
  }
}

extension MetricsLog {
  /// Calls `body` with each line of the file that can be read; a missing file has none. Throws when a system call fails.
  static func forEachRecord(_ path: String, _ body: (MetricsRecord) -> Void) throws(FileError) {
    guard try kind(of: path) != nil else { return }
    try forEachLine(path) { (line, complete) throws(FileError) in
      guard complete, line.count <= 1 << 20, let text = String(validating: line, as: UTF8.self) else { return }
      if let record = try? RunJSON.decode(MetricsRecord.self, from: text) { body(record) }
    }
  }
}
