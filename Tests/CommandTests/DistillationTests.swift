import Checkpoints
import Foundation
import Testing

/// Runs that learn from other models, too.
@Suite struct DistillationTests {
  private static let steps = ["--max-steps", "12", "--checkpoint-every", "5", "--audit-every", "3"]
  /// A smaller network with the pools of `Recipes.akuru` along the line.
  private static let student =
    [
      "--model", "[1,32,0,1 Cl3,3,4b0 Bnr Mp2,2 Cl3,3,8b0 Bnr Mp2,2 Mp8,1 Lbx8 O1c]", "--batch-size", "8",
      "--micro-batch", "2",
    ]

  private func makeWorkshop() throws -> Workshop {
    let workshop = try Workshop(train: 60, validation: 24)
    for (seed, name) in [("1", "a"), ("2", "b")] {
      try workshop.train(
        ranks: 2, Recipes.akuru, name, ["--max-steps", "6", "--seed", seed, "--line-normalizer", "trim"])
    }
    return workshop
  }

  /// The same bits on any number of ranks, killed and resumed or not, and other bits than without a teacher or with another share.
  @Test func theBitsAreThoseOfOneRank() throws {
    let workshop = try makeWorkshop()
    let teachers = ["--teacher", "\(workshop.path("a")),\(workshop.path("b"))"]
    func train(_ ranks: Int, _ run: String, _ more: [String]) throws -> Data? {
      let result = try workshop.train(ranks: ranks, Self.student, run, Self.steps + more)
      if more.contains("--teacher") {
        #expect(
          result.stderr.contains("learning from \(workshop.path("b")), too: it knows 6 of 6 letters"),
          "\(result.transcript)")
      }
      return try workshop.checkpoints(run)["step-00000012.safetensors"]
    }
    let one = try #require(try train(1, "one", teachers))
    for ranks in [2, 3] { #expect(try train(ranks, "ranks\(ranks)", teachers) == one) }
    #expect(try train(1, "plain", ["--line-normalizer", "trim"]) != one)
    #expect(try train(1, "strict", teachers + ["--teacher-share", "0.9"]) != one)

    let stopped = try akuru(
      ranks: 2, workshop.training(Self.student, "stopped", Self.steps + teachers),
      environment: ["AKURU_FAULT": "1:7:step:usr1"])
    #expect(stopped.exitCode == 85, "\(stopped.transcript)")
    // The teachers are in the run's configuration.
    let resumed = try akuru(ranks: 3, ["train", "--run-dir", workshop.path("stopped"), "--resume"])
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    #expect(try workshop.checkpoints("stopped")["step-00000012.safetensors"] == one)
  }

  @Test func aResumedRunKeepsItsTeachers() throws {
    let workshop = try makeWorkshop()
    let run = workshop.training(
      Self.student, "run", ["--max-steps", "4", "--schedule", "constant", "--teacher", workshop.path("a")])
    #expect(try akuru(ranks: 2, run).exitCode == 0)
    let resumed = ["train", "--run-dir", workshop.path("run"), "--resume", "--max-steps", "6"]
    for ranks in [1, 2] {
      expectFailure(
        try akuru(ranks: ranks, resumed + ["--teacher", workshop.path("b")]), 2,
        ["--teacher", "other models than those"])
      expectFailure(
        try akuru(ranks: ranks, resumed + ["--teacher-share", "0.7"]), 2, ["--teacher-share 0.7 contradicts", "(0.5)"])
    }
    try FileManager.default.moveItem(atPath: workshop.path("a"), toPath: workshop.path("moved"))
    expectFailure(try akuru(ranks: 2, resumed), 2, [workshop.path("a")])
    #expect(try akuru(ranks: 2, resumed + ["--teacher", workshop.path("moved")]).exitCode == 0)
    try workshop.train(Self.student, "plain", ["--max-steps", "4"])
    expectFailure(
      try akuru(
        ranks: 2, ["train", "--run-dir", workshop.path("plain"), "--resume", "--teacher", workshop.path("moved")]), 2,
      ["--teacher contradicts", "has no teacher"])
  }

  @Test func aTeacherThatDoesNotFitIsRefused() throws {
    let workshop = try makeWorkshop()
    let teacher = ["--teacher", workshop.path("a"), "--max-steps", "2"]
    let cases: [([String], Int32, [String])] = [
      (["--model", "[1,32,0,1 Cl3,3,4 Mp2,2 Mp16,1 Lbx8 O1c]"] + teacher, 2, ["time steps there", "the same pools"]),
      (["--model", "[1,24,0,1 Cl3,3,4 Mp2,2 Mp2,2 Lbx8 O1c]"] + teacher, 2, ["32 pixels high", "the run 24"]),
      (Self.student + teacher + ["--line-normalizer", "none"], 2, ["prepared in another way"]),
      (Self.student + teacher + ["--normalize", "nfd"], 2, ["another policy"]),
      (Self.student + teacher + ["--teacher-share", "0"], 2, ["--teacher-share 0", "above 0"]),
      (Self.student + teacher + ["--teacher-share", "1.01"], 2, ["--teacher-share 1.01", "at most 1"]),
      (Self.student + ["--max-steps", "2", "--teacher-share", "0.5"], 2, ["--teacher-share goes with --teacher only"]),
      (
        Self.student + ["--max-steps", "2", "--teacher", "\(workshop.path("a")),"], 2,
        ["--teacher", "separated by commas"]
      ),
      (Self.student + ["--max-steps", "2", "--teacher", workshop.path("none")], 2, [workshop.path("none")]),
    ]
    for (options, status, parts) in cases {
      for ranks in [1, 2] {
        expectFailure(try akuru(ranks: ranks, workshop.training(options, "refused")), status, parts)
      }
    }
  }
}
