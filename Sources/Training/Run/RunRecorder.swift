import Checkpoints
import Console
import DataPreparation
import Datasets
import Foundation
import Logging
import Messages
import NeuralNetwork
import Recognition
import Reporting

/// Writes metrics, log, report and checkpoints on rank 0 during training. On other ranks it does nothing.
final class RunRecorder {
  private let metrics: MetricsLog?
  private let output: RunLog
  private let log: Logger
  private let logEvery: Int
  private let lastStep: Int
  private let writer: CheckpointWriter?
  private let report: ReportWriter?
  private let board: TensorBoardLog?
  /// How the evaluations develop.
  private(set) var course: RunCourse
  /// The training loss since the last evaluation.
  private var sinceEvaluation = (loss: 0.0, steps: 0)
  private var window = Window()
  private var metricsFail = false
  private var progress: TrainingProgress
  /// The time at which the progress line was last shown or logged.
  private var shown = ContinuousClock.now

  /// Sums since the last line.
  private struct Window {
    var images = 0
    var steps = 0
    var skipped = 0
    var loss = 0.0
    var noise = GradientNoise()
    var duration = Duration.zero
    var waiting = Duration.zero
    var reducing = Duration.zero
  }

  /// - Parameter directory: the run directory on rank 0, nil elsewhere.
  init(
    _ directory: RunDirectory?, _ state: TrainingState, _ settings: RunSettings, context: RunContext, lastStep: Int,
    calendar: StepCalendar
  ) throws {
    metrics = try directory.map { try MetricsLog($0.metricsPath) }
    (output, log) = (context.output, context.log)
    (logEvery, self.lastStep) = (settings.log.logEvery, lastStep)
    let minutes = state.cursor.step == 0 && settings.length.maxSteps == nil ? state.identity.recipe.course.minutes : nil
    progress = TrainingProgress(lastStep: lastStep, calendar: calendar, planned: minutes.map { 60 * $0 })
    let logger = log
    writer = directory.map { CheckpointWriter($0.checkpoints, keep: settings.checkpoints.keep, log: logger) }
    let report = directory.flatMap { ReportWriter($0.path, log: logger) }
    self.report = report
    let (recipe, cursor) = (state.identity.recipe, state.cursor)
    board = try directory.map {
      TensorBoardLog(
        $0.path, host: context.communicator.hostName,
        hyperparameters: try RunJSON.decode([String: JSONValue].self, from: RunJSON.line(recipe)),
        nextEvent: cursor.evaluationDue ? cursor.step : cursor.step + 1, history: report?.history, log: logger)
    }
    progress.cer = report?.history.evaluations.last?.cer
    course = RunCourse(data: settings.files.train ?? "")
    for earlier in report?.history.evaluations ?? [] {
      _ = course.add(.init(step: earlier.step, cer: earlier.cer, loss: earlier.loss))
    }
  }

  /// Records a step: progress, and every `logEvery` steps a line of metrics.
  package func record(_ result: StepResult, step: Int, epoch: Int) {
    guard metrics != nil else { return }
    window.images += result.images
    window.steps += 1
    if result.skipped {
      window.skipped += 1
    } else {
      window.loss += result.loss
      sinceEvaluation = (sinceEvaluation.loss + result.loss, sinceEvaluation.steps + 1)
    }
    if let noise = result.gradientNoise { window.noise += noise }
    window.duration += result.duration
    window.waiting += result.loadWait
    window.reducing += result.reduceTime
    progress.add(result)
    if let expectation = progress.expectation(step: step) { log.info("\(expectation)") }
    let isLogged = step % logEvery == 0 || step == lastStep
    if isLogged { logStep(result, step: step, epoch: epoch) }
    showProgress(step: step, epoch: epoch, isLogged: isLogged)
  }

  private func logStep(_ result: StepResult, step: Int, epoch: Int) {
    let seconds = max(window.duration.seconds, 1e-9)
    let line = StepMetrics(
      step: step, epoch: epoch, time: secondsSince1970(),
      loss: window.loss / Double(window.steps - window.skipped),  // NaN if all were skipped
      learningRate: Double(result.learningRate), gradientNorm: result.gradientNorm,
      gradientNoise: window.noise.scale,
      imagesPerSecond: (Double(window.images) / seconds).inThousandths, seconds: seconds.inThousandths,
      skipped: window.skipped, waiting: (window.waiting.seconds / seconds).inThousandths,
      reducing: (window.reducing.seconds / seconds).inThousandths)
    append(line)
    report?.add(line)
    board?.add(line)
    window = Window()
  }

  /// A terminal's line is updated five times per second; a log gets one line per half minute, or all with --verbose.
  private func showProgress(step: Int, epoch: Int, isLogged: Bool) {
    let isDue = shown.duration(to: .now) >= (output.showsProgress ? .milliseconds(200) : .seconds(30))
    if output.showsProgress, isDue || step == lastStep {
      output.progress(progress.line(step: step, epoch: epoch))
      shown = .now
    }
    guard isLogged, step != lastStep else { return }
    if !output.showsProgress, isDue {
      log.info("\(progress.line(step: step, epoch: epoch))")
      shown = .now
    } else {
      log.debug("\(progress.line(step: step, epoch: epoch))")
    }
  }

  /// - Parameters:
  ///   - evaluation: the evaluation, with findings on rank 0.
  ///   - ranks: the times of all ranks.
  ///   - gradients: whether the network holds the gradients of the last step.
  func record(
    _ evaluation: Evaluator.Evaluation, of data: AuditedDataSet, ranks: [RankTiming], weights: Parameters,
    gradients: Bool, step: Int, epoch: Int, isBest: Bool
  ) {
    guard metrics != nil else { return }
    let figures = evaluation.report
    let line = EvaluationMetrics(
      figures, step: step, epoch: epoch, time: secondsSince1970(), waiting: WaitingShares(ranks))
    append(line)
    progress.cer = figures.cer
    log.info("step \(step), epoch \(epoch + 1): validation \(figures.summary)\(isBest ? " (best)" : "")")
    if let findings = evaluation.findings {
      let snapshot = EvaluationSnapshot(figures, findings, of: data, ranks: ranks, step: step, epoch: epoch)
      report?.write(line, snapshot)
      board?.add(line, snapshot, weights: weights, gradients: gradients)
    }
    let trainingLoss = sinceEvaluation.steps > 0 ? sinceEvaluation.loss / Double(sinceEvaluation.steps) : nil
    sinceEvaluation = (0, 0)
    if let news = course.add(.init(step: step, cer: line.cer, loss: line.loss, trainingLoss: trainingLoss)) {
      log.info("\(news)")
    }
    shown = .now
  }

  /// Logs a decision of the run.
  func note(_ text: String) { log.info("\(text)") }

  /// Appends a line to metrics.jsonl. If it cannot be written, training continues and the log says so once.
  private func append(_ line: some Encodable) {
    do {
      try metrics?.append(line)
      metricsFail = false
    } catch {
      if !metricsFail { log.warning("\(error); going on, and metrics.jsonl will lack lines") }
      metricsFail = true
    }
  }

  /// Starts to write the state as the checkpoint of its step, as the best one, or as both; `isUrgent` if the run waits for it.
  func save(_ state: TrainingState, asStep: Bool, asBest: Bool, isUrgent: Bool) throws {
    guard let writer else { return }
    writer.write(
      .init(
        checkpoint: try state.checkpoint(), step: state.cursor.step, asStep: asStep, asBest: asBest, isUrgent: isUrgent)
    )
  }

  /// Waits until the checkpoints are written. Throws if one of the last ones could not be written.
  func finishSaving() throws { try writer?.finish() }

  /// Records how the run ended, for the report.
  func end(_ outcome: RunOutcome) { report?.write(outcome) }

  /// Completes the TensorBoard log of a finished run.
  func finish() { board?.finish() }

  /// Waits until the checkpoints are written, or have failed.
  func waitForSaving() { writer?.wait() }
}
