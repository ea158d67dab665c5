/// The exit statuses of `akuru`: a job script or the supervisor decides by them what to do next.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Done.
  case done = 0
  /// The command line or the configuration is wrong: starting again with the same arguments will not help.
  case usage = 2
  /// A record, a data set or a file that was given as input cannot be used.
  case badData = 3
  /// The run directory cannot be written, is locked, or has no space at start, or the final checkpoint failed.
  case inputOutput = 4
  /// The ranks differ in version, configuration, data or CPU kernels.
  case ranksDisagree = 5
  /// Stopped on request or by `--max-minutes`, after a checkpoint: start again with `--resume` to go on.
  case stoppedOnRequest = 85
  /// A rank stopped making progress.
  case stalled = 86
  /// The training diverged.
  case diverged = 87
  /// Checkpoints exist and none of them verifies.
  case noGoodCheckpoint = 88

  /// The status that a process ends with when nobody handles `error`.
  package init(for error: any Error) {
    self = (error as? any ExitStatusProviding)?.exitStatus ?? .inputOutput
  }
}

/// An error that knows the status that the process ends with when nobody handles it.
package protocol ExitStatusProviding: Error {
  var exitStatus: ExitStatus { get }
}
