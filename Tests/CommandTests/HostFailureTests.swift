import Foundation
import TestSupport
import Testing

/// `Launch/akuru-run` on several machines, some of which fail.
@Suite(.enabled(if: HostNamespaces.isAvailable, "network namespaces need root and CAP_SYS_ADMIN"), .serialized)
struct HostFailureTests {
  func supervisor(
    _ machines: HostNamespaces, _ lines: [String], _ arguments: [String], fault: String = ""
  ) throws -> Supervisor {
    try Supervisor(
      ["--hostfile", machines.hostfile(lines), "--agent", machines.agent], arguments,
      environment: machines.environment.merging(["AKURU_FAULT": fault]) { $1 }, launcher: machines.launcher)
  }

  /// Waits until there are `count` ranks on a machine and the file `awaited` exists, and returns the ranks.
  func ranks(
    _ count: Int, on host: String, _ machines: HostNamespaces, _ supervisor: Supervisor, until awaited: String
  ) throws -> [Int32] {
    var ranks: [Int32] = []
    let found = try waitUntil(60) {
      guard FileManager.default.fileExists(atPath: awaited) else { return false }
      ranks = try machines.ranks(on: host, beside: supervisor.process)
      return ranks.count == count
    }
    if !found { throw NotRunning(description: "no \(count) ranks on \(host): \(supervisor.process.stderr)") }
    return ranks
  }

  /// Four machines come to the bits of one process, with work that follows their speed as well.
  @Test(arguments: ["static", "adaptive"]) func fourMachinesGiveTheSameBits(balance: String) throws {
    let (workshop, machines) = (try Workshop(), HostNamespaces())
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30", "--balance", balance])
    let result = try supervisor(machines, (1...4).map { "n\($0) slots=1" }, arguments).process.wait(timeout: 60)
    #expect(result.exitCode == 0 && result.stderr.contains("on 4 ranks"), "\(result.transcript)")
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// A machine on which ranks die twice is left out; the others go on to the same bits. Rank 0 pauses where they die, so that the run is
  /// not over before.
  @Test func aMachineThatFailsTwiceIsLeftOut() throws {
    let (workshop, machines) = (try Workshop(), HostNamespaces())
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "3"])
    let supervisor = try supervisor(
      machines, ["n1 slots=1", "n2 slots=2 # bad"], arguments, fault: "0:4:step:sleep=5,0:13:step:sleep=5")
    for step in [3, 12] {
      let ranks = try ranks(2, on: "n2", machines, supervisor, until: workshop.checkpoint("run", step: step))
      kill(ranks[0], SIGKILL)
      expectGone(ranks, within: 5)
    }
    let result = try supervisor.process.wait(timeout: 60)
    #expect(result.exitCode == 0, "\(result.transcript)")
    for part in ["n2 failed twice; going on without it", "restart 1 on 3 ranks", "on 1 ranks"] {
      #expect(result.stderr.contains(part), "\(result.transcript)")
    }
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// A machine whose network is cut is noticed, and left out because it does not answer.
  @Test func aMachineThatIsCutOffIsLeftOut() throws {
    let (workshop, machines) = (try Workshop(), HostNamespaces())
    let arguments = workshop.training(
      Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "3", "--stall-timeout", "6"])
    let supervisor = try supervisor(machines, (1...4).map { "n\($0) slots=1" }, arguments, fault: "0:4:step:sleep=3")
    let ranks = try ranks(1, on: "n2", machines, supervisor, until: workshop.checkpoint("run", step: 3))
    try machines.cut("n2", beside: supervisor.process)
    let result = try supervisor.process.wait(timeout: 90)
    #expect(result.exitCode == 0, "\(result.transcript)")
    for part in ["n2 does not answer", "restart 1 on 3 ranks"] {
      #expect(result.stderr.contains(part), "\(result.transcript)")
    }
    expectGone(ranks, within: 5)
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// 32 ranks on 16 machines, which exchange gradients recursively; one machine is cut off. The bits are those of one process.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["AKURU_MANY_MACHINES"] != nil, "Launch/test --cluster"))
  func sixteenMachinesLoseOne() throws {
    let (workshop, machines) = (try Workshop(train: 256), HostNamespaces(16))
    let recipe = [
      "--height", "32", "--batch-size", "64", "--micro-batch", "2", "--max-steps", "12", "--checkpoint-every", "3",
    ]
    let arguments = workshop.training(recipe, "run", ["--stall-timeout", "40"])
    let hosts = (1...16).map { "n\($0) slots=2" }
    let supervisor = try supervisor(machines, hosts, arguments, fault: "0:4:step:sleep=15")
    let ranks = try ranks(2, on: "n9", machines, supervisor, until: workshop.checkpoint("run", step: 3))
    try machines.cut("n9", beside: supervisor.process)
    let result = try supervisor.process.wait(timeout: 400)
    #expect(result.exitCode == 0, "\(result.transcript)")
    for part in ["on 32 ranks", "n9 does not answer", "restart 1 on 30 ranks"] {
      #expect(result.stderr.contains(part), "\(result.transcript)")
    }
    expectGone(ranks, within: 5)
    try workshop.train(recipe, "one", [])
    let last = "step-00000012.safetensors"
    #expect(try workshop.checkpoints("run")[last] == workshop.checkpoints("one")[last])
  }

  @Test func aMachineThatDoesNotAnswerIsLeftOutFromTheStart() throws {
    let (workshop, machines) = (try Workshop(), HostNamespaces())
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30"])
    let supervisor = try supervisor(machines, ["n1 slots=1", "n9 slots=2", "n3 slots=1"], arguments)
    let result = try supervisor.process.wait(timeout: 60)
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stderr.contains("akuru-run: n9 does not answer"), "\(result.transcript)")
    #expect(result.stderr.contains("on 2 ranks"), "\(result.transcript)")
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  /// Machines with different CPUs use the kernels that both have; a run goes on with those that it began with.
  @Test(
    arguments: [
      (["Cooperlake", "Haswell"], nil, "Haswell"), (["SkylakeX", "Cooperlake"], nil, "SkylakeX"),
      (["Zen", "Haswell"], nil, "Haswell"), (["Cooperlake", "Cooperlake"], "Haswell", "Haswell"),
      (["Haswell", "Cooperlake"], "Cooperlake", "Haswell"),
    ] as [([String], String?, String)])
  func allMachinesUseTheSameKernels(cores: [String], began: String?, expected: String) throws {
    let (folder, machines) = (try TemporaryDirectory(), HostNamespaces())
    let program = try FakeProgram(
      "echo kernels $OPENBLAS_CORETYPE",
      version: "[ $(hostname) = n1 ] && echo Core: \(cores[0]) || echo Core: \(cores[1])")
    if let began { try GlyphData.write([#"{"identity": {"blasCore": "\#(began)"}}"#], to: folder.file("config.json")) }
    let result = try Supervisor(
      ["--hostfile", machines.hostfile(["n1 slots=1", "n2 slots=1"]), "--agent", machines.agent],
      program: program.path, ["train", "--run-dir", folder.path], environment: ["OPENBLAS_CORETYPE": ""],
      launcher: machines.launcher
    ).process.wait(timeout: 30)
    #expect(result.stdout == "kernels \(expected)\nkernels \(expected)\n", "\(result.transcript)")
  }
}
