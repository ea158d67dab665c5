import Checkpoints
import Foundation
import TestSupport
import Testing

/// Deaths asked for by `AKURU_FAULT`: how the job ends, and that nothing is lost.
@Suite struct FaultTests {
  struct Death: Sendable, CustomTestStringConvertible {
    let fault: String
    let status: Int32
    /// What the supervisor says of it.
    let cause: String
    var testDescription: String { fault }
  }

  static let deaths: [Death] = [
    Death(fault: "0:0:start:segv", status: 139, cause: "rank 0 on [^ ]+ ended on signal 11"),
    Death(fault: "1:0:audit:kill", status: 137, cause: "rank 1 on [^ ]+ ended on signal 9"),
    Death(fault: "1:0:cache:abort", status: 134, cause: "rank 1 on [^ ]+ ended on signal 6"),
    Death(fault: "1:9:load:segv", status: 139, cause: "rank 1 on [^ ]+ ended on signal 11"),
    Death(fault: "0:9:step:exit=7", status: 7, cause: "rank 0 ended with status 7"),
    Death(fault: "1:9:reduce:abort", status: 134, cause: "rank 1 on [^ ]+ ended on signal 6"),
    Death(fault: "0:12:evaluate:kill", status: 137, cause: "rank 0 on [^ ]+ ended on signal 9"),
    Death(fault: "0:12:checkpoint:segv", status: 139, cause: "rank 0 on [^ ]+ ended on signal 11"),
    Death(fault: "1:30:end:kill", status: 137, cause: "rank 1 on [^ ]+ ended on signal 9"),
    Death(fault: "1:9:step:stop", status: 86, cause: "rank 1 ended with status 86|rank 0 ended with status 86"),
  ]

  /// The job ends with the right status, says which rank died of what, leaves no process, and goes on to the same bits.
  @Test(arguments: deaths)
  func aDeathIsNamedAndMended(_ death: Death) throws {
    let workshop = try Workshop()
    // The other rank must not end itself before mpirun, on a busy machine, has said who died.
    let arguments = workshop.training(
      Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "3", "--stall-timeout", "5"])
    let died = try Supervisor(
      ["--ranks", "2", "--max-restarts", "0"], arguments,
      environment: ["AKURU_FAULT": death.fault, "SWIFT_BACKTRACE": "enable=no"]
    ).process.wait(timeout: 60)
    #expect(died.exitCode == death.status, "\(died.transcript)")
    let said = try Regex("akuru-run: the job ended with status \(death.status): (\(death.cause))")
    #expect(died.stderr.firstMatch(of: said) != nil, "\(died.transcript)")
    let gone = try waitUntil(5) { try run("pgrep", ["-f", workshop.path("run")]).stdout.isEmpty }
    #expect(gone, "processes are left")

    let resumed = try Supervisor(["--ranks", "3"], arguments + ["--resume"]).process.wait(timeout: 60)
    #expect(resumed.exitCode == 0, "\(resumed.transcript)")
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// Killed before each creation, write, flush, rename and removal of a checkpoint's files, one boundary after the other,
  /// each in the next step: what has a checkpoint's name is whole, there is one, and the run goes on to the same bits.
  @Test func aGoodCheckpointRemainsAtEveryBoundary() throws {
    let workshop = try Workshop()
    let recipe = Recipes.seed + ["--max-steps", "120", "--checkpoint-every", "1"]
    try workshop.train(recipe, "reference", ["--keep", "1000"])
    let reference = try workshop.checkpoints("reference")
    var boundary = 0
    while true {
      let killed = try run(
        product("akuru"), workshop.training(recipe, "run", ["--keep", "2", "--resume"]),
        environment: ["AKURU_FAULT": "0:\(boundary + 2):checkpoint@\(boundary):kill"])
      if killed.exitCode == 0 { break }
      try #require(killed.exitCode == 128 + SIGKILL, "boundary \(boundary): \(killed.transcript)")
      let files = try workshop.checkpoints("run").filter { !$0.key.hasPrefix(".") }
      #expect(files.keys.contains { $0.hasPrefix("step-") }, "boundary \(boundary): \(files.keys)")
      for (name, bytes) in files {
        _ = try Checkpoint.read(workshop.path("run/checkpoints/\(name)"))
        if name.hasPrefix("step-") { #expect(bytes == reference[name], "boundary \(boundary): \(name) differs") }
      }
      boundary += 1
    }
    // Creation, a write, the flush, the rename, the flush of the folder, the removal of an old one.
    #expect((6..<110).contains(boundary), "\(boundary) boundaries")
    try expectEnd("run", of: workshop, reference)

    // A call that fails costs the checkpoint, not the run.
    let faults = (0..<boundary).map { "0:\($0 + 2):checkpoint@\($0):eio" }.joined(separator: ",")
    let failing = try run(
      product("akuru"), workshop.training(recipe, "failing", ["--keep", "2"]), environment: ["AKURU_FAULT": faults])
    #expect(failing.exitCode == 0, "\(failing.transcript)")
    // Some had nothing to remove, after checkpoints that failed.
    let warnings = failing.stderr.split(separator: "\n").filter { $0.contains("Input/output error") }
    #expect(warnings.count >= boundary - 4, "\(failing.transcript)")
    try expectEnd("failing", of: workshop, reference)
  }

  private func expectEnd(_ run: String, of workshop: Workshop, _ reference: [String: Data]) throws {
    let files = try workshop.checkpoints(run)
    for name in ["step-00000120.safetensors", "best.safetensors"] {
      #expect(files[name] == reference[name] && files[name] != nil, "\(name) of \(run) differs")
    }
  }
}
