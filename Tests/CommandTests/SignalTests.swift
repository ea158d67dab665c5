import Foundation
import NeuralNetwork
import Testing

/// SIGUSR1 and SIGTERM stop a run in every phase, and nothing is lost: checkpoints and metrics end as if the run had never
/// been stopped.
@Suite struct SignalTests {
  static let options = ["--max-steps", "30", "--checkpoint-every", "7"]

  struct Place: Sendable, CustomTestStringConvertible {
    /// `rank:step:phase:kind`
    let fault: String
    let ranks: Int
    /// Where the run stops; nil is before training.
    let step: Int?
    var testDescription: String { "\(fault) of \(ranks)" }
  }

  @Test(arguments: [
    Place(fault: "0:0:start:usr1", ranks: 2, step: nil),
    Place(fault: "1:0:audit:usr1", ranks: 3, step: nil),
    Place(fault: "0:0:cache:usr1", ranks: 1, step: nil),
    Place(fault: "1:0:cache:term", ranks: 2, step: nil),
    Place(fault: "1:1:step:usr1", ranks: 2, step: 1),
    Place(fault: "0:5:reduce:usr1", ranks: 2, step: 5),
    Place(fault: "2:9:reduce:term", ranks: 3, step: 9),
    Place(fault: "0:7:checkpoint:usr1", ranks: 2, step: 8),
    Place(fault: "1:12:evaluate:usr1", ranks: 2, step: 12),
    Place(fault: "0:24:evaluate:usr1", ranks: 1, step: 24),
    Place(fault: "0:30:evaluate:usr1", ranks: 2, step: 30),
    Place(fault: "1:12:step:usr1", ranks: 2, step: 12),
  ])
  func aSignalStopsInEveryPhase(_ place: Place) throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", Self.options)
    let stopped = try akuru(
      ranks: place.ranks, arguments, environment: ["AKURU_FAULT": place.fault])
    #expect(stopped.exitCode == 85, "\(stopped.transcript)")
    if let step = place.step {
      #expect(
        stopped.stderr.contains("stopped at step \(step) after a checkpoint"),
        "\(stopped.transcript)")
      #expect(FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: step)))
      #expect(!stopped.stderr.contains("a second time"), "\(stopped.transcript)")
    } else {
      #expect(
        stopped.stderr.contains("stopped on request before the first step"), "\(stopped.transcript)"
      )
    }
    try workshop.train(
      ranks: 3 - place.ranks % 3, Recipes.akuru, "run", Self.options + ["--resume"])
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// The loader of the step after the checkpoint hangs, so that this step cannot be finished, also where the signal comes late; half a
  /// second later a second one ends the run at once.
  @Test func aSecondSignalMeansNow() throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", Self.options)
    let job = try RunningRanks(
      2, arguments, environment: ["AKURU_FAULT": "1:8:load:sleep"],
      until: workshop.checkpoint("run", step: 7))
    kill(job.mpirun.processIdentifier, SIGUSR1)
    sleep(2)
    kill(job.mpirun.processIdentifier, SIGUSR1)
    let result = try job.mpirun.wait(timeout: 20)
    job.expectGone()
    #expect(result.exitCode == 85, "\(result.transcript)")
    #expect(result.stderr.contains("asked to stop a second time"), "\(result.transcript)")
    try workshop.train(Recipes.akuru, "run", Self.options + ["--resume"])
    try TrainingBitsTests().expectReference(workshop, "run")
  }
}
