import Instrumentation
import Messages

extension Communicator {
  /// Where a run can still end with nothing lost: all ranks leave if one was asked to.
  package func leaveIfStopIsRequested() throws {
    if try allreduceMax([StopRequest.isRaised ? 1 : 0])[0] > 0 { throw StoppedBeforeTraining() }
  }
}

/// All ranks stopped on request before there was anything to save.
package struct StoppedBeforeTraining: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  package init() {}

  package var exitStatus: ExitStatus { .stoppedOnRequest }
  package var description: String { "stopped on request before the first step; start again with --resume" }
}
