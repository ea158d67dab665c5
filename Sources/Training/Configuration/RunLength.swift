import Datasets
import Messages

/// The length of a run, and the images of each of its steps.
package struct RunLength: Sendable, Equatable {
  package let calendar: StepCalendar
  /// Images of the whole run, if they determine its steps: because its batch grows, or its length was planned.
  package let images: Int?
  /// Steps of the learning-rate schedule; nil if it never ends.
  package let scheduleSteps: Int?
  /// The step after which the run ends; `Int.max` if only minutes end it.
  package let lastStep: Int
}

extension TrainingConfiguration {
  /// Whether the length of a new run is planned, from the minutes or from the size of the data, because neither epochs nor
  /// steps end it.
  package var plansLength: Bool {
    if recipe.course.minutes != nil { return true }
    guard recipe.course.epochs == nil, run.length.maxSteps == nil else { return false }
    return run.length.maxMinutes == nil || recipe.optimization.schedule.needsEnd || recipe.batch.batchSize.grows
  }

  /// The images of a run if nothing says how long it is: whole epochs, at least 1,600 times the square root of the images of
  /// one. 300 images are seen 93 times, 18,000 twelve times.
  package static func usualImages(draws: Int) -> Int {
    let epochs = (1_600 * Double(draws).squareRoot() / Double(draws)).rounded(.up)
    return draws * max(1, Int(epochs))
  }

  /// The length of a new run over `draws` images an epoch.
  ///
  /// - Parameter planned: the images of the run if ``plansLength``.
  package func length(draws: Int, planned: Int?) -> RunLength {
    let batch = recipe.batch
    var images = planned
    if batch.batchSize.grows {
      // Epochs and draws are bounded, so their product does not overflow.
      let limits = [
        planned, recipe.course.epochs.map { $0 * draws },
        run.length.maxSteps.map {
          StepCalendar.images(ofSteps: $0, draws: draws, batchSize: batch.batchSize, microBatch: batch.microBatch)
        },
      ]
      images = limits.compactMap { $0 }.min()
    }
    let calendar = StepCalendar(
      draws: draws, batchSize: batch.batchSize, microBatch: batch.microBatch, images: images)
    let end = limits(calendar, images).min()
    return RunLength(
      calendar: calendar, images: images, scheduleSteps: recipe.optimization.schedule.needsEnd ? end : nil,
      lastStep: end ?? .max)
  }

  /// The length of a resumed run. It may end earlier or, where the schedule allows, later than was asked for at its start.
  ///
  /// - Parameter ranks: of the command that an error names.
  /// - Throws: `ConfigurationError` if it would continue past the end of its schedule.
  package func length(draws: Int, resuming identity: RunIdentity, ranks: Int = 1) throws -> RunLength {
    if let scheduleSteps = identity.scheduleSteps, let maxSteps = run.length.maxSteps, maxSteps > scheduleSteps,
      recipe.course.epochs == nil, recipe.course.minutes == nil
    {
      throw ConfigurationError(
        option: "maxSteps",
        " \(maxSteps): the \(recipe.optimization.schedule.rawValue) schedule of the run that is resumed ends at step "
          + "\(scheduleSteps), where its rate is almost zero; begin a longer run with its weights: "
          + RunCommands(runDir: runDir, ranks: ranks).again)
    }
    let batch = recipe.batch
    let calendar = StepCalendar(
      draws: draws, batchSize: batch.batchSize, microBatch: batch.microBatch, images: identity.images)
    let end = (limits(calendar, identity.images) + [identity.scheduleSteps].compactMap { $0 }).min()
    return RunLength(
      calendar: calendar, images: identity.images, scheduleSteps: identity.scheduleSteps, lastStep: end ?? .max)
  }

  /// The step at which a run would end without `--max-steps`; nil if nothing else ends it.
  func plannedStep(_ length: RunLength) -> Int? {
    let calendar = length.calendar
    return [
      recipe.course.epochs.map { calendar.steps(forImages: $0 * calendar.draws) }, length.scheduleSteps,
      length.images.map { calendar.steps(forImages: $0) },
    ].compactMap { $0 }.min()
  }

  /// The steps after which the run ends: of its epochs, of its steps, and of its images.
  private func limits(_ calendar: StepCalendar, _ images: Int?) -> [Int] {
    [
      recipe.course.epochs.map { calendar.steps(forImages: $0 * calendar.draws) }, run.length.maxSteps,
      images.map { calendar.steps(forImages: $0) },
    ].compactMap { $0 }
  }
}
