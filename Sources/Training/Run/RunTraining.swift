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
  let given = try resolveConfiguration(opened, context)
  let records = try GroundTruth(given.configuration, context: context)
  let settings = try chooseStart(records, given, opened, context)
  let prepared = try prepareData(records, settings, opened, context)
  let state = try makeState(prepared, settings, opened, context)
  let recorder = try announce(state, prepared, settings, opened, context)
  return try trainToTheEnd(state, prepared, settings, recorder, context)
}

/// Trains, and says how the run ended.
private func trainToTheEnd(
  _ state: TrainingState, _ prepared: PreparedRun, _ settings: ResolvedRun, _ recorder: RunRecorder,
  _ context: RunContext
) throws -> ExitStatus {
  let configuration = settings.configuration
  let ending = RunEnding(
    state: state, prepared: prepared, configuration: configuration, recorder: recorder,
    ranks: context.communicator.size, log: context.log)
  do {
    let trainer = try Trainer(
      configuration, prepared, state: state, recorder: recorder, context: context)
    let timeline = try configuration.run.log.trace.map { try TimelineRecording($0, over: context.communicator) }
    if settings.description != nil, state.cursor.step == 0 { try trainer.evaluateStart() }
    let status = try trainer.run()
    if status == .stoppedOnRequest { StopRequest.answer() }
    context.output.endProgress()
    try timeline?.finish(over: context.communicator, log: context.log)
    Heartbeat.enter(.end, step: state.cursor.step)
    ending.tell(status, stoppedEarly: trainer.shouldStopEarly)
    return status
  } catch {
    ending.tell(error)
    throw error
  }
}
