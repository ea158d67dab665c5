import Foundation
import NeuralNetwork
import Testing

/// Wrong options: exit status 2, and one message that names the option, on any number of ranks.
@Suite struct BadOptionTests {
  /// One of each way that options are read and checked in; `WrongOptionTests` has every rule.
  static let options: [BadInput] = [
    .options(
      "a rule", ["--batch-size", "9"], ["--batch-size 9 must be a multiple of --micro-batch 2"]),
    .options(
      "a name of several", ["--optimizer", "lion"], ["--optimizer lion: it is one of adam, adamw, lamb, sgd, adadelta"]),
    .options(
      "text for a number", ["--micro-batch", "x"], ["'x' is invalid for '--micro-batch", "see akuru train --help"]),
    .options("sizes", ["--batch-size", "8,4@0.5"], ["--batch-size 8,4@0.5: sizes must increase", "8..64 (doubling)"]),
    BadInput("two lengths", status: 2, ["--minutes plans the length of the run, and so does --epochs"]) {
      // Before the data is looked for.
      ["train", "--train", $0.path("none"), "--validation", $0.validation, "--run-dir", $0.path("run")] + Recipes.seed
        + ["--minutes", "5", "--epochs", "2"]
    },
    BadInput(
      "a key of the configuration file", status: 2,
      ["{folder}config.json: unknown option \"batchsize\"; did you mean \"batchSize\"?"]
    ) {
      try Data("{\"batchsize\": 8}".utf8).write(to: URL(fileURLWithPath: $0.path("config.json")))
      return $0.training([], "run", ["--max-steps", "2", "--config", $0.path("config.json")])
    },
  ]

  static let commands: [BadInput] = [
    BadInput("unknown command", status: 2, ["'learn'", "see akuru --help"]) { _ in ["learn"] },
    BadInput("missing checkpoint", status: 2, ["--checkpoint", "see akuru evaluate --help"]) {
      ["evaluate", "--data", $0.validation]
    },
  ]

  @Test(arguments: options, [nil, 1, 2, 3]) func badOptions(_ input: BadInput, ranks: Int?) throws {
    try input.expectFailure(ranks: ranks)
  }

  @Test(arguments: commands, [1, 2, 3]) func badCommands(_ input: BadInput, ranks: Int) throws {
    try input.expectFailure(ranks: ranks)
  }

  /// Flags win over the file, and the file over the model's defaults.
  @Test func aConfigurationFileGivesOptions() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let text = """
      {"model": "seed", "hidden": 16, "height": 24, "batchSize": 4, "microBatch": 2, "maxSteps": 7, "logEvery": 1,
       "lr": 0.002, "seed": 18446744073709551615, "skipBad": false}
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: workshop.path("config.json")))
    try workshop.train(ranks: 2, [], "run", ["--config", workshop.path("config.json"), "--max-steps", "2"])
    #expect(try workshop.metrics("run", "step").map(\.step) == [1, 2])
    let saved = try String(contentsOfFile: workshop.path("run/config.json"), encoding: .utf8)
    for part in ["\"hidden\" : 16", "\"batchSize\" : 4", "\"seed\" : 18446744073709551615", "\"lr\" : 0.002"] {
      #expect(saved.contains(part), "\(saved)")
    }
  }

  @Test func helpAndVersionAreNoErrors() throws {
    for arguments in [["--help"], ["train", "--help"], ["--version"], ["help", "evaluate"]] {
      let result = try akuru(arguments)
      #expect(result.exitCode == 0 && result.stderr == "" && !result.stdout.isEmpty, "\(result.transcript)")
    }
  }
}
