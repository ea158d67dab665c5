import MessagePassing

/// The degree to which a run is reproducible, which depends on how its gradients are summed.
package enum Reproducibility: String, Codable, Sendable {
  /// All sums are exact.
  case exact = "the same bits on any number of ranks"
  /// Sums are rounded between machines (`Precision.float`).
  case perLayout = """
    the same bits on every rank and from run to run with the same ranks on the same machines, not with other numbers of ranks
    """

  /// Within a machine sums are exact, for any `precision`.
  init(_ precision: Precision, over communicator: Communicator) {
    self = precision == .exact || communicator.isOneMachine ? .exact : .perLayout
  }
}
