import Foundation
import NeuralNetwork
import Testing

/// Wrong options: exit status 2, and one message that names the option, on any number of ranks.
@Suite struct BadOptionTests {
  static let values: [BadInput] = [
    .options("unknown model", ["--model", "akru"], ["--model akru: no such model", "did you mean akuru?"]),
    .options(
      "batch that is no multiple", ["--batch-size", "9"], ["--batch-size 9 must be a multiple of --micro-batch 2"]),
    .options("batch of nothing", ["--batch-size", "0"], ["--batch-size 0"]),
    .options("micro-batch of nothing", ["--micro-batch", "0"], ["--micro-batch 0"]),
    .options("micro-batch above the batch", ["--micro-batch", "16"], ["--micro-batch 16", "(8)"]),
    .options("option of another model", ["--model", "akuru"], ["--channels goes with --model tutorial only"]),
    .options("unknown optimizer", ["--optimizer", "lion"], ["--optimizer lion", "adam, adamw, sgd, adadelta"]),
    .options(
      "unknown schedule", ["--schedule", "sine"], ["--schedule sine", "constant, one-cycle, cosine, step, plateau"]),
    .options("momentum without SGD", ["--momentum", "0.9"], ["--momentum goes with --optimizer sgd"]),
    .options(
      "momentum of all", ["--optimizer", "sgd", "--momentum", "1"], ["--momentum 1.0: must be from 0 to below 1"]),
    .options(
      "warm-up of one cycle", ["--schedule", "one-cycle", "--warm-up", "3"], ["--warm-up: the one-cycle schedule"]),
    .options("no steps of warm-up", ["--warm-up", "0"], ["--warm-up 0: must be 1"]),
    .options("step of a constant", ["--decay-every", "3"], ["--decay-every goes with --schedule step"]),
    .options("step of unknown length", ["--schedule", "step"], ["--schedule step needs --decay-every"]),
    .options(
      "step that is none", ["--schedule", "step", "--decay-every", "1", "--decay-factor", "1"],
      ["--decay-factor 1.0: must be between 0 and 1"]),
    .options(
      "factor of a constant", ["--decay-factor", "0.5"], ["--decay-factor goes with --schedule step or plateau"]),
    .options("patience of a constant", ["--patience", "5"], ["--patience goes with --schedule plateau"]),
    .options("patience below zero", ["--schedule", "plateau", "--patience=-1"], ["--patience -1: must be 0"]),
    .options("average of nothing", ["--ema", "1"], ["--ema 1.0: must be from 0 to below 1"]),
    .options("average that is no number", ["--ema", "nan"], ["--ema nan: must be"]),
    .options("no evaluations", ["--early-stopping", "0"], ["--early-stopping 0: must be 1"]),
    .options("no labels left", ["--label-dropout", "1"], ["--label-dropout 1.0: must be"]),
    .options("no features left", ["--feature-dropout", "1.5"], ["--feature-dropout 1.5: must be"]),
    .options("unknown augmentation", ["--augment", "much"], ["--augment much", "default"]),
    .options("rate below zero", ["--lr=-1"], ["--lr -1.0: must be positive"]),
    .options("rate that is no number", ["--lr", "nan"], ["--lr nan: must be positive"]),
    .options("no height", ["--height", "0"], ["--height 0: must be"]),
    .options("endless height", ["--height", "2000000000"], ["--height 2000000000: must be"]),
    .options("unknown balance", ["--balance", "fair"], ["--balance fair: it is one of static, adaptive"]),
    .options("unknown sums", ["--reduce", "half"], ["--reduce half: it is one of exact, float"]),
    .options(
      "work that wanders with sums that round", ["--balance", "adaptive", "--reduce", "float"],
      ["--balance adaptive does not go with --reduce float"]),
    .options("no epochs", ["--epochs", "0"], ["--epochs 0"]),
    .options("too many epochs", ["--epochs", "9223372036854775807"], ["--epochs 9223372036854775807"]),
    .options("no minutes", ["--max-minutes", "0"], ["--max-minutes 0.0"]),
    .options("too many minutes", ["--max-minutes", "1e300"], ["--max-minutes 1e+300"]),
    .options("no steps", ["--max-steps", "0"], ["--max-steps 0"]),
    .options("keep nothing", ["--keep", "0"], ["--keep 0"]),
    .options("keep too much", ["--keep", "9223372036854775807"], ["--keep 9223372036854775807"]),
    .options("seed below zero", ["--seed=-1"], ["'-1' is invalid for '--seed"]),
    .options(
      "text for a number", ["--batch-size", "x"], ["'x' is invalid for '--batch-size", "see akuru train --help"]),
    .options("unknown flag", ["--batchsize", "8"], ["--batchsize", "see akuru train --help"]),
  ]

  static let commands: [BadInput] = [
    BadInput("unknown command", status: 2, ["'learn'", "see akuru --help"]) { _ in ["learn"] },
    BadInput("missing checkpoint", status: 2, ["--checkpoint", "see akuru evaluate --help"]) {
      ["evaluate", "--data", $0.validation]
    },
    BadInput("one-cycle without an end", status: 2, ["--schedule one-cycle", "--epochs or --max-steps"]) {
      $0.training(Recipes.akuru, "run", ["--max-minutes", "1"])
    },
    BadInput("cosine without an end", status: 2, ["--schedule cosine needs", "--epochs or --max-steps"]) {
      $0.training(Recipes.akuru, "run", ["--schedule", "cosine", "--max-minutes", "1"])
    },
    BadInput("height that the pools use up", status: 2, ["--height 8 is not possible", "too few"]) {
      $0.training([], "run", ["--height", "8", "--max-steps", "2"])
    },
    BadInput("no end", status: 2, ["nothing ends this run", "--epochs, --max-steps or --max-minutes"]) {
      // Before the data is looked for.
      ["train", "--train", $0.path("none"), "--validation", $0.validation, "--run-dir", $0.path("run")] + Recipes.seed
    },
    BadInput("no training data", status: 2, ["--train is missing"]) {
      ["train", "--validation", $0.validation, "--run-dir", $0.path("run"), "--max-steps", "2"]
    },
    BadInput("no validation data", status: 2, ["--validation is missing"]) {
      ["train", "--train", $0.train, "--run-dir", $0.path("run"), "--max-steps", "2"]
    },
    BadInput("no run directory", status: 2, ["--run-dir is missing"]) {
      ["train", "--train", $0.train, "--validation", $0.validation, "--max-steps", "2"]
    },
    config(
      "unknown key", "{\"batchsize\": 8}", ["{folder}config.json: unknown option \"batchsize\"", "\"batchSize\""]),
    config(
      "text for a number", "{\"batchSize\": \"8\"}",
      ["{folder}config.json: option \"batchSize\" must be a whole number"]),
    config(
      "fraction for a number", "{\"batchSize\": 8.5}",
      ["{folder}config.json: option \"batchSize\" must be a whole number"]),
    config("number below zero for the seed", "{\"seed\": -1}", ["{folder}config.json: option \"seed\" must be"]),
    config("no JSON", "batch size: 8", ["{folder}config.json: is not a JSON object"]),
    config("JSON list", "[8]", ["{folder}config.json: is not a JSON object"]),
    BadInput("missing configuration file", status: 2, ["{folder}config.json: cannot be read"]) {
      $0.training(Recipes.seed, "run", ["--config", $0.path("config.json")])
    },
  ]

  @Test(arguments: [1, 2, 3]) func aWrongNetworkIsPointedAt(ranks: Int) throws {
    for (network, message) in [
      ("[1,24,0,1 Cr3,3,8 Mx2,2 Lbx16 O1c]", "--model: position 19: Mx2,2: unknown layer"),
      ("[1,8,0,1 Mp9,9 Mp2,2 Lbx16 O1c]", "--model: position 10: Mp9,9: 8 lines are too few"),
    ] {
      try BadInput("network", status: 2, [message]) {
        $0.training([], "run", ["--model", network, "--max-steps", "2"])
      }.expectFailure(ranks: ranks)
    }
    try BadInput("height", status: 2, ["--height goes with named models"]) {
      $0.training([], "run", ["--model", "[1,24,0,1 Lbx16 O1c]", "--height", "32", "--max-steps", "2"])
    }.expectFailure(ranks: ranks)
  }

  private static func config(_ name: String, _ text: String, _ parts: [String]) -> BadInput {
    BadInput("configuration file: \(name)", status: 2, parts) {
      try Data(text.utf8).write(to: URL(fileURLWithPath: $0.path("config.json")))
      return $0.training([], "run", ["--max-steps", "2", "--config", $0.path("config.json")])
    }
  }

  @Test(arguments: values) func badValues(_ input: BadInput) throws {
    try input.expectFailure(ranks: 2)
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
