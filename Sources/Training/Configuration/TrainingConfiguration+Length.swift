import Messages

/// The length of a run.
extension TrainingConfiguration {
  /// The number of steps in the schedule of a new run, given the steps per epoch; nil if the run has no end.
  /// - Throws: `ConfigurationError` if a schedule that needs an end has none.
  package func scheduleSteps(stepsPerEpoch: Int) throws -> Int? {
    guard recipe.optimization.schedule.needsEnd else { return nil }
    if let steps = limits(stepsPerEpoch).min() { return steps }
    throw ConfigurationError(
      option: "schedule",
      " \(recipe.optimization.schedule.rawValue) needs to know its end: give --epochs or --max-steps")
  }

  /// Throws for a new run that would not end, or whose schedule needs an end, before the data is read.
  /// - Throws: `ConfigurationError`.
  package func requireEnd() throws {
    // The length of an epoch does not matter here.
    if limits(1).isEmpty && run.length.maxMinutes == nil { throw TrainingConfiguration.endless }
    _ = try scheduleSteps(stepsPerEpoch: 1)
  }

  private static let endless = ConfigurationError(
    "nothing ends this run: give --epochs, --max-steps or --max-minutes")

  /// The step after which the run ends; `Int.max` if only minutes end it.
  ///
  /// - Parameter scheduleSteps: the run's schedule, which may have started with other limits.
  /// - Throws: `ConfigurationError` if nothing ends the run, or it would continue past the end of its schedule.
  package func lastStep(stepsPerEpoch: Int, scheduleSteps: Int?) throws -> Int {
    if let scheduleSteps, let maxSteps = run.length.maxSteps, maxSteps > scheduleSteps, recipe.course.epochs == nil {
      throw ConfigurationError(
        option: "maxSteps",
        " \(maxSteps): the \(recipe.optimization.schedule.rawValue) schedule of the run that is resumed ends at step "
          + "\(scheduleSteps), where its rate is almost zero; start a new run directory")
    }
    if let step = (limits(stepsPerEpoch) + [scheduleSteps].compactMap { $0 }).min() { return step }
    if run.length.maxMinutes == nil { throw TrainingConfiguration.endless }
    return .max
  }

  private func limits(_ stepsPerEpoch: Int) -> [Int] {
    // Epochs and steps per epoch are bounded, so their product does not overflow.
    [recipe.course.epochs.map { $0 * stepsPerEpoch }, run.length.maxSteps].compactMap { $0 }
  }
}
