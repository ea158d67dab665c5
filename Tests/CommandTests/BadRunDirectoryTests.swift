import Checkpoints
import Foundation
import TestSupport
import Testing

/// Run directories and checkpoints that cannot be used as asked.
@Suite struct BadRunDirectoryTests {
  /// A workshop with a finished run of two steps of the seed model: checkpoints of both, and the best.
  func workshopWithRun() throws -> Workshop {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "2", "--checkpoint-every", "1"])
    return workshop
  }

  @Test(arguments: [1, 2, 3]) func aDirectoryThatHoldsARunIsRefused(ranks: Int) throws {
    let workshop = try workshopWithRun()
    let before = try workshop.checkpoints("run")
    let result = try akuru(ranks: ranks, workshop.training(Recipes.seed, "run", ["--max-steps", "2"]))
    expectFailure(result, 2, [workshop.path("run"), "already holds a run", "--resume"])
    #expect(try workshop.checkpoints("run") == before)
  }

  @Test(arguments: [1, 2, 3]) func anotherJobHoldsTheLock(ranks: Int) throws {
    let workshop = try workshopWithRun()
    let lock = open(workshop.path("run/.lock"), O_RDWR)
    defer { close(lock) }
    try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let result = try akuru(ranks: ranks, workshop.training(Recipes.seed, "run", ["--max-steps", "2", "--resume"]))
    expectFailure(result, 4, [workshop.path("run"), "is being written by another job"])
  }

  /// Another machine's lease keeps a job out while it is renewed, and no longer than a minute when it is not.
  @Test func anotherMachineHoldsTheLease() throws {
    let workshop = try workshopWithRun()
    let lease = workshop.path("run/.lease")
    let holder = "process 77 on elsewhere"
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "3", "--resume"])
    try Data("\(holder), 5\n".utf8).write(to: URL(fileURLWithPath: lease))
    let renewing = Thread {
      for _ in 0..<20 {
        utimes(lease, nil)
        usleep(300_000)
      }
    }
    renewing.start()
    let refused = try akuru(ranks: 2, arguments)
    expectFailure(
      refused, 4, ["\(workshop.path("run")) is being written by another job (\(holder))"])
    #expect(try workshop.bytes(lease) == Data("\(holder), 5\n".utf8), "the other job's lease stays")
    while !renewing.isFinished { usleep(100_000) }

    var longAgo = [timeval](repeating: timeval(tv_sec: time(nil) - 61, tv_usec: 0), count: 2)
    #expect(utimes(lease, &longAgo) == 0)
    let taken = try akuru(ranks: 2, arguments)
    #expect(taken.exitCode == 0, "\(taken.transcript)")
    let log = try String(contentsOfFile: workshop.path("run/train.log"), encoding: .utf8)
    #expect(
      log.contains("taking the run directory \(workshop.path("run")) over from \(holder)"), "\(log)"
    )
    #expect(!FileManager.default.fileExists(atPath: lease), "given back at the end")
  }

  /// What is left of a killed job on this machine is taken over at once, with a line in the log.
  @Test func aKilledJobLeavesItsLease() throws {
    let workshop = try workshopWithRun()
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "4", "--resume"])
    let killed = try akuru(arguments, environment: ["AKURU_FAULT": "0:3:step:kill"])
    #expect(killed.exitCode == 128 + SIGKILL)
    let resumed = try akuru(arguments)
    #expect(
      resumed.exitCode == 0 && resumed.stderr.contains("taking the run directory"),
      "\(resumed.transcript)")
  }

  @Test func damagedMetricsAreNamed() throws {
    let workshop = try workshopWithRun()
    let path = workshop.path("run/metrics.jsonl")
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(
      String.init)
    try GlyphData.write([lines[0], "garbage", "[1]"] + lines.dropFirst(), to: path)
    let result = try workshop.train(Recipes.seed, "run", ["--max-steps", "3", "--resume"])
    #expect(
      result.stderr.contains(
        "\(path): removed 2 lines that are no JSON objects, the first is line 2"))
    let again = try workshop.train(Recipes.seed, "run", ["--max-steps", "1", "--resume"])
    #expect(again.stderr.contains("the run is at step 3, past the last one that was asked for (1)"))
  }

  @Test(arguments: [1, 2, 3]) func aRunDirectoryBelowAFile(ranks: Int) throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try Data().write(to: URL(fileURLWithPath: workshop.path("file")))
    let result = try akuru(ranks: ranks, workshop.training(Recipes.seed, "file/run", ["--max-steps", "2"]))
    expectFailure(result, 4, [workshop.path("file"), "Not a directory"])
  }

  @Test(arguments: [1, 2, 3]) func aCheckpointCutInHalfIsPassedOver(ranks: Int) throws {
    let workshop = try workshopWithRun()
    let before = try workshop.checkpoints("run")
    let newest = workshop.checkpoint("run", step: 2)
    try workshop.cut(newest)
    let result = try workshop.train(ranks: ranks, Recipes.seed, "run", ["--max-steps", "2", "--resume"])
    #expect(result.stderr.contains("the checkpoint \(newest) is damaged"), "\(result.transcript)")
    #expect(result.stderr.contains("going on from \(workshop.checkpoint("run", step: 1)), step 1"))
    #expect(try workshop.checkpoints("run") == before, "step 2 again, with the same bits")
  }

  @Test(arguments: [
    (cursor: "[]", why: "makes no sense"),
    (cursor: #"{"badSteps":0,"epoch":0,"step":-1,"stepInEpoch":0}"#, why: "makes no sense"),
    (cursor: #"{"badSteps":0,"epoch":0,"step":2,"stepInEpoch":-1}"#, why: "makes no sense"),
    (cursor: #"{"badSteps":0,"epoch":1,"step":1,"stepInEpoch":1}"#, why: "contradict each other"),
  ])
  func aCheckpointThatSaysNonsense(cursor: String, why: String) throws {
    let workshop = try workshopWithRun()
    let path = workshop.checkpoint("run", step: 2)
    var checkpoint = try Checkpoint.read(path)
    checkpoint.metadata["cursor"] = cursor
    checkpoint.metadata["optimizerStep"] = "0"
    try checkpoint.write(to: path)
    let result = try akuru(
      ranks: 2, workshop.training(Recipes.seed, "run", ["--max-steps", "4", "--resume"]))
    guard why != "contradict each other" else { return expectFailure(result, 3, [path, why]) }  // Seen with the data.
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(
      result.stderr.contains("the checkpoint \(path) is damaged") && result.stderr.contains(why))
    #expect(result.stderr.contains("going on from \(workshop.checkpoint("run", step: 1)), step 1"))
  }

  @Test(arguments: [1, 2, 3]) func noCheckpointIsWhole(ranks: Int) throws {
    let workshop = try workshopWithRun()
    let files = [workshop.checkpoint("run", step: 1), workshop.checkpoint("run", step: 2), workshop.best("run")]
    for file in files { try workshop.cut(file) }
    let before = try workshop.checkpoints("run")
    let result = try akuru(ranks: ranks, workshop.training(Recipes.seed, "run", ["--max-steps", "2", "--resume"]))
    expectFailure(result, 88, ["none of the 3 checkpoints in \(workshop.path("run/checkpoints")) verifies"])
    for file in files { #expect(result.stderr.contains("warning: the checkpoint \(file) is damaged")) }
    #expect(try workshop.checkpoints("run") == before, "nothing is deleted")
    let evaluation = try akuru(
      ranks: ranks, ["evaluate", "--checkpoint", workshop.path("run"), "--data", workshop.validation])
    expectFailure(evaluation, 88, ["none of the 3 checkpoints"])
  }

  @Test(arguments: [1, 2, 3]) func commandsNameACheckpointThatIsCut(ranks: Int) throws {
    let workshop = try workshopWithRun()
    try workshop.cut(workshop.best("run"))
    let image = "\(workshop.validation)/0.png"
    for (arguments, name) in [
      (["predict", image], "predict"), (["evaluate", "--data", workshop.validation], "evaluate"),
    ] {
      let file = try akuru(ranks: ranks, arguments + ["--checkpoint", workshop.best("run")])
      expectFailure(file, 3, ["the checkpoint \(workshop.best("run")) is damaged"])
      let run = try akuru(ranks: ranks, arguments + ["--checkpoint", workshop.path("run")])
      #expect(
        run.exitCode == 0 && run.stderr.contains("\(workshop.best("run")) is damaged"), "\(name): \(run.transcript)")
    }
  }

  static let checkpoints: [BadInput] = [
    BadInput("no such checkpoint", status: 2, ["no checkpoint at {folder}run: there is no such file"]) {
      ["evaluate", "--checkpoint", $0.path("run"), "--data", $0.validation]
    },
    BadInput("folder without checkpoints", status: 2, ["no checkpoint at {train}: it is a folder without"]) {
      ["predict", "--checkpoint", $0.train, "\($0.train)/0.png"]
    },
    BadInput("text file", status: 3, ["the checkpoint {train}/metadata.csv is damaged"]) {
      ["predict", "--checkpoint", "\($0.train)/metadata.csv", "\($0.train)/0.png"]
    },
    BadInput("device", status: 4, ["cannot read /dev/zero"]) {
      ["predict", "--checkpoint", "/dev/zero", "\($0.train)/0.png"]
    },
  ]

  @Test(arguments: checkpoints, [1, 2, 3]) func noCheckpoint(_ input: BadInput, ranks: Int) throws {
    try input.expectFailure(ranks: ranks)
  }

  @Test(arguments: [1, 2, 3]) func resumingKeepsTheRecipe(ranks: Int) throws {
    let workshop = try workshopWithRun()
    func resume(_ options: [String]) throws -> ProcessResult {
      try akuru(ranks: ranks, workshop.training([], "run", ["--resume"] + options))
    }
    let before = try workshop.checkpoints("run")
    expectFailure(try resume(["--batch-size", "4"]), 2, ["--batch-size 4 contradicts the run that is resumed (8)"])
    expectFailure(try resume(["--seed", "2"]), 2, ["--seed 2 contradicts"])
    expectFailure(try resume(["--model", "akuru"]), 2, ["--model akuru contradicts", "(seed)"])
    expectFailure(try resume(["--epochs", "9"]), 2, ["--epochs 9 contradicts", "(not set)"])
    try Data("xyz".utf8).write(to: URL(fileURLWithPath: workshop.path("letters.txt")))
    expectFailure(try resume(["--alphabet", workshop.path("letters.txt")]), 2, ["--alphabet is not the alphabet"])
    #expect(try workshop.checkpoints("run") == before)
    let same = try resume(["--batch-size", "8", "--seed", "1", "--model", "seed", "--max-steps", "2"])
    #expect(same.exitCode == 0, "\(same.transcript)")
  }

  @Test(arguments: [1, 2, 3]) func resumingWithOtherDataIsRefused(ranks: Int) throws {
    let workshop = try workshopWithRun()
    let arguments = workshop.training([], "run", ["--resume", "--max-steps", "3"])
    let metadata = try workshop.bytes("\(workshop.train)/metadata.csv")
    try workshop.spoilMetadata(line: 4, "3.png,b")
    expectFailure(try akuru(ranks: ranks, arguments), 3, ["the training data (files, sizes or texts) has changed"])
    try workshop.spoil("metadata.csv", metadata)
    try GlyphData.writeImageFolder(workshop.validation, count: 4, seed: 2)
    expectFailure(try akuru(ranks: ranks, arguments), 3, ["the validation data (files, sizes or texts) has changed"])
  }

  /// A constant rate has no end: more steps may be asked for, and the bits are those of one long run.
  @Test func aConstantRateGoesOnPastItsFirstEnd() throws {
    let workshop = try workshopWithRun()
    try workshop.train(ranks: 2, [], "run", ["--max-steps", "5", "--checkpoint-every", "1", "--resume"])
    try workshop.train(Recipes.seed, "straight", ["--max-steps", "5", "--checkpoint-every", "1"])
    let (resumed, straight) = (try workshop.checkpoints("run"), try workshop.checkpoints("straight"))
    #expect(resumed["step-00000005.safetensors"] == straight["step-00000005.safetensors"])
  }

  /// One cycle ends where it was planned to end, said again or not.
  @Test func oneCycleKeepsItsEnd() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try workshop.train(Recipes.akuru, "straight", ["--max-steps", "4"])
    let begin = workshop.training(Recipes.akuru, "run", ["--max-steps", "4", "--max-minutes", "0.00001"])
    #expect(try akuru(begin).exitCode == 85)
    let longer = try akuru(workshop.training([], "run", ["--resume", "--max-steps", "9"]))
    expectFailure(longer, 2, ["--max-steps 9", "one-cycle", "ends at step 4"])
    try workshop.train(ranks: 2, [], "run", ["--resume"])
    let name = "step-00000004.safetensors"
    #expect(try workshop.checkpoints("run")[name] == workshop.checkpoints("straight")[name])
  }
}
