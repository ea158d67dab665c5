/// The exit statuses of `akuru`. Job scripts and the supervisor decide by them what to do next.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Done.
  case done = 0
  /// The command line or the configuration is wrong: a restart with the same arguments does not help.
  case usage = 2
  /// An input record, data set or file cannot be used.
  case badData = 3
  /// The run directory cannot be written, is locked, or has no space at the start, or the final checkpoint failed.
  case inputOutput = 4
  /// The ranks differ in version, configuration, data or CPU kernels.
  case ranksDisagree = 5
  /// Stopped on request or by `--max-minutes`, after a checkpoint: `--resume` continues the run.
  case stoppedOnRequest = 85
  /// A rank stopped making progress.
  case stalled = 86
  /// The training diverged.
  case diverged = 87
  /// Checkpoints exist, but none can be verified.
  case noGoodCheckpoint = 88

  /// The status of a process that ends with an unhandled `error`.
  package init(for error: any Error) {
    self = (error as? any ExitStatusProviding)?.exitStatus ?? .inputOutput
  }
}

/// An error that knows the exit status of a process that does not handle it.
package protocol ExitStatusProviding: Error {
  var exitStatus: ExitStatus { get }
}
