import Datasets
import Messages

/// The length of a run.
extension TrainingConfiguration {
  /// The steps of a run over `draws` images an epoch.
  ///
  /// - Parameter images: the images of the resumed run, if its batch grows; nil takes those of the limits.
  /// - Throws: `ConfigurationError` for a growing batch in a run without an end.
  package func calendar(draws: Int, images: Int? = nil) throws -> StepCalendar {
    let batch = recipe.batch
    guard batch.batchSize.grows else {
      return StepCalendar(draws: draws, batchSize: batch.batchSize, microBatch: batch.microBatch)
    }
    let limits = [
      recipe.course.epochs.map { $0 * draws },
      run.length.maxSteps.map {
        StepCalendar.images(ofSteps: $0, draws: draws, batchSize: batch.batchSize, microBatch: batch.microBatch)
      },
    ]
    guard let images = images ?? limits.compactMap({ $0 }).min() else {
      throw ConfigurationError(
        option: "batchSize",
        " \(batch.batchSize) grows in shares of the run, so it needs to know its end: give --epochs or --max-steps")
    }
    return StepCalendar(draws: draws, batchSize: batch.batchSize, microBatch: batch.microBatch, images: images)
  }

  /// The number of steps in the schedule of a new run; nil if the run has no end.
  /// - Throws: `ConfigurationError` if a schedule that needs an end has none.
  package func scheduleSteps(_ calendar: StepCalendar) throws -> Int? {
    guard recipe.optimization.schedule.needsEnd else { return nil }
    if let steps = limits(calendar).min() { return steps }
    throw ConfigurationError(
      option: "schedule",
      " \(recipe.optimization.schedule.rawValue) needs to know its end: give --epochs or --max-steps")
  }

  /// Throws for a new run that would not end, or whose schedule needs an end, before the data is read.
  /// - Throws: `ConfigurationError`.
  package func requireEnd() throws {
    // The length of an epoch does not matter here.
    let calendar = try calendar(draws: 1)
    if limits(calendar).isEmpty && run.length.maxMinutes == nil { throw TrainingConfiguration.endless }
    _ = try scheduleSteps(calendar)
  }

  private static let endless = ConfigurationError(
    "nothing ends this run: give --epochs, --max-steps or --max-minutes")

  /// The step after which the run ends; `Int.max` if only minutes end it.
  ///
  /// - Parameter scheduleSteps: the run's schedule, which may have started with other limits.
  /// - Throws: `ConfigurationError` if nothing ends the run, or it would continue past the end of its schedule.
  package func lastStep(_ calendar: StepCalendar, scheduleSteps: Int?) throws -> Int {
    if let scheduleSteps, let maxSteps = run.length.maxSteps, maxSteps > scheduleSteps, recipe.course.epochs == nil {
      throw ConfigurationError(
        option: "maxSteps",
        " \(maxSteps): the \(recipe.optimization.schedule.rawValue) schedule of the run that is resumed ends at step "
          + "\(scheduleSteps), where its rate is almost zero; start a new run directory")
    }
    if let step = (limits(calendar) + [scheduleSteps].compactMap { $0 }).min() { return step }
    if run.length.maxMinutes == nil { throw TrainingConfiguration.endless }
    return .max
  }

  private func limits(_ calendar: StepCalendar) -> [Int] {
    // Epochs and draws are bounded, so their product does not overflow.
    [recipe.course.epochs.map { calendar.steps(forImages: $0 * calendar.draws) }, run.length.maxSteps]
      .compactMap { $0 }
  }
}
