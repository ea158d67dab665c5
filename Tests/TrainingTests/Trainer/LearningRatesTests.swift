import Datasets
import NeuralNetwork
import Testing
import Training

@Suite struct LearningRatesTests {
  @Test func aConstantBatchHasTheScheduleOfItsSteps() {
    let settings = OptimizationSettings(lr: 0.01, schedule: .cosine)
    let rates = LearningRates(settings, StepCalendar(draws: 10, batchSize: 4, microBatch: 2), scheduleSteps: 30)
    for step in 0..<30 {
      #expect(
        rates.rate(step: step, reductions: 0)
          == LearningRateSchedule.cosine.rate(step: step, totalSteps: 30, peak: 0.01))
    }
  }

  /// The schedule counts images, in units of the first size; the rate follows the size.
  @Test(arguments: [nil, LearningRateScaling.sqrt, .linear, LearningRateScaling.none])
  func aBatchThatGrowsHasTheScheduleOfItsImages(_ scaling: LearningRateScaling?) throws {
    var settings = OptimizationSettings(lr: 0.01, schedule: .oneCycle)
    settings.lrScaling = scaling
    let calendar = StepCalendar(
      draws: 64, batchSize: try BatchSize("4,16@0.25,64@0.5"), microBatch: 4, images: 640)
    let rates = LearningRates(settings, calendar, scheduleSteps: calendar.steps(forImages: 640))
    for step in 0..<calendar.steps(forImages: 640) {
      let growth = Double(calendar.place(of: step).batchSize / 4)
      let factor = scaling == .linear ? growth : scaling == LearningRateScaling.none ? 1 : growth.squareRoot()
      let expected = LearningRateSchedule.oneCycle().rate(
        step: calendar.imagesBefore(step) / 4, totalSteps: 160, peak: 0.01 * factor)
      #expect(rates.rate(step: step, reductions: 0) == expected, "step \(step)")
    }
  }
}
