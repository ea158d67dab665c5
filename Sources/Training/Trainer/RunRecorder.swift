import Foundation
import Logging

/// What rank 0 writes while training: metrics, log and checkpoints. On other ranks it does nothing.
final class RunRecorder {
  private let directory: RunDirectory?
  private let metrics: MetricsLog?
  private let output: RunLog
  private let log: Logger
  private let logEvery: Int
  private let writer: CheckpointWriter?
  private var window = Window()
  private var metricsFail = false

  /// Sums since the last line.
  private struct Window {
    var images = 0
    var steps = 0
    var skipped = 0
    var loss = 0.0
    var duration = Duration.zero
    var waiting = Duration.zero
  }

  /// - Parameter directory: the run directory on rank 0, nil elsewhere.
  init(_ directory: RunDirectory?, output: RunLog, logEvery: Int, keep: Int) throws {
    self.directory = directory
    metrics = try directory.map { try MetricsLog($0.metricsPath) }
    self.output = output
    log = output.logger()
    self.logEvery = logEvery
    let logger = log
    writer = directory.map { CheckpointWriter($0.checkpoints, keep: keep, log: logger) }
  }

  func record(_ result: StepResult, step: Int, epoch: Int, lastStep: Int) {
    guard directory != nil else { return }
    window.images += result.images
    window.steps += 1
    if result.skipped { window.skipped += 1 } else { window.loss += result.loss }
    window.duration += result.duration
    window.waiting += result.waiting
    guard step % logEvery == 0 || step == lastStep else { return }
    let seconds = window.duration.seconds
    let rate = Double(window.images) / max(seconds, 1e-9)
    let loss = window.loss / Double(window.steps - window.skipped)  // NaN when all were skipped
    append([
      "kind": "step", "step": .integer(step), "epoch": .integer(epoch), "loss": .number(loss),
      "learningRate": .number(Double(result.learningRate)), "gradientNorm": .number(result.gradientNorm),
      "imagesPerSecond": .number(rate.inThousandths), "seconds": .number(seconds.inThousandths),
      "skipped": .integer(window.skipped),
      "waiting": .number((window.waiting.seconds / max(seconds, 1e-9)).inThousandths),
    ])
    let eta = lastStep == .max ? "" : ", \(clockTime(Double(lastStep - step) * seconds / Double(window.steps))) left"
    let end = lastStep == .max ? "" : "/\(lastStep)"
    output.progress(
      "step \(step)\(end), epoch \(epoch + 1), loss \(loss.formatted(decimals: 3)), \(Int(rate)) images/s\(eta)")
    window = Window()
  }

  /// - Parameter waiting: of each rank since the last evaluation.
  func record(_ report: EvaluationReport, step: Int, epoch: Int, isBest: Bool, waiting: WaitingShares?) {
    guard directory != nil else { return }
    append([
      "kind": "evaluation", "step": .integer(step), "epoch": .integer(epoch), "cer": .number(report.cer),
      "graphemeCER": .number(report.graphemeCER), "wer": .number(report.wer), "exactMatch": .number(report.exactMatch),
      "loss": .number(report.loss ?? .nan), "images": .integer(report.images),
      "waitingForData": .numbers(waiting?.forData ?? []), "waitingForRanks": .numbers(waiting?.forRanks ?? []),
    ])
    log.info("step \(step), epoch \(epoch + 1): validation \(report.summary)\(isBest ? " (best)" : "")")
  }

  /// Logs a decision of the run.
  func note(_ text: String) { log.info("\(text)") }

  /// Appends a line to metrics.jsonl. Training does not stop because it cannot be written; the log says so once.
  private func append(_ fields: KeyValuePairs<String, MetricValue>) {
    do {
      try metrics?.append(fields)
      metricsFail = false
    } catch {
      if !metricsFail { log.warning("\(error); going on, and metrics.jsonl will lack lines") }
      metricsFail = true
    }
  }

  /// Begins to write a checkpoint of the state, as that of its step, as the best one, or as both.
  func save(_ state: TrainingState, asStep: Bool, asBest: Bool) throws {
    guard let writer else { return }
    writer.write(
      .init(
        checkpoint: try state.checkpoint(), step: state.cursor.step, asStep: asStep, asBest: asBest)
    )
  }

  /// Waits until the checkpoints are written. Throws if one of those begun last was not.
  func finishSaving() throws { try writer?.finish() }

  /// Waits until the checkpoints are written, or have failed.
  func waitForSaving() { writer?.wait() }
}
