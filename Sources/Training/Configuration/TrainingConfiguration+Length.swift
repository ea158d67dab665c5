import Messages

/// How long a run is.
extension TrainingConfiguration {
  /// Steps the schedule of a new run is made for, from the number of steps an epoch has; nil when it has no end.
  /// - Throws: ``ConfigurationError`` when a schedule that needs an end has none.
  package func scheduleSteps(stepsPerEpoch: Int) throws -> Int? {
    guard recipe.optimization.schedule.needsEnd else { return nil }
    if let steps = limits(stepsPerEpoch).min() { return steps }
    throw ConfigurationError(
      option: "schedule",
      " \(recipe.optimization.schedule.rawValue) needs to know its end: give --epochs or --max-steps")
  }

  /// Refuses a new run that would not end, or whose schedule could not be made, before the data is read.
  /// - Throws: ``ConfigurationError``.
  package func requireEnd() throws {
    // How long an epoch is does not matter here.
    if limits(1).isEmpty && run.length.maxMinutes == nil { throw TrainingConfiguration.endless }
    _ = try scheduleSteps(stepsPerEpoch: 1)
  }

  private static let endless = ConfigurationError(
    "nothing ends this run: give --epochs, --max-steps or --max-minutes")

  /// The step after which the run is done; `Int.max` when only minutes end it.
  ///
  /// - Parameter scheduleSteps: of the run, which may have begun with other limits.
  /// - Throws: ``ConfigurationError`` when nothing ends the run, or it is to go on past the end of its schedule.
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
    // Epochs and steps of an epoch are bounded: their product fits.
    [recipe.course.epochs.map { $0 * stepsPerEpoch }, run.length.maxSteps].compactMap { $0 }
  }
}
