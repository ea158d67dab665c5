import Datasets
import Testing
import Training

/// What a run says of its prospects: before the first step, while it runs and at its end.
@Suite struct RunAdviceTests {
  // MARK: Before the first step

  @Test func aGoodRunGetsNoAdvice() {
    var outlook = RunOutlook(lastStep: 5000, draws: 1000, batchSize: 8)
    (outlook.ranks, outlook.cores) = (2, 2)
    #expect(outlook.advice == [])
    outlook.lastStep = .max
    #expect(outlook.advice == [])
  }

  @Test(arguments: [(499, false, 1), (500, false, 0), (99, true, 1), (100, true, 0)])
  func fewStepsAreSaid(lastStep: Int, isFineTuning: Bool, count: Int) {
    var outlook = RunOutlook(lastStep: lastStep, draws: 1000, batchSize: 8)
    outlook.isFineTuning = isFineTuning
    #expect(outlook.advice.count == count)
    #expect(outlook.advice.allSatisfy { $0.contains("\(lastStep) steps") && $0.contains("--epochs") })
    outlook.schedule = .constant
    #expect(outlook.advice.allSatisfy { !$0.contains("schedule") })
  }

  @Test func aLargeBatchIsSaid() {
    let outlook = RunOutlook(lastStep: 5000, draws: 300, batchSize: 64)
    #expect(outlook.advice.count == 1 && outlook.advice[0].contains("--batch-size 8"), "\(outlook.advice)")
    #expect(RunOutlook(lastStep: 5000, draws: 2000, batchSize: 64).advice == [])
    #expect(RunOutlook(lastStep: 5000, draws: 20, batchSize: 8).advice == [], "no batch is smaller")
  }

  @Test func idleCoresAreSaid() {
    var outlook = RunOutlook(lastStep: 5000, draws: 1000, batchSize: 8)
    outlook.cores = 6
    #expect(outlook.advice.count == 1 && outlook.advice[0].contains("mpirun -n 6"), "\(outlook.advice)")
  }

  // MARK: While it runs

  private func said(_ points: [RunCourse.Point]) -> [String?] {
    var course = RunCourse(data: "my data")
    return points.map { course.add($0) }
  }

  @Test func aPlateauIsSaidWhenStepsDouble() {
    let said = said([100, 150, 200, 390, 400, 800, 1700].map { .init(step: $0, cer: 1, loss: 5) })
    #expect(said.map { $0 != nil } == [true, false, true, false, true, true, true])
    #expect(said[0]?.contains("usual until about step 500") == true)
    #expect(said[6]?.contains("longer than usual") == true && said[6]?.contains("akuru sheet 'my data'") == true)
    #expect(self.said([.init(step: 10, cer: 0.5, loss: 5)]) == [nil])
    #expect(self.said([.init(step: 10, cer: .nan, loss: .nan)]) == [nil])
  }

  private static let overfitting: [RunCourse.Point] = [
    .init(step: 100, cer: 0.3, loss: 3, trainingLoss: 4), .init(step: 200, cer: 0.2, loss: 2, trainingLoss: 2),
    .init(step: 300, cer: 0.21, loss: 2.5, trainingLoss: 1), .init(step: 400, cer: 0.22, loss: 2.6, trainingLoss: 0.9),
    .init(step: 500, cer: 0.21, loss: 2.7, trainingLoss: 0.8),
    .init(step: 600, cer: 0.21, loss: 2.8, trainingLoss: 0.7),
  ]

  @Test func risingValidationIsSaidOnce() {
    let said = said(Self.overfitting)
    #expect(said.map { $0 != nil } == [false, false, false, false, true, false])
    #expect(said[4]?.contains("since step 200") == true && said[4]?.contains("of step 200 (CER 20.00 %)") == true)
    // A training loss that rises as well is something else, and so is a CER that falls.
    #expect(
      self.said(Self.overfitting.map { .init(step: $0.step, cer: $0.cer, loss: $0.loss, trainingLoss: 9) }) == [
        nil, nil, nil, nil, nil, nil,
      ])
    let falling = Self.overfitting.map {
      RunCourse.Point(step: $0.step, cer: 30 / Double($0.step), loss: $0.loss, trainingLoss: $0.trainingLoss)
    }
    #expect(self.said(falling).compactMap { $0 } == [])
  }

  // MARK: At its end

  private func closing(_ points: [RunCourse.Point]) -> [String] {
    var course = RunCourse(data: "data")
    for point in points { _ = course.add(point) }
    return course.closing(longer: "LONGER")
  }

  @Test func theEndNamesWhatHelps() {
    #expect(closing([]) == [])
    let unread = closing([.init(step: 9, cer: 0.95, loss: 5)])
    #expect(unread.count == 1 && unread[0].contains("reads hardly anything yet") && unread[0].contains("LONGER"))
    let falling = closing([4, 3, 2, 1].enumerated().map { .init(step: 100 * ($0 + 1), cer: 0.1 * $1, loss: 1) })
    #expect(falling.count == 1 && falling[0].contains("still falling") && falling[0].contains("LONGER"))
    #expect(closing([4.0, 1.01, 1, 1].enumerated().map { .init(step: 100 * ($0 + 1), cer: 0.1 * $1, loss: 1) }) == [])
    #expect(closing(Self.overfitting).first?.contains("by heart") == true)
    #expect(closing([.init(step: 100, cer: 0, loss: 1)]) == [])
  }

  // MARK: Commands

  @Test func commandsAreWordsOfAShell() {
    let commands = RunCommands(runDir: "runs/my first/", ranks: 3)
    #expect(commands.resume == "mpirun -n 3 akuru train --resume --run-dir 'runs/my first/'")
    #expect(
      commands.again
        == "mpirun -n 3 akuru train --config 'runs/my first/config.json' --init-from 'runs/my first' --run-dir 'runs/my first-longer'"
    )
    #expect(RunCommands(runDir: "r").resume(toStep: 9) == "akuru train --resume --run-dir r --max-steps 9")
  }
}
