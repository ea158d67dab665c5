import Datasets
import Messages
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite struct CursorTests {
  private func decoded(_ text: String) throws -> Cursor { try RunJSON.decode(Cursor.self, from: text) }

  @Test func stepsFillEpochs() {
    var cursor = Cursor()
    var places: [[Int]] = []
    for _ in 0..<7 {
      places.append([cursor.step, cursor.epoch, cursor.stepInEpoch])
      cursor.advance(StepCalendar(draws: 5, batchSize: 2, microBatch: 1))
      #expect(cursor.isSensible)
    }
    #expect(places == [[0, 0, 0], [1, 0, 1], [2, 0, 2], [3, 1, 0], [4, 1, 1], [5, 1, 2], [6, 2, 0]])
    var short = Cursor()
    for _ in 0..<4 { short.advance(StepCalendar(draws: 1, batchSize: 2, microBatch: 1)) }
    #expect(short.step == 4 && short.epoch == 4 && short.stepInEpoch == 0 && short.isSensible)
  }

  /// Checkpoints of earlier versions say nothing of skipped steps, pending evaluations and plateaus.
  @Test func olderVersionsAreRead() throws {
    let old = try decoded("{\"step\": 12, \"epoch\": 3, \"stepInEpoch\": 2, \"badSteps\": 4}")
    #expect(old.step == 12 && old.epoch == 3 && old.stepInEpoch == 2 && old.badSteps == 4)
    #expect(old.skippedSteps == 4, "those in a row were skipped at least")
    #expect(!old.evaluationDue && old.plateau == nil && old.best == nil && old.isSensible)
    for name in ["step", "epoch", "stepInEpoch", "badSteps"] {
      var values = ["step": 1, "epoch": 1, "stepInEpoch": 0, "badSteps": 0]
      values[name] = nil
      #expect(thrown(DecodingError.self) { _ = try decoded(RunJSON.line(values)) } != nil, "\(name)")
    }
  }

  @Test func nothingIsLostInACheckpoint() throws {
    var cursor = try decoded("{\"step\": 12, \"epoch\": 3, \"stepInEpoch\": 2, \"badSteps\": 0, \"skippedSteps\": 5}")
    cursor.evaluationDue = true
    var plateau = Plateau()
    for _ in 0..<3 { plateau.record(isBest: false, patience: 1) }
    cursor.plateau = plateau
    cursor.best = try RunJSON.decode(Cursor.Best.self, from: "{\"cer\": 0.25, \"step\": 10}")
    #expect(try decoded(RunJSON.line(cursor)) == cursor && cursor.isSensible)
    #expect(cursor.skippedSteps == 5 && cursor.best?.cer == 0.25 && cursor.plateau?.reductions == 1)
  }

  @Test(arguments: [
    (-1, 0, 0, 0, 0), (5, 6, 0, 0, 0), (5, -1, 0, 0, 0), (5, 0, 6, 0, 0), (5, 0, -1, 0, 0), (5, 0, 0, -1, 0),
    (5, 0, 0, 2, 1), (5, 0, 0, 0, 6), (5, 0, 0, 0, -1),
  ])
  func aDamagedCountIsSeen(step: Int, epoch: Int, stepInEpoch: Int, badSteps: Int, skippedSteps: Int) {
    var cursor = Cursor()
    (cursor.step, cursor.epoch, cursor.stepInEpoch) = (step, epoch, stepInEpoch)
    (cursor.badSteps, cursor.skippedSteps) = (badSteps, skippedSteps)
    #expect(!cursor.isSensible)
  }

  @Test func aDamagedBestOrPlateauIsSeen() throws {
    let start = "{\"step\": 5, \"epoch\": 0, \"stepInEpoch\": 5, \"badSteps\": 0"
    #expect(try decoded(start + ", \"best\": {\"cer\": 1.5, \"step\": 5}}").isSensible)
    #expect(try !decoded(start + ", \"best\": {\"cer\": -0.1, \"step\": 5}}").isSensible)
    #expect(try !decoded(start + ", \"best\": {\"cer\": \"NaN\", \"step\": 5}}").isSensible)
    func plateau(_ since: Int, _ reduction: Int, _ reductions: Int) throws -> Bool {
      let text = "{\"sinceBest\": \(since), \"sinceReduction\": \(reduction), \"reductions\": \(reductions)}"
      return try decoded(start + ", \"plateau\": \(text)}").isSensible
    }
    #expect(try plateau(3, 2, 1) && !plateau(-1, 2, 1) && !plateau(3, -1, 1) && !plateau(3, 2, -1))
    #expect(try !plateau(3, 2, 1_000_001))
  }
}
