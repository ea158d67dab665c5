import Foundation
import TestSupport
import Testing

/// `events.out.tfevents.*`, read by TensorBoard itself. `Launch/test` has a Python with it.
@Suite(.enabled(if: python != nil, "AKURU_PYTHON names no Python with tensorboard"))
struct TensorBoardTests {
  private struct Seen: Decodable {
    struct Session: Decodable {
      let hparams: [String: Value]
      let status: Int?
    }
    enum Value: Decodable, Equatable {
      case number(Double)
      case text(String)
      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        self =
          if let number = try? value.decode(Double.self) { .number(number) } else {
            .text(try value.decode(String.self))
          }
      }
    }
    struct Image: Decodable {
      let count: Int
      let text: String
    }
    let histograms: [String]
    let images: [Image]
    let texts: Int
    let lastText: String
    let session: Session
  }

  private func seen(_ workshop: Workshop, _ runs: [String]) throws -> [Seen] {
    let script = try #require(
      Bundle.module.path(forResource: "check_tensorboard", ofType: "py", inDirectory: "Scripts"))
    let result = try run(try #require(python), [script] + runs.map(workshop.path))
    try #require(result.exitCode == 0, "\(result.transcript)")
    return try JSONDecoder().decode([Seen].self, from: Data(result.stdout.utf8))
  }

  private func files(_ workshop: Workshop, _ run: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: workshop.path(run)).filter {
      $0.hasPrefix("events.out.tfevents.")
    }
  }

  @Test func itShowsCurvesWeightsSamplesAndHyperparametersOfTwoRuns() throws {
    let workshop = try Workshop(train: 24, validation: 12)
    try workshop.train(ranks: 2, Recipes.akuru, "a", ["--max-steps", "6", "--eval-every", "2"])
    try workshop.train(Recipes.akuru, "b", ["--max-steps", "4", "--lr", "0.01"])
    let (a, b) = try { ($0[0], $0[1]) }(seen(workshop, ["a", "b"]))
    for name in ["cnn.0.weight", "rnn.weight_ih_l0", "rnn.bias_hh_l0_reverse", "fc.bias"] {
      #expect(a.histograms.contains("weights/\(name)") && a.histograms.contains("gradients/\(name)"), "\(a.histograms)")
    }
    #expect(a.texts == 3 && b.texts == 2)
    #expect(a.lastText.hasPrefix("| image | says | read |") && a.lastText.split(separator: "\n").count == 2 + 8)
    #expect(
      a.images.count == 8 && a.images.allSatisfy { $0.count == 1 && (2...6).contains($0.text.unicodeScalars.count) })
    #expect(a.session.status == 1)
    #expect(a.session.hparams["model"] == .text("akuru") && a.session.hparams["batchSize"] == .number(8))
    #expect(b.session.hparams["lr"] == .number(0.01) && a.session.hparams["lr"] == .number(0.003))
    #expect(try files(workshop, "a").count == 1)
  }

  /// What a killed run wrote after its last checkpoint is taken back when it goes on.
  @Test func aResumedRunHasEveryStepOnce() throws {
    let workshop = try Workshop(train: 24, validation: 12)
    let recipe = Recipes.akuru + ["--max-steps", "9", "--checkpoint-every", "4", "--eval-every", "2"]
    for (step, ranks) in [(3, 1), (7, 2)] {
      let killed = try akuru(
        ranks: ranks, workshop.training(recipe, "run", ["--resume"]),
        environment: ["AKURU_FAULT": "0:\(step):reduce:kill"])
      #expect(killed.exitCode != 0)
    }
    try workshop.train(recipe, "run", ["--resume"])
    #expect(try files(workshop, "run").count == 3)
    #expect(try workshop.metrics("run", "step").map(\.step) == Array(1...9))
    let seen = try seen(workshop, ["run"])[0]
    #expect(seen.texts == 5 && seen.images.count == 8 && seen.session.status == 1)
  }

  /// An evaluation that was broken off is made up for at the same step.
  @Test func anEvaluationMadeUpForIsThereOnce() throws {
    let workshop = try Workshop(train: 24, validation: 12)
    let recipe = Recipes.akuru + ["--max-steps", "4", "--eval-every", "2"]
    let stopped = try akuru(
      workshop.training(recipe, "run"), environment: ["AKURU_FAULT": "0:2:evaluate:usr1"])
    #expect(stopped.exitCode == 85, "\(stopped.transcript)")
    try workshop.train(recipe, "run", ["--resume"])
    #expect(try seen(workshop, ["run"])[0].texts == 2)
  }
}

private let python: String? = {
  guard let python = ProcessInfo.processInfo.environment["AKURU_PYTHON"],
    let result = try? run(python, ["-c", "import tensorboard, PIL"]), result.exitCode == 0
  else { return nil }
  return python
}()
