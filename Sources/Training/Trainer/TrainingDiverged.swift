import MessagePassing
import Messages

/// Too many consecutive steps were skipped.
struct TrainingDiverged: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  let step: Int
  let badSteps: Int
  var exitStatus: ExitStatus { .diverged }
  var description: String {
    "training diverged: \(badSteps) steps in a row up to step \(step) had a loss or gradient that is not finite; resume "
      + "with a new run directory and a lower --lr, or with --clip-norm"
  }
}
