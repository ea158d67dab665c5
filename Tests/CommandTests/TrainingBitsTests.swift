import Foundation
import Testing

/// The promise: the same bits on any number of ranks, and whether or not a run was interrupted.
@Suite struct TrainingBitsTests {
  /// 30 steps on one rank, without a break: what all others must come to. An epoch has 12 steps.
  static let reference = Result { () throws -> Reference in
    let workshop = try Workshop()
    try workshop.train(Recipes.akuru, "run", ["--max-steps", "30"])
    return Reference(
      checkpoints: try workshop.checkpoints("run"), steps: try workshop.metrics("run", "step"),
      evaluations: try workshop.metrics("run", "evaluation"))
  }

  struct Reference {
    let checkpoints: [String: Data]
    let steps: [MetricsLine]
    let evaluations: [MetricsLine]
  }

  /// Compares the last checkpoint, the best one and the metrics of a run with the reference.
  func expectReference(_ workshop: Workshop, _ run: String, _ note: Comment? = nil) throws {
    let reference = try Self.reference.get()
    let files = try workshop.checkpoints(run)
    for name in ["step-00000030.safetensors", "best.safetensors"] {
      let (expected, actual) = (try #require(reference.checkpoints[name]), files[name])
      #expect(actual == expected, "\(name) differs")
    }
    #expect(try workshop.metrics(run, "step") == reference.steps)
    #expect(try workshop.metrics(run, "evaluation") == reference.evaluations)
  }

  @Test func theReferenceIsWhole() throws {
    let reference = try Self.reference.get()
    #expect(
      reference.checkpoints.keys.sorted() == [
        "best.safetensors", "step-00000012.safetensors", "step-00000024.safetensors", "step-00000030.safetensors",
      ])
    #expect(reference.checkpoints["step-00000030.safetensors"] != reference.checkpoints["step-00000024.safetensors"])
    #expect(reference.steps.map(\.step) == Array(1...30))
    #expect(reference.steps.map(\.epoch) == (0..<30).map { $0 / 12 })
    #expect(reference.evaluations.map(\.step) == [12, 24, 30])
    #expect(Set(reference.steps.map(\.loss)).count == 30)
  }

  @Test(arguments: [1, 2, 3])
  func anyNumberOfRanksGivesTheSameCheckpoints(ranks: Int) throws {
    let workshop = try Workshop()
    try workshop.train(ranks: ranks, Recipes.akuru, "run", ["--max-steps", "30"])
    #expect(try workshop.checkpoints("run") == Self.reference.get().checkpoints)
    try expectReference(workshop, "run")
  }

  @Test func anyNumberOfRanksGivesTheSameCheckpointsOfTheSeedModel() throws {
    let workshop = try Workshop()
    for ranks in [1, 2, 3] { try workshop.train(ranks: ranks, Recipes.seed, "run\(ranks)", ["--max-steps", "30"]) }
    let alone = try workshop.checkpoints("run1")
    #expect(alone.count == 4)
    #expect(try workshop.checkpoints("run2") == alone)
    #expect(try workshop.checkpoints("run3") == alone)
  }

  @Test(
    arguments: [
      "[1,24,0,1 Cr3,3,4 Do0.1 Mp2,2 Cl3,3,8b0 Bnr Mp2,2 Do0.2,2 Lbx12 Do0.3 Lbx12 O1c]",
      "[1,24,0,1 Cr3,3,6 Mp2,2 R3,3 Dw3,3 R1,5 Bnr Hc0.3 Mp2,2 Gbx10 Lfx9 Grx11 O1c]",
      "[1,24,0,1 Cr3,3,6,2,1 Gn2 Ct3,3,6,1,2 Clr3,3,4,1,1,2,2 Gn4 Cm1,1,4 Lbx10 O1c]",
    ])
  func anyNumberOfRanksGivesTheSameCheckpointsOfOtherNetworks(_ network: String) throws {
    let workshop = try Workshop()
    let recipe = ["--model", network, "--batch-size", "8", "--micro-batch", "2"]
    for ranks in [1, 2, 3] { try workshop.train(ranks: ranks, recipe, "run\(ranks)", ["--max-steps", "30"]) }
    let alone = try workshop.checkpoints("run1")
    #expect(try workshop.checkpoints("run2") == alone)
    #expect(try workshop.checkpoints("run3") == alone)
    for ranks in [3, 2] {
      let stopping = workshop.training(
        recipe, "stopped", ["--max-steps", "30", "--resume", "--max-minutes", "0.00001"])
      #expect(try akuru(ranks: ranks, stopping).exitCode == 85)
    }
    try workshop.train(ranks: 2, recipe, "stopped", ["--max-steps", "30", "--resume"])
    let name = "step-00000030.safetensors"
    #expect(try workshop.checkpoints("stopped")[name] == alone[name])
    let evaluation = try akuru(["evaluate", "--checkpoint", workshop.path("run1"), "--data", workshop.validation])
    #expect(evaluation.exitCode == 0, "\(evaluation.transcript)")
  }

  /// A batch that grows, on other ranks in each of its sizes.
  @Test func aBatchThatGrowsGivesTheSameBits() throws {
    let workshop = try Workshop()
    let recipe = ["--height", "32", "--batch-size", "4..16", "--micro-batch", "2", "--log-every", "1"]
    for ranks in [1, 2, 3] { try workshop.train(ranks: ranks, recipe, "run\(ranks)", ["--max-steps", "30"]) }
    let alone = try workshop.checkpoints("run1")
    #expect(try workshop.checkpoints("run2") == alone)
    #expect(try workshop.checkpoints("run3") == alone)
    for (ranks, steps) in [(3, 2), (2, 9), (1, 16), (3, 21), (2, 30)] {
      // Whatever ends a part of the run, its batch grows in shares of the whole.
      let begins = steps == 2
      let arguments = workshop.training(
        recipe, "parts",
        ["--max-steps", begins ? "30" : "\(steps)", "--resume"] + (begins ? ["--max-minutes", "0.00001"] : []))
      #expect(try akuru(ranks: ranks, arguments).exitCode == (begins ? 85 : 0))
    }
    let name = "step-00000030.safetensors"
    #expect(try workshop.checkpoints("parts")[name] == alone[name])
    let steps = try workshop.metrics("run1", "step")
    #expect(try workshop.metrics("parts", "step") == steps && workshop.metrics("run3", "step") == steps)
    #expect(steps.count == 30 && steps.contains { $0.gradientNoise != nil })
    let log = try String(contentsOfFile: workshop.path("run1/train.log"), encoding: .utf8)
    #expect(log.contains("batch 4, 8 from step "), "\(log)")
  }

  /// A run without any length, and one of a given time: both plan their steps, and go on with the steps that were planned.
  @Test func aPlannedLengthIsKept() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let recipe = ["--height", "32", "--batch-size", "8", "--micro-batch", "2", "--log-every", "1"]
    func planned(_ run: String) throws -> Int {
      let text = try String(contentsOfFile: workshop.path("\(run)/config.json"), encoding: .utf8)
      let match = try #require(text.firstMatch(of: /"scheduleSteps" : ([0-9]+)/), "\(text)")
      return try #require(Int(match.1))
    }
    for (run, length, ranks) in [("timed", ["--minutes", "0.05"], 2), ("usual", [], 1)] {
      let arguments = workshop.training(recipe, run, length)
      let begun = try akuru(ranks: ranks, arguments + ["--max-minutes", "0.00001"])
      #expect(begun.exitCode == 85 && begun.stderr.contains("length: "), "\(begun.transcript)")
      let steps = try planned(run)
      #expect(run == "timed" ? (3...100_000).contains(steps) : steps == 924, "5,544 images are 462 epochs of two steps")
      let resumed = try akuru(ranks: 3, arguments + ["--resume", "--max-steps", "3"])
      #expect(resumed.exitCode == 0, "\(resumed.transcript)")
      #expect(try planned(run) == steps)
      // The steps and rates of a run that was told so many.
      func told(_ steps: Int, _ more: [String]) -> [String] {
        workshop.training(recipe, "\(run)-told", ["--max-steps", "\(steps)", "--resume"] + more)
      }
      #expect(try akuru(ranks: 2, told(steps, ["--max-minutes", "0.00001"])).exitCode == 85)
      #expect(try akuru(ranks: 1, told(3, [])).exitCode == 0)
      #expect(try workshop.metrics(run, "step") == workshop.metrics("\(run)-told", "step"))
    }
  }

  /// The speed is measured with the first size of a batch that grows.
  @Test func aBatchGrowsInMinutes() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    let recipe = ["--height", "32", "--batch-size", "4..8", "--micro-batch", "2", "--minutes", "0.05"]
    let begun = try akuru(ranks: 2, workshop.training(recipe, "run", ["--max-minutes", "0.00001"]))
    #expect(begun.exitCode == 85 && begun.stderr.contains("batch 4, 8 from step "), "\(begun.transcript)")
    try workshop.train(ranks: 1, recipe, "run", ["--resume", "--max-steps", "3"])
  }

  /// What is killed, on how many ranks, after the checkpoint of which step, and how the run goes on.
  struct Interruption: Sendable, CustomTestStringConvertible {
    enum Victim { case rank, mpirun }
    let victim: Victim
    let ranks: Int
    let every: Int
    let resumedRanks: Int?

    var testDescription: String {
      "\(victim) of \(ranks) ranks after step \(every), then on \(resumedRanks.map { "\($0)" } ?? "one, alone")"
    }

    /// Each of one to four ranks to each. Steps 11, 7 and 15 are in the middle of an epoch, 12 is the end of one.
    static let matrix = (1...4).flatMap { from in
      (1...4).map { to in
        Interruption(
          victim: (from + to).isMultiple(of: 2) ? .rank : .mpirun, ranks: from,
          every: [11, 7, 15, 12][(2 * from + to) % 4],
          resumedRanks: to)
      }
    }
  }

  /// Rank 0 pauses in the step after this one: a test sees the checkpoint before the run is over, also where others compute.
  private func pause(after step: Int) -> [String: String] { ["AKURU_FAULT": "0:\(step + 1):step:sleep=5"] }

  @Test(arguments: Interruption.matrix + [Interruption(victim: .rank, ranks: 3, every: 7, resumedRanks: nil)])
  func aKilledRunGoesOnToTheSameBits(_ interruption: Interruption) throws {
    let workshop = try Workshop()
    let arguments = workshop.training(
      Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "\(interruption.every)"])
    let job = try RunningRanks(
      interruption.ranks, arguments, environment: pause(after: interruption.every),
      until: workshop.checkpoint("run", step: interruption.every))
    kill(interruption.victim == .rank ? job.ranks[0] : job.mpirun.processIdentifier, SIGKILL)
    let killed = try job.mpirun.wait(timeout: 30)
    #expect(killed.exitCode != 0)
    job.expectGone()
    try #require(!FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: 30)), "killed too late")

    let resumed = try akuru(ranks: interruption.resumedRanks, arguments + ["--resume"])
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    #expect(resumed.stderr.contains("going on from \(workshop.path("run/checkpoints/step-"))"))
    try expectReference(workshop, "run")
  }

  /// SIGUSR1 to mpirun reaches all ranks; to one rank, it stops them all.
  @Test(arguments: [(ranks: 2, toOneRank: false), (ranks: 3, toOneRank: true)])
  func aSignalStopsAfterACheckpoint(ranks: Int, toOneRank: Bool) throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "7"])
    let job = try RunningRanks(
      ranks, arguments, environment: pause(after: 7), until: workshop.checkpoint("run", step: 7))
    kill(toOneRank ? job.ranks[0] : job.mpirun.processIdentifier, SIGUSR1)
    let stopped = try job.mpirun.wait(timeout: 30)
    #expect(stopped.exitCode == 85, "\(stopped.transcript)")
    #expect(stopped.stderr.contains("go on with --resume"))
    try #require(!FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: 30)), "stopped too late")
    let last = try #require(try workshop.metrics("run", "step").last).step
    #expect(FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: last)))

    let resumed = try akuru(ranks: 4 - ranks, arguments + ["--resume"])
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    try expectReference(workshop, "run")
  }

  /// Nothing but minutes ends this run.
  @Test func aRunOfMinutesOnly() throws {
    let workshop = try Workshop()
    let result = try akuru(workshop.training(Recipes.seed, "run", ["--max-minutes", "0.00001", "--log-every", "1"]))
    #expect(result.exitCode == 85, "\(result.transcript)")
    #expect(try workshop.metrics("run", "step").map(\.step) == [1])
  }

  @Test func aRunStopsWhenItsMinutesAreOver() throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30"])
    var ends: [Int32] = []
    for ranks in [2, 1, 3] {
      ends.append(try akuru(ranks: ranks, arguments + ["--resume", "--max-minutes", "0.00001"]).exitCode)
    }
    #expect(ends == [85, 85, 85])
    #expect(try workshop.metrics("run", "step").map(\.step) == [1, 2, 3], "at least one step each time")
    try workshop.train(ranks: 2, Recipes.akuru, "run", ["--max-steps", "30", "--resume"])
    try expectReference(workshop, "run")
  }

  @Test func resumingAFinishedRunChangesNothing() throws {
    let workshop = try Workshop()
    try workshop.train(Recipes.akuru, "run", ["--max-steps", "3"])
    let before = (try workshop.checkpoints("run"), try workshop.metrics("run", "step"))
    for ranks in [nil, 2] {
      let again = try workshop.train(ranks: ranks, Recipes.akuru, "run", ["--max-steps", "3", "--resume"])
      #expect(again.stderr.contains("done"), "\(again.transcript)")
    }
    #expect(try workshop.checkpoints("run") == before.0)
    #expect(try workshop.metrics("run", "step") == before.1)
  }

  @Test func ranksWithoutAMicroBatchIdle() throws {
    let workshop = try Workshop()
    let recipe = ["--height", "32", "--batch-size", "8", "--micro-batch", "4", "--max-steps", "5"]
    let alone = try workshop.train(ranks: 2, recipe, "run2")
    #expect(!alone.stderr.contains("idle"))
    let idle = try workshop.train(ranks: 3, recipe, "run3")
    #expect(idle.stderr.contains("warning: a step has 2 micro-batches for 3 ranks, so 1 idle"), "\(idle.transcript)")
    #expect(try workshop.checkpoints("run3") == workshop.checkpoints("run2"))
    // More than half of them: not without being asked to.
    let one = ["--height", "32", "--batch-size", "4", "--micro-batch", "4", "--max-steps", "2"]
    let refused = try akuru(ranks: 3, workshop.training(one, "refused"))
    expectFailure(
      refused, 2, ["a step has 1 micro-batch for 3 ranks, so 2 would idle", "--batch-size 4,", "--idle-ranks allow"])
    try workshop.train(ranks: 3, one, "allowed", ["--idle-ranks", "allow"])
    // A run that was begun goes on.
    try workshop.train(ranks: 3, one, "allowed", ["--resume"])
  }

  /// The options that `akuru plan` proposes for many ranks.
  @Test func plansForManyRanks() throws {
    struct Plan: Decodable {
      struct Row: Decodable {
        let options: String
        let minutes: Double
      }
      let rows: [Row]
      let best: Int
    }
    let workshop = try Workshop(train: 20, validation: 3)
    let arguments = ["plan", "--train", workshop.train, "--ranks", "64", "--machines", "4", "--height", "32"]
    let table = try akuru(ranks: 2, arguments)
    #expect(table.exitCode == 0 && table.stdout.contains("\nbest that was measured, "), "\(table.transcript)")
    let result = try akuru(arguments + ["--json"])
    let plan = try JSONDecoder().decode(Plan.self, from: Data(result.stdout.utf8))
    #expect(plan.best > 0 && plan.rows.allSatisfy { $0.minutes > 0 }, "\(result.transcript)")
    #expect(plan.rows[plan.best].options.hasPrefix("--batch-size 4,16@"))
    expectFailure(
      try akuru(arguments + ["--machines", "65"]), 2, ["--machines 65: must be 1 to the number of ranks (64)"])
  }

  /// Work goes where it is done sooner, and the bits stay: rank 1 takes a nap in each step.
  @Test(arguments: [2, 3]) func workThatFollowsTheSpeedOfRanksGivesTheSameBits(ranks: Int) throws {
    let workshop = try Workshop()
    let adaptive = ["--max-steps", "30", "--balance", "adaptive"]
    for (run, fault) in [("even", "1:31:step:sleep=0.1"), ("slow", "1:1-30:step:sleep=0.1")] {
      let result = try akuru(
        ranks: ranks, workshop.training(Recipes.akuru, run, adaptive), environment: ["AKURU_FAULT": fault])
      #expect(result.exitCode == 0, "\(result.transcript)")
      try expectReference(workshop, run)
    }
    let images = try workshop.imagesOfRanks("slow")
    #expect(images.count == ranks && images[1] * 3 < images[0], "\(images)")
  }

  /// One step of fewer images than a batch, and fewer records than ranks to audit, train and evaluate on.
  @Test func fewerImagesThanRanks() throws {
    let workshop = try Workshop(train: 2, validation: 1)
    for ranks in [1, 3] { try workshop.train(ranks: ranks, Recipes.akuru, "run\(ranks)", ["--epochs", "3"]) }
    #expect(try workshop.checkpoints("run3") == workshop.checkpoints("run1"))
    #expect(try workshop.metrics("run3", "step").map(\.step) == [1, 2, 3])
  }

  /// Bad records left out give the bits of a data set that never had them.
  @Test func skippedRecordsLeaveNoTrace() throws {
    let workshop = try Workshop(train: 20, validation: 5)
    let path = "\(workshop.train)/metadata.csv"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    try GlyphData.write(lines.filter { !$0.hasPrefix("3.png") && !$0.hasPrefix("17.png") }, to: path)
    try workshop.train(Recipes.akuru, "clean", ["--epochs", "2"])

    try GlyphData.write(lines, to: path)
    try Data("no image".utf8).write(to: URL(fileURLWithPath: "\(workshop.train)/3.png"))
    try FileManager.default.removeItem(atPath: "\(workshop.train)/17.png")
    for ranks in [1, 3] {
      let result = try workshop.train(ranks: ranks, Recipes.akuru, "run\(ranks)", ["--epochs", "2", "--skip-bad"])
      for part in [
        "left out: \(workshop.train)/3.png", "left out: \(workshop.train)/17.png",
        "left out 2 bad records, of 20 records",
      ] {
        #expect(result.stderr.contains(part), "\(result.transcript)")
      }
      let log = try String(contentsOfFile: workshop.path("run\(ranks)/train.log"), encoding: .utf8)
      #expect(log.contains("left out 2 bad records, of 20 records"))
      #expect(try workshop.checkpoints("run\(ranks)") == workshop.checkpoints("clean"))
    }
  }
}
