import Instrumentation
import Messages

extension Communicator {
  /// Marks a point where a run can end without losing work: all ranks throw if one was asked to stop.
  package func leaveIfStopIsRequested() throws {
    if try allreduceMax([StopRequest.isRaised ? 1 : 0])[0] > 0 { throw StoppedBeforeTraining() }
  }
}

/// Thrown by all ranks that stop on request before there is anything to save.
package struct StoppedBeforeTraining: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  package init() {}

  package var exitStatus: ExitStatus { .stoppedOnRequest }
  package var description: String { "stopped on request before the first step; start again with --resume" }
}
