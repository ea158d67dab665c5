import Foundation
import TestSupport
import Settings
import Testing
import Training

/// `akuru train --print-config`: all options with their values, as a file that gives them again.
@Suite struct ConfigurationTests {
  private func print(_ arguments: [String], ranks: Int? = nil) throws -> String {
    let result = try akuru(ranks: ranks, ["train", "--print-config"] + arguments)
    try #require(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    return result.stdout
  }

  private static let options: [[String]] = [
    [], ["--train", "a,b", "--validation", "c", "--run-dir", "d", "--epochs", "3"],
    ["--model", "crnn", "--optimizer", "sgd", "--lr", "0.02", "--schedule", "plateau"],
    ["--model", "seed", "--channels", "3", "--seed", "18446744073709551615", "--skip-bad", "--max-minutes", "1.5"],
    ["--model", "[1,24,0,1 Cr3,3,8 Mp2,2 Lbx16 O1c]", "--schedule", "step", "--decay-every", "7", "--ema", "0.999"],
    [
      "--init-from", "x", "--freeze", "cnn", "--paper-value", "1", "--label-dropout", "0.1", "--cache", "y",
      "--warm-up", "5",
      "--schedule", "cosine",
    ],
  ]

  @Test(arguments: options) func whatIsPrintedGivesTheSame(_ options: [String]) throws {
    let folder = try TemporaryDirectory()
    let file = folder.file("config.json")
    let text = try print(options)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    #expect(try print(["--config", file]) == text)
    // It says all that has a value, and nothing of what was left open.
    let read = try Overrides(file: file, names: TrainingConfiguration.optionNames)
    for name in ["batchSize", "microBatch", "keep", "augment"] { #expect(read[name] != nil, "\(name)") }
    #expect((read["train"] == nil) == !options.contains("--train"))
    #expect(read["maxMinutes"] == (options.contains("--max-minutes") ? .number(1.5) : nil))
    for name in TrainingConfiguration.optionNames {
      #expect(text.contains("\"\(name)\"") == (name != "resume"), "\(name)")
    }
    let changed = try print(["--config", file, "--batch-size", "128", "--micro-batch", "64"])
    #expect(changed.contains("\"batchSize\" : 128") && !text.contains("\"batchSize\" : 128"), "\(changed)")
  }

  /// The printed file trains as the options do, to the same bits.
  @Test func aPrintedFileTrains() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    let options = workshop.training(Recipes.seed, "run", ["--max-steps", "2"])
    let text = try print(Array(options.dropFirst()), ranks: 2)
    try Data(text.utf8).write(to: URL(fileURLWithPath: workshop.path("config.json")))
    let first = try akuru(options)
    let second = try akuru(["train", "--config", workshop.path("config.json"), "--run-dir", workshop.path("again")])
    #expect(first.exitCode == 0 && second.exitCode == 0, "\(first.transcript)\(second.transcript)")
    #expect(try workshop.bytes(workshop.best("run")) == workshop.bytes(workshop.best("again")))
  }

  /// An option's error names the file that gave it, not one that the command line gave.
  @Test func wrongValuesNameTheFile() throws {
    let folder = try TemporaryDirectory()
    let file = folder.file("config.json")
    try Data("{\"batchSize\": 9, \"train\": \"a\", \"validation\": \"b\", \"runDir\": \"c\"}".utf8)
      .write(to: URL(fileURLWithPath: file))
    for command in [["train", "--print-config"], ["train"]] {
      expectFailure(try akuru(command + ["--config", file]), 2, ["\(file): --batch-size 9 must be"])
      let flag = try akuru(command + ["--config", file, "--batch-size", "10"])
      expectFailure(flag, 2, ["--batch-size 10 must be"])
      #expect(!flag.stderr.contains("config.json"), "\(flag.transcript)")
    }
  }

  @Test(arguments: [nil, 2]) func wrongOptionsAreErrors(ranks: Int?) throws {
    for (arguments, part) in [
      (["--batch-size", "9"], "--batch-size 9 must be a multiple"),
      (["--resume"], "--print-config does not go with --resume"),
      (["--config", "none.json"], "none.json: cannot be read"),
    ] {
      expectFailure(try akuru(ranks: ranks, ["train", "--print-config"] + arguments), 2, [part])
    }
  }
}
