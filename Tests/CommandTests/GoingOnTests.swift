import Foundation
import TestSupport
import Testing

/// A run goes on, or is trained for longer, with what it says itself.
@Suite struct GoingOnTests {
  /// The commands in a log: `akuru` and `mpirun` are replaced by this build's.
  private static func command(_ log: String, _ pattern: String) throws -> [String] {
    let regex = try Regex("(?:mpirun -n [0-9]+ )?akuru (train \(pattern)[^,;)\n]*)")
    let match = try #require(log.firstMatch(of: regex), "no \(pattern) in \(log)")
    return try #require(match.output[1].substring).split(separator: " ").map(String.init)
  }

  /// Nothing but the run directory is needed, on any number of ranks, also from another folder.
  @Test(arguments: [nil, 1, 2, 3]) func resumeNeedsOnlyTheRun(ranks: Int?) throws {
    let workshop = try Workshop()
    let options = Recipes.akuru + ["--max-steps", "30", "--checkpoint-every", "7"]
    let stopped = try akuru(workshop.training(options, "run", ["--max-minutes", "0.00001"]))
    #expect(stopped.exitCode == 85, "\(stopped.transcript)")
    let resume = try Self.command(stopped.stderr, "--resume")
    #expect(resume == ["train", "--resume", "--run-dir", workshop.path("run")], "\(stopped.transcript)")
    let resumed = try akuru(ranks: ranks, resume)
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    #expect(!resumed.stderr.contains("--resume"), "a finished run is not resumed: \(resumed.transcript)")
    try TrainingBitsTests().expectReference(workshop, "run")
    let again = try akuru(ranks: ranks, resume)
    #expect(again.exitCode == 0 && again.stderr.contains("nothing is left to train"), "\(again.transcript)")
  }

  @Test func relativePathsLeadFromTheFolderOfTheStart() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let first = try run(
      product("akuru"),
      ["train", "-t", "train", "-v", "validation", "-o", "run", "--max-steps", "4", "--max-minutes", "0.00001"]
        + Recipes.seed + ["--log-every", "1"], directory: workshop.path(""))
    #expect(first.exitCode == 85, "\(first.transcript)")
    let elsewhere = try run(
      product("akuru"), ["train", "--resume", "--run-dir", workshop.path("run")], directory: "/")
    #expect(elsewhere.exitCode == 0, "\(elsewhere.transcript)")
    let config = try run(
      product("akuru"),
      ["train", "--config", workshop.path("run/config.json"), "--run-dir", workshop.path("other")], directory: "/")
    #expect(config.exitCode == 0, "\(config.transcript)")
    #expect(try workshop.metrics("run", "step") == workshop.metrics("other", "step"), "the same options")
  }

  /// A run that was killed before its first checkpoint begins anew with its own options.
  @Test func aRunWithoutACheckpointBeginsAnew() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "4", "--lr", "0.002", "--log-every", "1"])
    #expect(try akuru(arguments, environment: ["AKURU_FAULT": "0:2:step:kill"]).exitCode != 0)
    let resumed = try akuru(ranks: 2, ["train", "--resume", "--run-dir", workshop.path("run")])
    #expect(resumed.exitCode == 0 && resumed.stderr.contains("a new run begins"), "\(resumed.transcript)")
    try workshop.train(Recipes.seed, "straight", ["--max-steps", "4", "--lr", "0.002", "--log-every", "1"])
    #expect(try workshop.metrics("run", "step") == workshop.metrics("straight", "step"))
  }

  /// The command that the log of a finished run names trains longer.
  @Test(arguments: ["one-cycle", "constant"]) func aFinishedRunIsLengthened(schedule: String) throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let options = Recipes.seed + ["--max-steps", "3", "--schedule", schedule, "--from-scratch"]
    let done = try workshop.train(options, "run")
    #expect(!done.stderr.contains("akuru train --resume"), "\(done.transcript)")
    let outcome = try String(contentsOfFile: workshop.path("run/outcome.json"), encoding: .utf8)
    #expect(outcome.contains("\"status\" : 0"), "\(outcome)")
    // The model of three steps reads nothing.
    let longer = try Self.command(done.stderr, "--config")
    #expect(longer.contains("--max-steps") && longer.contains(workshop.path("run-longer")), "\(longer)")
    let result = try akuru(longer + ["--max-steps", "5"])
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(try workshop.metrics("run-longer", "evaluation").last?.step == 5)
    // And from its weights.
    let further = try akuru([
      "train", "--config", workshop.path("run/config.json"), "--init-from", workshop.path("run"), "--run-dir",
      workshop.path("further"),
    ])
    #expect(further.exitCode == 0 && further.stderr.contains("beginning with"), "\(further.transcript)")
    // And from none, with the options of a run that began with some.
    let anew = try akuru([
      "train", "--config", workshop.path("further/config.json"), "--from-scratch", "--run-dir", workshop.path("anew"),
    ])
    #expect(anew.exitCode == 0 && !anew.stderr.contains("beginning with"), "\(anew.transcript)")
  }

  @Test func whatEndsEarlierThanPlannedGoesOn() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    try workshop.train(Recipes.seed, "run", ["--epochs", "3"])
    let part = workshop.training(Recipes.seed, "part", ["--epochs", "3", "--max-minutes", "0.00001"])
    #expect(try akuru(part).exitCode == 85)
    #expect(try akuru(["train", "--resume", "--run-dir", workshop.path("part"), "--max-steps", "3"]).exitCode == 0)
    let rest = try akuru(["train", "--resume", "--run-dir", workshop.path("part"), "--max-steps", "6"])
    #expect(rest.exitCode == 0, "\(rest.transcript)")
    #expect(try workshop.metrics("part", "evaluation").last == workshop.metrics("run", "evaluation").last)
    let epochs = try akuru(["train", "--resume", "--run-dir", workshop.path("part"), "--epochs", "9"])
    expectFailure(epochs, 2, ["--epochs 9 contradicts", "--init-from \(workshop.path("part"))", "--epochs 9"])
  }

  /// What the run stored of its options does not contradict it.
  @Test(arguments: [1, 2]) func aRunGoesOnWithWhatItStored(ranks: Int) throws {
    let workshop = try Workshop(train: 12, validation: 4)
    try workshop.train(Recipes.seed, "old", ["--max-steps", "2"])
    let scalars = ["a", "b", "c", "d", "e", "\u{D9A}"]
    try GlyphData.write(
      ["{\"scalars\": [\(scalars.map { "\"\($0)\"" }.joined(separator: ", "))]}"], to: workshop.path("letters.json"))
    let constant = ["--schedule", "constant", "--max-steps", "3", "--checkpoint-every", "1"]
    // With an alphabet and a model to begin with, in one command and with --resume alone.
    let begun = workshop.training(
      Recipes.seed, "run",
      constant + [
        "--init-from", workshop.path("old"), "--alphabet", workshop.path("letters.json"), "--alphabet-change", "union",
      ])
    #expect(try akuru(ranks: ranks, begun).exitCode == 0)
    for more in [begun + ["--resume"], ["train", "--run-dir", workshop.path("run"), "--resume"]] {
      let resumed = try akuru(ranks: ranks, more)
      #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    }
    // Another model is refused; the same one by another path is not.
    try workshop.train(Recipes.seed, "other", ["--max-steps", "1", "--seed", "2"])
    let resume = ["train", "--run-dir", workshop.path("run"), "--resume", "--init-from"]
    for model in [workshop.path("other"), workshop.path("none")] {
      expectFailure(try akuru(ranks: ranks, resume + [model]), 2, [model])
    }
    let same = try akuru(ranks: ranks, resume + [workshop.best("old")])
    #expect(same.exitCode == 0, "\(same.transcript)")
    // Planned by minutes, with a limit far away.
    let planned = workshop.training(
      Recipes.seed, "minutes", ["--minutes", "0.0005", "--max-steps", "1000000", "--eval-every", "1000"])
    let end = try akuru(ranks: ranks, planned)
    #expect(end.exitCode == 0, "\(end.transcript)")
    let further = try akuru(
      ranks: ranks, ["train", "--run-dir", workshop.path("minutes"), "--resume", "--max-minutes", "1"])
    #expect(
      further.exitCode == 0 && further.stderr.contains("before --max-steps 1000000; a longer run"),
      "\(further.transcript)")
  }

  /// A length on the command line takes the place of that in the file.
  @Test func aLengthReplacesAnother() throws {
    let workshop = try Workshop(train: 16, validation: 4)
    try workshop.train(
      Recipes.seed, "run", ["--minutes", "0.002", "--max-steps", "4", "--eval-every", "4000000000000000000"])
    for (name, length, steps) in [("epochs", ["--epochs", "3"], 6), ("steps", ["--max-steps", "5"], 5)] {
      let result = try akuru(
        ["train", "--config", workshop.path("run/config.json"), "--run-dir", workshop.path(name), "--eval-every", "1"]
          + length)
      #expect(result.exitCode == 0, "\(result.transcript)")
      #expect(try workshop.metrics(name, "evaluation").last?.step == steps, "\(name)")
    }
  }

  /// The steps that measure the speed are no reason to wait.
  @Test(arguments: [1, 2]) func aStopWhileTheLengthIsPlanned(ranks: Int) throws {
    let workshop = try Workshop(train: 16, validation: 4)
    let result = try akuru(
      ranks: ranks, workshop.training(Recipes.seed, "run", ["--minutes", "1"]),
      environment: ["AKURU_FAULT": "\(ranks - 1):3:step:usr1"])
    #expect(result.exitCode == 85, "\(result.transcript)")
    #expect(result.stderr.contains("stopped on request before the first step"), "\(result.transcript)")
  }

  @Test(arguments: [nil, 2]) func aMistypedRunIsNotCreated(ranks: Int?) throws {
    let workshop = try Workshop(train: 4, validation: 2)
    let result = try akuru(ranks: ranks, ["train", "--resume", "--run-dir", workshop.path("rnu")])
    expectFailure(result, 2, ["{folder}rnu: holds no run to go on with".replacing("{folder}", with: workshop.path(""))])
    #expect(!FileManager.default.fileExists(atPath: workshop.path("rnu")))
  }

  /// Why a run failed stands in its report.
  @Test func theReportSaysHowARunEnded() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let options = Recipes.seed + ["--max-steps", "9", "--max-bad-steps", "2", "--eval-every", "2"]
    let failed = try akuru(
      workshop.training(options, "run"), environment: ["AKURU_FAULT": "0:4-9:step:nan-loss"])
    #expect(failed.exitCode == 87, "\(failed.transcript)")
    let page = try String(contentsOfFile: workshop.path("run/report.html"), encoding: .utf8)
    #expect(page.contains("The run failed") && page.contains("--resume"))
    let resumed = try akuru(["train", "--resume", "--run-dir", workshop.path("run")])
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    let after = try String(contentsOfFile: workshop.path("run/report.html"), encoding: .utf8)
    #expect(!after.contains("The run failed") && !after.contains("--resume"))
  }
}
