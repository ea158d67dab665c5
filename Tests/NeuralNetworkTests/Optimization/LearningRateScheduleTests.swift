import Foundation
import NeuralNetwork
import TestSupport
import Testing

@Suite struct LearningRateScheduleTests {
  @Test(arguments: [(2, 0.15), (7, 0.15), (20, 0.15), (200, 0.15), (40, 0.3)])
  func oneCycleIsPyTorchs(totalSteps: Int, share: Double) throws {
    let expected = try GoldenFile("optimizers")["one-cycle.\(totalSteps).\(share)"].elements
    let schedule = LearningRateSchedule.oneCycle(risingShare: share)
    for (step, rate) in expected.enumerated() {
      let actual = schedule.rate(step: step, totalSteps: totalSteps, peak: 3e-3)
      #expect(abs(actual - rate) <= 1e-6 * rate, "step \(step): \(actual), expected \(rate)")
    }
  }

  @Test func oneCycleRisesThenFallsAndClamps() {
    let schedule = LearningRateSchedule.oneCycle()
    let rates = (-3..<1010).map { schedule.rate(step: $0, totalSteps: 1000, peak: 1) }
    #expect(rates[0] == 0.04 && rates[3] == 0.04)
    #expect(rates[3 + 149] == 1)
    #expect(zip(rates[3...152], rates[4...152]).allSatisfy { $0 < $1 })
    #expect(zip(rates[152..<1002], rates[153...1002]).allSatisfy { $0 > $1 })
    #expect(rates[1002...].allSatisfy { $0 == Float(4e-6) })
  }

  @Test func degenerateRunsHaveFiniteRates() {
    for share in [0, 0.15, 0.5, 1] {
      for total in 0..<12 {
        for step in -1..<14 {
          let rate = LearningRateSchedule.oneCycle(risingShare: share).rate(step: step, totalSteps: total, peak: 2)
          #expect(rate >= 0 && rate <= 2)
        }
      }
    }
  }

  @Test func constantIsConstant() {
    for step in [0, 5, 1000] {
      #expect(LearningRateSchedule.constant.rate(step: step, totalSteps: 10, peak: 0.25) == 0.25)
    }
  }

  @Test func namesAndCodingRoundTrip() throws {
    for schedule in [LearningRateSchedule.constant, .oneCycle()] {
      #expect(LearningRateSchedule(name: schedule.name) == schedule)
    }
    #expect(LearningRateSchedule(name: "cosine") == nil)
    let schedule = LearningRateSchedule.oneCycle(risingShare: 0.4)
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
  }
}
