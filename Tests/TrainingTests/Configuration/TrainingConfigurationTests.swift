import Datasets
import Messages
import Settings
import TestSupport
import Testing
import Training

@Suite struct TrainingConfigurationTests {
  private func configuration(_ options: [String: JSONValue]) throws -> TrainingConfiguration {
    try TrainingConfiguration(Overrides(smallRun.merging(options) { $1 }.filter { $0.value != .null }))
  }

  private func message(_ body: () throws -> Void) -> String? { thrown(ConfigurationError.self, body)?.description }

  @Test func optionsGoToTheirGroups() throws {
    let configuration = try configuration([
      "train": "a:2,b", "keep": 7, "balance": "adaptive", "stallTimeout": 0, "skipBad": .boolean(true), "evalEvery": 5,
      "checkpointMinutes": 2.5, "quiet": .boolean(true), "initFrom": "x", "alphabetChange": "union",
    ])
    let (recipe, run) = (configuration.recipe, configuration.run)
    #expect(recipe.course.mixture == [2, 1] && configuration.train == "a:2,b" && configuration.validation == "v")
    #expect(run.checkpoints.keep == 7 && run.checkpoints.checkpointMinutes == 2.5 && run.ranks.balance == .adaptive)
    #expect(run.stall.stallTimeout == 0 && run.files.skipBad && run.log.quiet && !run.log.verbose)
    #expect(run.length.evalEvery == 5 && run.length.maxBadSteps == 5 && run.start.alphabetChange == .union)
    #expect(configuration.runDir == "r" && run.files.cacheFolder == "r/cache")
    #expect(try self.configuration(["cache": "none"]).run.files.cacheFolder == nil)
    #expect(try self.configuration(["cache": "c"]).run.files.cacheFolder == "c")
    #expect(try RunJSON.decode(TrainingConfiguration.self, from: RunJSON.line(configuration)) == configuration)
  }

  /// The recipe of a resumed run comes from its checkpoint, everything else from the options.
  @Test func aResumedRunKeepsItsRecipe() throws {
    var kept = try configuration(["lr": 0.125, "train": "a:2,b"]).recipe
    kept.course.seed = 99
    let options: [String: JSONValue] = ["train": "c:2,d", "validation": "v", "runDir": "r", "maxSteps": 8, "keep": 1]
    let resumed = try TrainingConfiguration(Overrides(options), recipe: kept)
    #expect(resumed.recipe == kept && resumed.run.checkpoints.keep == 1 && resumed.train == "c:2,d")
    func refused(_ more: [String: JSONValue]) -> String? {
      message { _ = try TrainingConfiguration(Overrides(options.merging(more) { $1 }), recipe: kept) }
    }
    #expect(refused(["lr": 0.25])?.hasPrefix("--lr 0.25 contradicts the run that is resumed (0.125)") == true)
    #expect(refused(["train": "c,d"])?.hasPrefix("--train c,d contradicts the run") == true)
    #expect(refused(["keep": 0]) == "--keep 0: must be 1 to 1,000,000")
  }

  // MARK: Its end

  /// Steps of one image, so many an epoch.
  private func calendar(_ stepsOfEpoch: Int) -> StepCalendar {
    StepCalendar(draws: stepsOfEpoch, batchSize: 1, microBatch: 1)
  }

  @Test func somethingMustEndTheRun() throws {
    let endless = "nothing ends this run: give --epochs, --max-steps or --max-minutes"
    #expect(message { try configuration(["maxSteps": .null]).requireEnd() } == endless)
    for option in ["epochs", "maxSteps", "maxMinutes"] {
      try configuration((["maxSteps": .null] as [String: JSONValue]).merging([option: .integer(1)]) { $1 }).requireEnd()
    }
    let error = thrown(ConfigurationError.self) { try configuration(["maxSteps": .null]).requireEnd() }
    #expect(error?.option == nil && error?.exitStatus == .usage)
    #expect(
      message { _ = try configuration(["maxSteps": .null]).lastStep(calendar(5), scheduleSteps: nil) } == endless)
  }

  @Test(arguments: ["one-cycle", "cosine"]) func someSchedulesNeedTheirEnd(_ schedule: String) throws {
    let expected = "--schedule \(schedule) needs to know its end: give --epochs or --max-steps"
    let minutes = try configuration(["maxSteps": .null, "maxMinutes": 1, "schedule": .text(schedule)])
    #expect(message { try minutes.requireEnd() } == expected)
    #expect(message { _ = try minutes.scheduleSteps(calendar(9)) } == expected)
    let both = try configuration(["maxSteps": 50, "epochs": 3, "schedule": .text(schedule)])
    #expect(try both.scheduleSteps(calendar(10)) == 30 && both.scheduleSteps(calendar(20)) == 50)
    try both.requireEnd()
  }

  @Test(arguments: ["constant", "plateau"]) func otherSchedulesHaveNone(_ schedule: String) throws {
    let minutes = try configuration(["maxSteps": .null, "maxMinutes": 1, "schedule": .text(schedule)])
    try minutes.requireEnd()
    #expect(try minutes.scheduleSteps(calendar(9)) == nil)
    #expect(try minutes.lastStep(calendar(9), scheduleSteps: nil) == .max)
  }

  @Test func theLastStepIsTheNearestEnd() throws {
    let both = try configuration(["maxSteps": 50, "epochs": 3])
    #expect(try both.lastStep(calendar(10), scheduleSteps: nil) == 30)
    #expect(try both.lastStep(calendar(20), scheduleSteps: nil) == 50)
    #expect(try both.lastStep(calendar(20), scheduleSteps: 40) == 40, "epochs are bounded by the schedule")
    let large = try configuration(["maxSteps": 1_000_000_000_000, "epochs": 1_000_000_000])
    #expect(try large.lastStep(calendar(50_000_000), scheduleSteps: nil) == 1_000_000_000_000)
  }

  /// A resumed run stops early if it is told to, but does not go on where its rate is zero.
  @Test func theScheduleIsNotOverrun() throws {
    let steps = try configuration(["maxSteps": 50, "schedule": "cosine"])
    #expect(try steps.lastStep(calendar(9), scheduleSteps: 80) == 50)
    #expect(try steps.lastStep(calendar(9), scheduleSteps: 50) == 50)
    #expect(
      message { _ = try steps.lastStep(calendar(9), scheduleSteps: 49) }
        == "--max-steps 50: the cosine schedule of the run that is resumed ends at step 49, where its rate is almost zero; "
        + "start a new run directory")
  }

  // MARK: File and command line

  @Test func flagsComeBeforeTheFile() throws {
    let folder = try TemporaryDirectory()
    let file = try folder.write(
      "{\"batchSize\": 9, \"train\": \"a\", \"validation\": \"b\", \"runDir\": \"c\", \"lr\": 0.5}", "config.json")
    #expect(
      message { _ = try TrainingConfiguration.options(Overrides(), file: file) }
        == "\(file): --batch-size 9 must be a multiple of --micro-batch 8")
    let flag = message { _ = try TrainingConfiguration.options(Overrides(["batchSize": 10]), file: file) }
    #expect(flag == "--batch-size 10 must be a multiple of --micro-batch 8", "the file is not to blame")
    let options = try TrainingConfiguration.options(Overrides(["batchSize": 16, "runDir": "d"]), file: file)
    let configuration = try TrainingConfiguration(options)
    #expect(configuration.recipe.batch.batchSize == 16 && configuration.recipe.optimization.lr == 0.5)
    #expect(configuration.train == "a" && configuration.runDir == "d")
    // A file alone may leave paths open, which the command line of a run gives.
    _ = try TrainingConfiguration.options(Overrides(), file: folder.write("{\"epochs\": 3}", "other.json"))
    let unknown = try folder.write("{\"mixture\": [1]}", "mixture.json")
    #expect(
      message { _ = try TrainingConfiguration.options(Overrides(), file: unknown) }?.contains("unknown option") == true)
    #expect(try TrainingConfiguration.options(Overrides(["lr": -1]), file: nil).names == ["lr"])
  }

  // MARK: Printed options

  static let sets: [[String: JSONValue]] = [
    [:], ["train": "a:2,b", "validation": "c", "runDir": "d", "epochs": 3],
    ["model": "crnn", "optimizer": "sgd", "lr": 0.02, "schedule": "plateau"],
    ["model": "seed", "channels": 3, "seed": .unsigned(.max), "skipBad": .boolean(true), "maxMinutes": 1.5],
    ["model": "[1,24,0,1 Cr3,3,8 Mp2,2 Lbx16 O1c]", "schedule": "step", "decayEvery": 7, "ema": 0.999],
    [
      "initFrom": "x", "freeze": "cnn", "paperValue": 1, "labelDropout": 0.1, "cache": "y", "warmUp": 5,
      "schedule": "cosine", "batchSize": 4, "augment": "strong", "balance": "adaptive", "checkpointMinutes": 0,
    ],
  ]

  @Test(arguments: sets) func whatIsPrintedGivesTheSame(_ options: [String: JSONValue]) throws {
    let folder = try TemporaryDirectory()
    let values = try TrainingConfiguration.resolved(Overrides(options))
    #expect(Set(values.keys) == Set(TrainingConfiguration.optionNames).subtracting(["resume"]))
    for (name, value) in options { #expect(values[name] == value, "\(name)") }
    for name in ["train", "validation", "runDir"] where options[name] == nil {
      #expect(values[name] == .null, "\(name)")
    }
    for name in ["batchSize", "microBatch", "keep", "augment", "lr"] { #expect(values[name] != .null, "\(name)") }
    let file = try folder.write(RunJSON.pretty(values), "config.json")
    let read = try TrainingConfiguration.options(Overrides(), file: file)
    #expect(try TrainingConfiguration.resolved(read) == values)
    // And the run is the same.
    let paths: [String: JSONValue] = ["train": "a:2,b", "validation": "c", "runDir": "d"]
    let given = Overrides(options).over(Overrides(paths))
    #expect(try TrainingConfiguration(Overrides(paths).over(read)) == TrainingConfiguration(given))
  }

  @Test func aResumedRunPrintsNone() {
    let error = thrown(ConfigurationError.self) {
      _ = try TrainingConfiguration.resolved(Overrides(["resume": .boolean(true)]))
    }
    #expect(error?.description.hasPrefix("--print-config does not go with --resume") == true)
    #expect(
      message { _ = try TrainingConfiguration.resolved(Overrides(["keep": 0])) } == "--keep 0: must be 1 to 1,000,000")
  }
}

@Suite struct RunLocationTests {
  @Test func aRunNeedsAFolder() throws {
    for options in [[:], ["runDir": ""], ["runDir": 5]] as [[String: JSONValue]] {
      let error = thrown(ConfigurationError.self) { _ = try RunLocation(Overrides(options)) }
      #expect(error?.description == "--run-dir is missing: give a folder for the results")
    }
    let location = try RunLocation(Overrides(["runDir": "r", "resume": .boolean(true)]))
    #expect(location.runDir == "r" && location.resume)
    #expect(try !RunLocation(Overrides(["runDir": "r"])).resume)
  }

  @Test(arguments: ["metadata.csv", "metadata.jsonl", "0.gt.txt", "shards.json"]) func dataIsNoFolderForResults(
    _ name: String
  ) throws {
    let folder = try TemporaryDirectory()
    let location = try RunLocation(Overrides(["runDir": .text(folder.path)]))
    try location.requireNoDataSet()
    try folder.write("", "metrics.jsonl")
    try location.requireNoDataSet()
    try folder.write("", name)
    let error = thrown(ConfigurationError.self) { try location.requireNoDataSet() }
    #expect(
      error?.description
        == "--run-dir \(folder.path): holds a data set; give a folder for the results (are the options swapped?)")
    try RunLocation(Overrides(["runDir": "/no/such/folder"])).requireNoDataSet()
  }
}
