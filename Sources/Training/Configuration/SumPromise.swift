import MessagePassing

/// What is promised of the bits of a run, by how its gradients are summed.
enum SumPromise: String, Codable, Sendable {
  /// All sums are exact.
  case anyRanks = "the same bits on any number of ranks"
  /// Sums are rounded between machines (``Precision/float``).
  case sameRanks = """
    the same bits on every rank and from run to run with the same ranks on the same machines, not with other numbers of ranks
    """

  /// Within a machine sums are exact, whatever `precision` says.
  init(_ precision: Precision, over communicator: Communicator) {
    self = precision == .exact || communicator.isOneMachine ? .anyRanks : .sameRanks
  }
}

extension TrainingOptions {
  /// What `reduce` says.
  /// - Throws: ``ConfigurationError``.
  public func precision() throws -> Precision { try Recipe.choice("--reduce", reduce, .exact) }
}
