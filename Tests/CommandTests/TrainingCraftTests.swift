import Foundation
import Testing

/// Optimizers, schedules, averages and early stopping: the same bits on any number of ranks, stopped and resumed or not.
@Suite struct TrainingCraftTests {
  private static let recipe = Recipes.seed + ["--log-every", "1", "--eval-every", "4"]

  @Test(arguments: [
    ["--optimizer", "sgd", "--momentum", "0.8", "--schedule", "cosine", "--warm-up", "3", "--label-dropout", "0.2"],
    ["--optimizer", "lamb", "--beta2", "0.95", "--freeze", "conv1", "--schedule", "cosine"],
    [
      "--optimizer", "adadelta", "--schedule", "plateau", "--patience", "0", "--decay-factor", "0.5", "--ema", "0.9",
    ],
    [
      "--optimizer", "adam", "--schedule", "step", "--decay-every", "5", "--decay-factor", "0.3", "--feature-dropout",
      "0.3", "--ema", "0.99",
    ],
  ])
  func ranksAndStopsChangeNoBit(options: [String]) throws {
    let workshop = try Workshop(train: 60, validation: 10)
    let recipe = Self.recipe + options + ["--max-steps", "18"]
    for ranks in [1, 2, 3] { try workshop.train(ranks: ranks, recipe, "run\(ranks)") }
    let alone = try workshop.checkpoints("run1")
    #expect(try workshop.checkpoints("run2") == alone)
    #expect(try workshop.checkpoints("run3") == alone)
    #expect(Set(try workshop.metrics("run1", "step").map(\.loss)).count == 18)

    // Stopped after each of five steps, also before the evaluation of step 4.
    for ranks in [3, 1, 2, 3, 1] {
      let stopping = workshop.training(recipe, "stopped", ["--resume", "--max-minutes", "0.00001"])
      #expect(try akuru(ranks: ranks, stopping).exitCode == 85)
    }
    try workshop.train(ranks: 3, recipe, "stopped", ["--resume"])
    for name in ["step-00000018.safetensors", "best.safetensors"] {
      #expect(try workshop.checkpoints("stopped")[name] == alone[name], "\(name)")
    }
    #expect(try workshop.metrics("stopped", "step") == workshop.metrics("run1", "step"))
  }

  /// A rate of zero keeps the CER as it is: the plateau reduces at every second evaluation, and the run stops early.
  @Test func standingStill() throws {
    let workshop = try Workshop(train: 60, validation: 10)
    let recipe =
      Self.recipe + [
        "--lr", "1e-12", "--schedule", "plateau", "--patience", "1", "--decay-factor", "0.5", "--early-stopping", "5",
        "--max-steps", "100",
      ]
    let result = try workshop.train(ranks: 2, recipe, "run")
    #expect(result.stderr.contains("stopped early: no lower validation CER in 5 evaluations"), "\(result.transcript)")
    #expect(try workshop.metrics("run", "evaluation").map(\.step) == [4, 8, 12, 16, 20, 24])
    let rates = try workshop.metrics("run", "step").compactMap(\.learningRate)
    let expected = (0..<24).map { step in [1e-12, 5e-13, 2.5e-13][step < 12 ? 0 : step < 20 ? 1 : 2] }
    #expect(rates.count == 24 && zip(rates, expected).allSatisfy { abs($0 - $1) <= 1e-6 * $1 }, "\(rates)")
    let before = try workshop.checkpoints("run")
    #expect(before.keys.contains("step-00000024.safetensors"))

    // It is done, and stopped runs come to the same end.
    let again = try workshop.train(ranks: 3, recipe, "run", ["--resume"])
    #expect(again.stderr.contains("stopped early"), "\(again.transcript)")
    #expect(try workshop.checkpoints("run") == before)
    for ranks in [3, 2] {
      let stopping = workshop.training(recipe, "stopped", ["--resume", "--max-minutes", "0.00001"])
      #expect(try akuru(ranks: ranks, stopping).exitCode == 85)
    }
    try workshop.train(recipe, "stopped", ["--resume"])
    #expect(try workshop.checkpoints("stopped")["step-00000024.safetensors"] == before["step-00000024.safetensors"])
  }

  /// The weights under the plain names are the average, which is what was measured; those of training are beside them.
  @Test func theAverageIsWhatIsEvaluated() throws {
    let workshop = try Workshop(train: 60, validation: 10)
    try workshop.train(ranks: 2, Self.recipe, "run", ["--ema", "0.95", "--max-steps", "16"])
    let best = try #require(try workshop.metrics("run", "evaluation").compactMap(\.cer).min())
    for ranks in [1, 2, 3] {
      let result = try akuru(
        ranks: ranks, ["evaluate", "--checkpoint", workshop.path("run"), "--data", workshop.validation, "--json"])
      // JSONSerialization may miss the last bit of a number.
      struct Figures: Decodable { let cer: Double }
      let figures = try JSONDecoder().decode(Figures.self, from: Data(result.stdout.utf8))
      #expect(figures.cer == best, "\(result.transcript)")
    }
    let bytes = try #require(try workshop.checkpoints("run")["step-00000016.safetensors"])
    let text = String(decoding: bytes.prefix(20_000), as: UTF8.self)
    #expect(text.contains("\"fc.weight\"") && text.contains("\"training.fc.weight\""))

    // The average does not steer training.
    try workshop.train(ranks: 2, Self.recipe, "plain", ["--max-steps", "16"])
    #expect(try workshop.metrics("plain", "step") == workshop.metrics("run", "step"))
    #expect(try workshop.metrics("plain", "evaluation") != workshop.metrics("run", "evaluation"))
  }

  @Test func anOptimizerOfAnotherRunIsNamed() throws {
    let workshop = try Workshop(train: 20, validation: 5)
    try workshop.train(Self.recipe, "run", ["--max-steps", "2"])
    for (option, value) in [("--optimizer", "sgd"), ("--ema", "0.9"), ("--early-stopping", "3")] {
      let result = try akuru(
        ranks: 2, workshop.training(Self.recipe, "run", ["--max-steps", "2", "--resume", option, value]))
      expectFailure(result, 2, ["\(option) \(value) contradicts the run that is resumed"])
    }
  }

  /// Checkpoints that minutes ask for come between the others, and change no bit.
  @Test(arguments: [1, 2]) func checkpointsByMinutes(ranks: Int) throws {
    let workshop = try Workshop(train: 40, validation: 5)
    let steps = ["--max-steps", "6", "--checkpoint-every", "4", "--keep", "9", "--eval-every", "6"]
    func names(_ run: String) throws -> [String] {
      try workshop.checkpoints(run).keys.filter { $0.hasPrefix("step-") }.sorted()
    }
    try workshop.train(ranks: ranks, Self.recipe, "often", steps + ["--checkpoint-minutes", "1e-9"])
    try workshop.train(ranks: ranks, Self.recipe, "never", steps + ["--checkpoint-minutes", "0"])
    try workshop.train(ranks: ranks, Self.recipe, "usual", steps)
    #expect(try names("often") == (1...6).map { "step-0000000\($0).safetensors" })
    #expect(try names("never") == ["step-00000004.safetensors", "step-00000006.safetensors"])
    #expect(try names("usual") == names("never"))
    let last = "step-00000006.safetensors"
    #expect(try workshop.checkpoints("often")[last] == workshop.checkpoints("never")[last])
    for minutes in ["-1", "nan"] {
      let wrong = try akuru(workshop.training(Self.recipe, "wrong", steps + ["--checkpoint-minutes", minutes]))
      expectFailure(wrong, 2, ["--checkpoint-minutes", "must be 0 (off) to 1e9 minutes"])
    }
  }
}
