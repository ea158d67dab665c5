/// What a rank is doing, for the watchdog and for injected faults.
package enum Phase: UInt8, Sendable, CaseIterable {
  /// From the first line of the program to the audit: MPI, run directory, checkpoint.
  case start
  /// Examining every image of the data sets.
  case audit
  /// Decoding images into the cache.
  case cache
  /// Waiting for the loader; a fault strikes the loader's thread.
  case load
  /// Forward and backward.
  case step
  /// Reducing gradients over all ranks, including the wait for them.
  case reduce
  /// Clipping and optimizer.
  case update
  case evaluate
  /// Taking and writing a checkpoint.
  case checkpoint
  /// After the last checkpoint.
  case end
  /// Writing a file that is no checkpoint; for faults only.
  case write

  package init?(name: some StringProtocol) {
    guard let phase = Phase.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = phase
  }

  /// What a timeline shows of the phase; nil if the timeline shows the parts of the phase, or nothing.
  var span: Trace.Kind? {
    switch self {
    case .load: .load
    case .update: .update
    case .evaluate: .evaluate
    case .checkpoint: .checkpoint
    case .start, .audit, .cache, .step, .reduce, .end, .write: nil
    }
  }
}
