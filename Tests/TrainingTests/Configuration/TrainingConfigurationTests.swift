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

  /// Steps of two images in epochs of `2 * stepsOfEpoch`.
  private func length(_ options: [String: JSONValue], _ stepsOfEpoch: Int, planned: Int? = nil) throws -> RunLength {
    try configuration(["maxSteps": .null, "batchSize": 2].merging(options) { $1 })
      .length(draws: 2 * stepsOfEpoch, planned: planned)
  }

  /// The length of a run that goes on, whose schedule has `scheduleSteps`.
  private func resumed(_ options: [String: JSONValue], scheduleSteps: Int?, images: Int? = nil) throws -> RunLength {
    var identity = try tinyIdentity()
    (identity.scheduleSteps, identity.images) = (scheduleSteps, images)
    return try configuration(["maxSteps": .null, "batchSize": 2].merging(options) { $1 })
      .length(draws: 18, resuming: identity)
  }

  @Test func whatEndsARunOrPlansIt() throws {
    func plans(_ options: [String: JSONValue]) throws -> Bool {
      try configuration(["maxSteps": .null].merging(options) { $1 }).plansLength
    }
    #expect(try plans([:]) && plans(["minutes": 3]) && plans(["minutes": 3, "maxSteps": 9]))
    for schedule in ["constant", "plateau"] {
      #expect(try plans(["schedule": .text(schedule)]))
      #expect(try !plans(["schedule": .text(schedule), "maxMinutes": 1]), "nothing but minutes ends it")
      #expect(try plans(["schedule": .text(schedule), "maxMinutes": 1, "batchSize": "2..4"]))
    }
    for schedule in ["one-cycle", "cosine"] {
      #expect(try plans(["schedule": .text(schedule), "maxMinutes": 1]), "its schedule needs an end")
    }
    #expect(try !plans(["epochs": 3]) && !plans(["maxSteps": 3]))
  }

  @Test func theUsualLengthFollowsTheData() {
    let usual = [1, 2, 300, 18_000, 300_000, 3_000_000, 10_000_000].map { TrainingConfiguration.usualImages(draws: $0) }
    #expect(usual == [1_600, 2_264, 27_900, 216_000, 900_000, 3_000_000, 10_000_000])
  }

  @Test(arguments: ["one-cycle", "cosine"]) func someSchedulesNeedTheirEnd(_ schedule: String) throws {
    let both: [String: JSONValue] = ["maxSteps": 50, "epochs": 3, "schedule": .text(schedule)]
    #expect(try length(both, 10).scheduleSteps == 30 && length(both, 20).scheduleSteps == 50)
    let planned = try length(["schedule": .text(schedule), "minutes": 3], 10, planned: 70)
    #expect(planned.scheduleSteps == 35 && planned.lastStep == 35 && planned.images == 70)
  }

  @Test(arguments: ["constant", "plateau"]) func otherSchedulesHaveNone(_ schedule: String) throws {
    let minutes = try length(["maxMinutes": 1, "schedule": .text(schedule)], 9)
    #expect(minutes.scheduleSteps == nil && minutes.lastStep == .max && minutes.images == nil)
  }

  @Test func theLastStepIsTheNearestEnd() throws {
    let both: [String: JSONValue] = ["maxSteps": 50, "epochs": 3, "schedule": "constant"]
    #expect(try length(both, 10).lastStep == 30 && length(both, 20).lastStep == 50)
    #expect(try length(both, 10).images == nil, "steps alone determine the run")
    let goingOn: [String: JSONValue] = ["maxSteps": 50, "epochs": 3]
    #expect(
      try resumed(goingOn, scheduleSteps: 40).lastStep == 27 && resumed(goingOn, scheduleSteps: 20).lastStep == 20)
    let large = try length(["maxSteps": 1_000_000_000_000, "epochs": 1_000_000_000], 50_000_000)
    #expect(large.lastStep == 1_000_000_000_000)
  }

  /// A batch grows in shares of the images of the run, whatever says how many they are.
  @Test func aBatchThatGrowsKnowsTheImages() throws {
    let grows: [String: JSONValue] = ["batchSize": "2..8"]
    let epochs = try length(grows.merging(["epochs": 4]) { $1 }, 100)
    #expect(epochs.images == 800 && epochs.calendar.images == 800)
    #expect(epochs.lastStep == epochs.calendar.steps(forImages: 800) && epochs.lastStep < 300)
    let steps = try length(grows.merging(["maxSteps": 50]) { $1 }, 100)
    #expect(steps.lastStep == 50 && steps.calendar.place(of: 49).batchSize == 8)
    let planned = try length(grows.merging(["minutes": 3, "maxSteps": 5000]) { $1 }, 100, planned: 400)
    #expect(planned.images == 400)
    // A part of the run has the steps of the whole.
    var identity = try tinyIdentity(["batchSize": "2..8", "microBatch": 2])
    (identity.images, identity.scheduleSteps) = (steps.images, steps.scheduleSteps)
    let part = try configuration(["maxSteps": 20, "batchSize": "2..8"]).length(draws: 200, resuming: identity)
    #expect(part.calendar == steps.calendar && part.lastStep == 20)
  }

  /// A resumed run stops early if it is told to, but does not go on where its rate is zero.
  @Test func theScheduleIsNotOverrun() throws {
    let steps: [String: JSONValue] = ["maxSteps": 50, "schedule": "cosine"]
    #expect(try resumed(steps, scheduleSteps: 80).lastStep == 50 && resumed(steps, scheduleSteps: 50).lastStep == 50)
    #expect(try resumed(["schedule": "constant"], scheduleSteps: nil, images: 31).lastStep == 16)
    #expect(
      message { _ = try resumed(steps, scheduleSteps: 49) }
        == "--max-steps 50: the cosine schedule of the run that is resumed ends at step 49, where its rate is almost zero; "
        + "begin a longer run with its weights: akuru train --config r/config.json --init-from r --run-dir r-longer")
  }

  // MARK: File and command line

  @Test func flagsComeBeforeTheFile() throws {
    let folder = try TemporaryDirectory()
    let file = try folder.write(
      "{\"batchSize\": 9, \"train\": \"a\", \"validation\": \"b\", \"runDir\": \"c\", \"lr\": 0.5}", "config.json")
    #expect(
      message { _ = try TrainingConfiguration.options(Overrides(), file: file) }
        == "\(file): --batch-size 9 must be a multiple of --micro-batch 4")
    let flag = message { _ = try TrainingConfiguration.options(Overrides(["batchSize": 10]), file: file) }
    #expect(flag == "--batch-size 10 must be a multiple of --micro-batch 4", "the file is not to blame")
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
