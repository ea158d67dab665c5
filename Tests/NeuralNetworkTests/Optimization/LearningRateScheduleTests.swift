import Foundation
import NeuralNetwork
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

  private func expectRates(_ name: String, _ rate: (Int) -> Float) throws {
    let expected = try GoldenFile("optimizers")[name].elements
    for (step, rate) in zip(expected, expected.indices.map(rate)).enumerated() {
      #expect(abs(rate.1 - rate.0) <= 1e-6 * rate.0, "\(name), step \(step): \(rate.1), expected \(rate.0)")
    }
  }

  @Test func theOthersArePyTorchs() throws {
    for total in [1, 9, 100] {
      try expectRates("cosine.\(total)") { LearningRateSchedule.cosine.rate(step: $0, totalSteps: total, peak: 3e-3) }
    }
    try expectRates("warm-up.cosine.40.8") {
      LearningRateSchedule.cosine.rate(step: $0, totalSteps: 40, peak: 3e-3, warmUp: 8)
    }
    try expectRates("step.6.0.3") {
      LearningRateSchedule.step(every: 6, factor: 0.3).rate(step: $0, totalSteps: .max, peak: 3e-3)
    }
  }

  @Test func aPlateauIsPyTorchs() throws {
    let errors = try GoldenFile("optimizers")["plateau.errors"].elements
    var (plateau, best) = (Plateau(), Float.infinity)
    try expectRates("plateau.2.0.5") { step in
      let rate = LearningRateSchedule.plateau(factor: 0.5)
        .rate(step: step, totalSteps: .max, peak: 3e-3, reductions: plateau.reductions)
      plateau.record(isBest: errors[step] < best, patience: 2)
      best = min(best, errors[step])
      return rate
    }
    #expect(plateau.reductions == 5 && plateau.sinceBest == 4 && plateau.sinceReduction == 1 && plateau.isSensible)
  }

  @Test func warmUpRisesToThePeak() {
    for schedule in [LearningRateSchedule.constant, .plateau(factor: 0.1), .step(every: 100, factor: 0.5), .cosine] {
      let rates = (0..<9).map { schedule.rate(step: $0, totalSteps: 50, peak: 0.8, warmUp: 8) }
      #expect(rates == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8])
      #expect(schedule.rate(step: 3, totalSteps: 2, peak: 0.8, warmUp: 8) == 0.4)
    }
    let cycle = LearningRateSchedule.oneCycle()
    #expect(cycle.rate(step: 3, totalSteps: 50, peak: 1, warmUp: 8) == cycle.rate(step: 3, totalSteps: 50, peak: 1))
  }

  @Test func constantIsConstant() {
    for step in [0, 5, 1000] {
      #expect(LearningRateSchedule.constant.rate(step: step, totalSteps: 10, peak: 0.25) == 0.25)
    }
  }

  @Test func codingRoundTrips() throws {
    for schedule in [
      LearningRateSchedule.constant, .oneCycle(risingShare: 0.4), .cosine, .step(every: 5, factor: 0.3),
      .plateau(factor: 0.5),
    ] {
      #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
    }
  }
}
