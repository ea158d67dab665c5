import Logging
import Messages
import Reporting

/// The last words of a run: in the log, in `outcome.json` and in the report.
struct RunEnding {
  let state: TrainingState
  let prepared: PreparedRun
  let configuration: TrainingConfiguration
  let recorder: RunRecorder
  let ranks: Int
  let log: Logger

  private var commands: RunCommands { RunCommands(runDir: configuration.runDir, ranks: ranks) }

  /// Says how the run ended.
  func tell(_ status: ExitStatus, stoppedEarly: Bool) {
    if stoppedEarly {
      log.info(
        "stopped early: no lower validation CER in \(configuration.recipe.course.earlyStopping ?? 0) evaluations")
    }
    if state.cursor.skippedSteps > 0 {
      log.warning(
        "\(state.cursor.skippedSteps) of \(state.cursor.step) steps were skipped: a loss or gradient was not finite")
    }
    if status == .stoppedOnRequest { tellOfStop() } else { tellOfEnd(stoppedEarly: stoppedEarly) }
  }

  /// Records why the run failed. What is wrong with the options is no end of the run.
  func tell(_ error: any Error) {
    let status = ExitStatus(for: error)
    guard status != .usage else { return }
    recorder.end(RunOutcome(status, step: state.cursor.step, message: "\(error)", next: commands.resume))
  }

  private func tellOfStop() {
    let message = "stopped at step \(state.cursor.step) after a checkpoint"
    log.info("\(message); go on with --resume: \(commands.resume)")
    recorder.end(RunOutcome(.stoppedOnRequest, step: state.cursor.step, message: message, next: commands.resume))
  }

  private func tellOfEnd(stoppedEarly: Bool) {
    guard let best = state.cursor.best else { return }
    recorder.finish()
    let planned = configuration.plannedStep(prepared.length)
    let longer =
      best.cer > RunCourse.untrainedCER
      ? muchLonger
      : stoppedEarly
        ? commands.again
        : commands.longer(prepared.length, plannedStep: planned)
    var advice = recorder.course.closing(longer: longer)
    if best.cer > RunCourse.untrainedCER, prepared.data.alphabet.mayRunRightToLeft {
      advice.append(RunEnding.directionHint)
    }
    log.info(
      """
      done: best validation CER \(percent(best.cer)) at step \(best.step), in \(configuration.runDir); see report.html there
      """)
    for line in advice { log.info("\(line)") }
    if advice.isEmpty { log.info("to train longer: \(longer)") }
    recorder.end(
      RunOutcome(
        .done, step: state.cursor.step, message: stoppedEarly ? "done: stopped early" : "done", advice: advice,
        next: longer))
  }

  /// For a model that has not begun to read.
  private var muchLonger: String {
    let (done, needed) = (max(1, state.cursor.step), 4 * RunOutlook.stepsToLetters)
    let factor = max(2, (needed + done - 1) / done)
    return commands.anew(steps: factor * done, epochs: configuration.recipe.course.epochs.map { factor * $0 })
  }

  /// What to look at if letters run from right to left.
  private static let directionHint =
    "texts are taken in logical order, as they are written: give --direction none if yours are in the order of the page"
}
