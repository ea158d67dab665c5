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

  /// `TrainingConfigurationTests` has more.
  private static let options: [[String]] = [
    [],
    [
      "--model", "seed", "--channels", "3", "--seed", "18446744073709551615", "--skip-bad", "--max-minutes", "1.5",
      "--train", "a,b", "--validation", "c", "--run-dir", "d", "--paper-value", "1", "--schedule", "plateau",
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

  @Test(arguments: [nil, 2]) func wrongOptionsAreErrors(ranks: Int?) throws {
    for (arguments, part) in [
      (["--batch-size", "9"], "--batch-size 9 must be a multiple"),
      (["--config", "none.json"], "none.json: cannot be read"),
    ] {
      expectFailure(try akuru(ranks: ranks, ["train", "--print-config"] + arguments), 2, [part])
    }
  }
}
