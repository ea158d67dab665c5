import Console
import Foundation
import Instrumentation
import Logging
import MessagePassing
import Messages
import Settings
import Survival
import Tensors

/// The context of all parts of a run: the ranks and the log.
struct RunContext {
  let communicator: Communicator
  let output: RunLog
  let log: Logger

  init(_ communicator: Communicator, _ output: RunLog) {
    (self.communicator, self.output, log) = (communicator, output, output.logger())
  }
}

/// Trains with the given options, on all ranks of the communicator: `akuru train`.
///
/// - Throws: errors whose exit status `ExitStatus` gives.
package func runTraining(_ options: Overrides, over communicator: Communicator) throws -> ExitStatus {
  let verbosity: Verbosity = options.isOn("quiet") ? .quiet : options.isOn("verbose") ? .verbose : .normal
  let output = RunLog(rank: communicator.rank, verbosity: verbosity)
  do {
    return try train(options, RunContext(communicator, output))
  } catch {
    output.endProgress()
    output.record("error: \(error)")  // The process prints it on standard error when it ends.
    throw error
  }
}

/// The stages of a run, all collective; each passes its result to the next.
private func train(_ options: Overrides, _ context: RunContext) throws -> ExitStatus {
  try context.communicator.together { try Faults.check() }
  try Watchdog.connect(over: context.communicator)
  Heartbeat.enter(.start, step: 0)
  BLAS.useOneThread()

  let opened = try openRun(options, context)
  let given = try resolveConfiguration(options, opened, context)
  let records = try GroundTruth(given.configuration, context: context)
  let settings = try chooseStart(options, records, given, opened, context)
  let prepared = try prepareData(records, settings, opened, context)
  let state = try makeState(prepared, settings, opened, context)
  let recorder = try announce(state, prepared, settings, opened, context)
  return try trainToTheEnd(state, prepared, settings, recorder, context)
}

/// Trains, and logs how the run ended.
private func trainToTheEnd(
  _ state: TrainingState, _ prepared: PreparedRun, _ settings: ResolvedRun, _ recorder: RunRecorder,
  _ context: RunContext
) throws -> ExitStatus {
  let (configuration, log) = (settings.configuration, context.log)
  let trainer = try Trainer(
    configuration, prepared, state: state, recorder: recorder, context: context)
  let timeline = try configuration.run.log.trace.map { try TimelineRecording($0, over: context.communicator) }
  if settings.description != nil, state.cursor.step == 0 { try trainer.evaluateStart() }
  let status = try trainer.run()
  context.output.endProgress()
  try timeline?.finish(over: context.communicator, log: log)
  Heartbeat.enter(.end, step: state.cursor.step)
  if trainer.shouldStopEarly {
    log.info("stopped early: no lower validation CER in \(configuration.recipe.course.earlyStopping ?? 0) evaluations")
  }
  if state.cursor.skippedSteps > 0 {
    log.warning(
      "\(state.cursor.skippedSteps) of \(state.cursor.step) steps were skipped: a loss or gradient was not finite")
  }
  if status == .stoppedOnRequest {
    log.info("stopped at step \(state.cursor.step) after a checkpoint; go on with --resume")
  } else if let best = state.cursor.best {
    recorder.finish()
    log.info(
      "done: best validation CER \(percent(best.cer)) at step \(best.step), in \(configuration.runDir); see report.html there"
    )
    if best.cer > untrainedCER {
      log.info(
        """
        the model reads hardly anything yet: train longer (letters appear after some hundred steps), and look whether \
        texts and images belong together (akuru sheet \(prepared.data.train.dataSet.folders[0].onOneLine) --output \
        sheet.png)\(prepared.data.alphabet.mayRunRightToLeft ? directionHint : "")
        """)
    }
  }
  return status
}

/// What to look at if letters run from right to left.
private let directionHint =
  "; texts are taken in logical order, as they are written: give --direction none if yours are in the order of the page"

/// A model with a character error rate above this has not started to learn.
private let untrainedCER = 0.8
