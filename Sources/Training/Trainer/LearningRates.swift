import Datasets
import NeuralNetwork

/// The learning rate of each step of a run. If the batch grows, the schedule counts images, in units of the first size, and
/// the rate grows with the size.
package struct LearningRates {
  private let settings: OptimizationSettings
  private let schedule: LearningRateSchedule
  private let calendar: StepCalendar
  private let totalSteps: Int

  /// - Parameter scheduleSteps: the steps of the schedule; nil if it never ends.
  package init(_ settings: OptimizationSettings, _ calendar: StepCalendar, scheduleSteps: Int?) {
    (self.settings, self.calendar) = (settings, calendar)
    schedule = settings.learningRateSchedule
    totalSteps = calendar.images.map { ($0 - 1) / calendar.batchSize.first + 1 } ?? scheduleSteps ?? .max
  }

  /// - Parameters:
  ///   - step: counted from 0.
  ///   - reductions: the reductions counted by the `Plateau`.
  package func rate(step: Int, reductions: Int) -> Float {
    var (place, peak) = (step, settings.lr)
    if calendar.batchSize.grows {
      place = calendar.imagesBefore(step) / calendar.batchSize.first
      peak *= (settings.lrScaling ?? .sqrt)
        .factor(Double(calendar.place(of: step).batchSize) / Double(calendar.batchSize.first))
    }
    return schedule.rate(
      step: place, totalSteps: totalSteps, peak: peak, warmUp: settings.warmUp ?? 0, reductions: reductions)
  }
}
