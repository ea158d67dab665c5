import Foundation
import TestSupport
import Testing

/// Training on several machines, which one machine plays (`AKURU_MACHINES`): within each, sums go through shared memory,
/// between them in messages.
@Suite struct MachinesTests {
  /// Machines of the same name cannot have caches of their own.
  private let arguments = ["--max-steps", "30", "--cache", "none"]

  private func train(
    _ workshop: Workshop, _ run: String, ranks: Int, machines: Int, _ more: [String] = []
  ) throws -> ProcessResult {
    let result = try akuru(
      ranks: ranks, workshop.training(Recipes.akuru, run, arguments + more),
      environment: ["AKURU_MACHINES": "\(machines)"])
    try #require(result.exitCode == 0, "\(result.transcript)")
    return result
  }

  /// One rank each; two each; two and one; and a rank without micro-batches.
  @Test(arguments: [(ranks: 2, machines: 2), (4, 2), (3, 2), (5, 3)])
  func anySpreadGivesTheSameCheckpoints(ranks: Int, machines: Int) throws {
    let workshop = try Workshop()
    let result = try train(workshop, "run", ranks: ranks, machines: machines)
    #expect(result.stderr.contains("the weights get the same bits on any number of ranks"), "\(result.transcript)")
    #expect(try workshop.checkpoints("run") == TrainingBitsTests.reference.get().checkpoints)
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// Rounded between machines: other bits than exact sums have, but the same each time.
  @Test func floatsGiveTheSameOnTheSameRanks() throws {
    let workshop = try Workshop()
    for run in ["one", "two"] {
      let result = try train(workshop, run, ranks: 3, machines: 2, ["--reduce", "float"])
      for part in ["from run to run with the same ranks on the same machines", "not with other numbers of ranks"] {
        #expect(result.stderr.contains(part), "\(result.transcript)")
      }
      let configuration = try String(contentsOfFile: workshop.path("\(run)/config.json"), encoding: .utf8)
      #expect(configuration.contains("\"reduce\" : \"float\""), "\(configuration)")
      #expect(configuration.contains("\"promise\" : \"the same bits on every rank and from run to run"))
    }
    #expect(try workshop.checkpoints("one") == workshop.checkpoints("two"))
    let (steps, exact) = (try workshop.metrics("one", "step"), try TrainingBitsTests.reference.get().steps)
    #expect(steps != exact)
    #expect(zip(steps, exact).allSatisfy { abs($0.loss - $1.loss) < 0.1 }, "but nearly the same losses")
  }

  @Test func floatsChangeNothingOnOneMachine() throws {
    let workshop = try Workshop()
    let result = try train(workshop, "run", ranks: 2, machines: 1, ["--reduce", "float"])
    for part in ["--reduce float changes nothing here", "the weights get the same bits on any number of ranks"] {
      #expect(result.stderr.contains(part), "\(result.transcript)")
    }
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// Without room in shared memory every rank would round its sums: other bits than what was promised.
  @Test(.enabled(if: HostNamespaces.isAvailable, "a small /dev/shm needs root and CAP_SYS_ADMIN"))
  func floatsWantSharedMemory() throws {
    let workshop = try Workshop()
    func go(_ run: String, _ more: [String]) throws -> ProcessResult {
      let training = workshop.training(Recipes.akuru, run, arguments + more)
      let small = "mount -t tmpfs -o size=16k tmpfs /dev/shm && exec \"$@\""
      return try TestSupport.run(
        "/usr/bin/unshare",
        ["--mount", "/bin/sh", "-c", small, "-", "mpirun", "-n", "3", "--mca", "btl", "self,tcp"]
          + ["--oversubscribe", "--bind-to", "none", try product("akuru")] + training,
        environment: mpiEnvironment.merging(["AKURU_MACHINES": "2"]) { $1 }, timeout: 60)
    }
    let refused = try go("float", ["--reduce", "float"])
    let message = "akuru: --reduce float: the ranks of a machine find no room in shared memory (/dev/shm)"
    #expect(refused.exitCode == 2, "\(refused.transcript)")
    #expect(refused.stderr.components(separatedBy: message).count == 2, "once: \(refused.transcript)")
    let exact = try go("exact", [])
    #expect(exact.exitCode == 0 && exact.stderr.contains("warning: no room in shared memory"), "\(exact.transcript)")
    try TrainingBitsTests().expectReference(workshop, "exact")
  }

  @Test func aChangeOfWhatIsPromisedIsSaid() throws {
    let workshop = try Workshop()
    func go(_ steps: Int, _ more: [String]) throws -> String {
      try train(workshop, "run", ranks: 2, machines: 2, ["--schedule", "constant", "--max-steps", "\(steps)"] + more)
        .stderr
    }
    let warning = "warning: resuming with"
    #expect(try !go(2, []).contains(warning))
    #expect(try !go(3, ["--resume"]).contains(warning))
    #expect(try go(4, ["--resume", "--reduce", "float"]).contains("\(warning) --reduce float a run of exact sums"))
    // From now on it is a run that was rounded.
    #expect(try !go(5, ["--resume", "--reduce", "float"]).contains(warning))
    let last = try go(6, ["--resume", "--reduce", "exact"])
    #expect(last.contains("\(warning) exact sums a run that had steps with"), "\(last)")
    #expect(last.contains("not with other numbers of ranks"), "\(last)")
    expectFailure(
      try akuru(workshop.training(Recipes.akuru, "other", ["--max-steps", "1", "--reduce", "double"])), 2,
      ["--reduce double: it is one of exact, float"])
  }
}
