import Foundation
import TestSupport
import Testing

/// `Launch/akuru-run` on one machine.
@Suite struct SupervisorTests {
  static let quick = ["OMPI_MCA_odls_base_sigkill_timeout": "0"]

  @Test(arguments: [0, 2, 3, 4, 5, 85, 87, 88] as [Int32])
  func passesOnWhatARestartWouldNotMend(status: Int32) throws {
    let program = try FakeProgram("exit \(status)")
    let result = try Supervisor(
      ["--ranks", "1"], program: program.path, ["train", "--seed", "3"], environment: Self.quick
    ).process.wait(timeout: 30)
    #expect(result.exitCode == status, "\(result.transcript)")
    #expect(program.starts == ["train --seed 3"])
  }

  /// Restarts until the given number of them, and ends with the job's status.
  @Test(
    arguments: [("exit 86", 86), ("kill -ABRT $$", 134), ("kill -KILL $$", 137), ("kill -SEGV $$", 139)]
      as [(String, Int32)])
  func restartsOtherwise(script: String, status: Int32) throws {
    let program = try FakeProgram(script)
    let result = try Supervisor(
      ["--ranks", "1", "--max-restarts", "2"], program: program.path, ["train", "--seed", "3"], environment: Self.quick
    ).process.wait(timeout: 60)
    #expect(result.exitCode == status, "\(result.transcript)")
    #expect(program.starts == ["train --seed 3", "train --seed 3 --resume", "train --seed 3 --resume"])
    for part in ["the job ended with status \(status)", "restart 2 on 1 ranks", "giving up after 2 restarts"] {
      #expect(result.stderr.contains("akuru-run: \(part)"), "\(result.transcript)")
    }
  }

  /// Files of Open MPI, MPICH, PBS and LSF.
  @Test(arguments: [
    ("n1 slots=2\nn2", "n1 n2/2 1"), ("n1:4\nn2:12 # big", "n1 n2/4 12"), ("a\na\nb\na\nb\n\n", "a b/3 2"),
    ("n1 3\nn1 slots=2", "n1/5"),
  ])
  func readsHostfilesOfAllKinds(lines: String, expected: String) throws {
    let folder = try TemporaryDirectory()
    try Data(lines.utf8).write(to: URL(fileURLWithPath: folder.file("hosts")))
    let script = #"set -euo pipefail; . "$0/machines"; hostfile=$1; read_hostfile; echo "${hosts[*]}/${slots[*]}""#
    let result = try run("bash", ["-c", script, SupervisorStringsTests.folder, folder.file("hosts")])
    #expect(result.exitCode == 0 && result.stdout == expected + "\n", "\(result.transcript)")
  }

  /// The next start is without the machine of a rank with wrong numbers, and from a checkpoint before them; there is none without one.
  @Test(arguments: [["00000200", "00000250"], ["00000250"]]) func leavesOutAMachineWithWrongNumbers(steps: [String])
    throws
  {
    let (folder, program) = (try TemporaryDirectory(), try FakeProgram("exit 0"))
    let said =
      "akuru: rank 1 on n2: computed wrong numbers in step 300, go on with --resume from a checkpoint up to step 200, without"
    for (name, lines) in [
      ("agent", ["#!/bin/sh", "shift", #"exec sh -c "$*""#]),
      (
        "mpirun",
        [
          "#!/bin/bash", #"while [ "$1" != --hostfile ]; do shift; done"#, #"tr '\n' ' ' <"$2" >>"$0.log""#,
          #"[ ! -e "$0.once" ] || exit 0"#, #"touch "$0.once""#, "echo '\(said)' >&2", "exit 5",
        ]
      ),
    ] {
      try GlyphData.write(lines, to: folder.file(name))
      try #require(chmod(folder.file(name), 0o755) == 0)
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("run/checkpoints"), withIntermediateDirectories: true)
    for step in steps {
      try Data().write(to: URL(fileURLWithPath: folder.file("run/checkpoints/step-\(step).safetensors")))
    }
    try GlyphData.write(
      [#"{"__metadata__":{"cursor":"{\"best\":{\"cer\":0.1,\"step\":240},\"step\":240}"}}"#],
      to: folder.file("run/checkpoints/best.safetensors"))
    try GlyphData.write(["n1 slots=1", "n2 slots=1"], to: folder.file("machines"))
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let result = try Supervisor(
      ["--hostfile", folder.file("machines"), "--agent", folder.file("agent")], program: program.path,
      ["train", "--run-dir", folder.file("run")],
      environment: ["PATH": "\(folder.path):\(path)", "OPENBLAS_CORETYPE": "Haswell"]
    ).process.wait(timeout: 60)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("run/checkpoints")).sorted()
    let used = try String(contentsOfFile: folder.file("mpirun.log"), encoding: .utf8)
    guard steps.count == 2 else {
      #expect(
        result.exitCode == 5 && result.stderr.contains("no checkpoint up to step 200 is left"), "\(result.transcript)")
      #expect(files == ["best.safetensors.wrong", "step-00000250.safetensors.wrong"])
      return #expect(used == "n1 slots=1 n2 slots=1 ")
    }
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stderr.contains("n2 failed twice; going on without it"), "\(result.transcript)")
    #expect(used == "n1 slots=1 n2 slots=1 n1 slots=1 ")
    #expect(files == ["best.safetensors.wrong", "step-00000200.safetensors", "step-00000250.safetensors.wrong"])
  }

  /// Open MPI 4 and 5 have other names for the command that reaches a machine.
  @Test func tellsEveryOpenMPIHowToReachMachines() throws {
    let (folder, program) = (try TemporaryDirectory(), try FakeProgram("exit 0"))
    try GlyphData.write(
      ["#!/bin/sh", #"echo "agents: $OMPI_MCA_plm_rsh_agent, $PRTE_MCA_plm_ssh_agent" >&2"#], to: folder.file("mpirun"))
    try #require(chmod(folder.file("mpirun"), 0o755) == 0)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let result = try Supervisor(
      ["--ranks", "1", "--agent", "my agent"], program: program.path, ["train"],
      environment: ["PATH": "\(folder.path):\(path)"]
    ).process.wait(timeout: 30)
    #expect(result.exitCode == 0 && result.stderr.contains("agents: my agent, my agent\n"), "\(result.transcript)")
  }

  @Test(arguments: [
    (["train"], ["--ranks", "0"], "--ranks 0: must be a whole number"),
    (["train"], ["--ranks"], "--ranks train: must be a whole number"),
    (["train"], ["--frobnicate"], "--frobnicate: unknown"),
    (["train"], ["--hostfile", "/nowhere/hosts"], "/nowhere/hosts: no such file"),
    (["train"], ["--program", "/nowhere/akuru"], "/nowhere/akuru: no such program"),
    ([], [], "the command is missing"),
    (["evaluate"], [], "evaluate: unknown"),
  ])
  func refusesWhatItDoesNotUnderstand(arguments: [String], options: [String], message: String) throws {
    let result = try Supervisor(options, arguments).process.wait(timeout: 30)
    #expect(result.exitCode == 2, "\(result.transcript)")
    #expect(result.stderr.hasPrefix("akuru-run: \(message)"), "\(result.transcript)")
    #expect(result.stderr.split(separator: "\n").count == 1)
  }

  /// JSON may write a slash and every letter as an escape; the run has its lock and its log all the same.
  @Test(arguments: [#"runs\/first"#, #"runs\u002ff\u0069rst"#])
  func readsTheRunDirectoryOfAConfiguration(name: String) throws {
    let (program, folder) = (try FakeProgram("exit 0"), try TemporaryDirectory())
    try GlyphData.write([#"{"runDir": "\#(folder.path)/\#(name)"}"#], to: folder.file("options.json"))
    let arguments = ["train", "--config", folder.file("options.json")]
    for status in [0, 4] as [Int32] {
      let result = try Supervisor(["--ranks", "1"], program: program.path, arguments).process.wait(timeout: 30)
      #expect(result.exitCode == status, "\(result.transcript)")
      let log = open(folder.file("runs/first/akuru-run.log"), O_RDWR)
      try #require(log >= 0)
      // The second supervisor finds the lock taken.
      if status == 0 { #expect(flock(log, LOCK_EX | LOCK_NB) == 0) }
    }
    #expect(program.starts.count == 1)
  }

  /// What the supervisor must know of a run and cannot read ends it, before a job runs without lock, log or its kernels.
  @Test func doesNotGoOnWithoutWhatItCannotRead() throws {
    let (program, folder) = (try FakeProgram("exit 0"), try TemporaryDirectory())
    let options = folder.file("options.json")
    func expectRefusal(_ arguments: [String], _ message: String) throws {
      let result = try Supervisor(
        ["--ranks", "1"], program: program.path, ["train"] + arguments, environment: ["OPENBLAS_CORETYPE": ""]
      ).process.wait(timeout: 30)
      #expect(result.exitCode == 2 && result.stderr == "akuru: \(message)\n", "\(result.transcript)")
    }
    try expectRefusal(["--config", options], "\(options): cannot be read: No such file or directory")
    for text in ["", "[]", #"{"runDir": "#] {
      try GlyphData.write([text], to: options)
      try expectRefusal(["--config=\(options)"], "\(options): is not a JSON object")
    }
    try GlyphData.write([#"{"runDir": "a\u000ab"}"#], to: options)
    try expectRefusal(["--config", options], "\(options): runDir has a line break or a NUL")
    #expect(program.starts == [])
  }

  @Test func doesNotGoOnWithoutTheKernelsOfTheRun() throws {
    let (program, folder) = (try FakeProgram("exit 0", version: "echo Core: Zen"), try TemporaryDirectory())
    try GlyphData.write(["no JSON"], to: folder.file("config.json"))
    let result = try Supervisor(
      ["--ranks", "1"], program: program.path, ["train", "--run-dir", folder.path],
      environment: ["OPENBLAS_CORETYPE": ""]
    ).process.wait(timeout: 30)
    #expect(result.exitCode == 2, "\(result.transcript)")
    #expect(
      result.stderr.contains("akuru: \(folder.file("config.json")): is not a JSON object"), "\(result.transcript)")
    #expect(program.starts == [])
  }

  /// The short names are links; they work from any folder, and so does a link to a link.
  @Test(arguments: ["akuru-run", "quickstart", "test"]) func theShortNamesWorkFromAnyFolder(name: String) throws {
    let folder = try TemporaryDirectory()
    let command = URL(fileURLWithPath: Supervisor.path).deletingLastPathComponent().appendingPathComponent(name).path
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: command)
    for path in [command, folder.file("link")] {
      let result = try run(path, [name == "test" ? "--list" : "--help"], directory: folder.path, timeout: 10)
      #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
      #expect(result.stdout.contains(name == "test" ? "--quick" : "Usage: Launch/\(name) "), "\(result.transcript)")
    }
  }

  enum Victim: CaseIterable { case rank, mpirun }

  @Test(arguments: Victim.allCases) func goesOnAfterAKill(_ victim: Victim) throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "7"])
    let supervisor = try Supervisor(["--ranks", "3"], arguments)
    let job = try supervisor.job(ranks: 3, until: workshop.checkpoint("run", step: 7))
    kill(victim == .rank ? job.ranks[1] : job.mpirun, SIGKILL)
    expectGone(job.ranks, within: 5)
    let result = try supervisor.process.wait(timeout: 60)
    #expect(result.exitCode == 0, "\(result.transcript)")
    #expect(result.stderr.contains("akuru-run: the job ended with status 137"), "\(result.transcript)")
    #expect(result.stderr.contains("going on from \(workshop.path("run/checkpoints/step-"))"), "\(result.transcript)")
    try TrainingBitsTests().expectReference(workshop, "run")
    let log = try String(contentsOfFile: workshop.path("run/akuru-run.log"), encoding: .utf8)
    #expect(log.contains("the job ended with status 137") && log.contains("restart 1 on 3 ranks"), "\(log)")
  }

  /// Nothing outlives the supervisor, not even a rank that is stopped, and another one can take over at once.
  @Test func theNextSupervisorTakesOverFromOneThatWasKilled() throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "30", "--checkpoint-every", "7"])
    let first = try Supervisor(["--ranks", "2"], arguments)
    let job = try first.job(ranks: 2, until: workshop.checkpoint("run", step: 7))
    kill(job.ranks[0], SIGSTOP)
    first.process.send(signal: SIGKILL)
    let second = try Supervisor(["--ranks", "1"], arguments + ["--resume"])
    expectGone(job.ranks + [job.mpirun], within: 5)
    _ = try first.process.wait(timeout: 5)
    let result = try second.process.wait(timeout: 60)
    #expect(result.exitCode == 0, "\(result.transcript)")
    try TrainingBitsTests().expectReference(workshop, "run")
  }

  @Test(arguments: [SIGUSR1, SIGTERM, SIGINT]) func aSignalStopsAfterACheckpoint(signal: Int32) throws {
    let workshop = try Workshop()
    let arguments = workshop.training(Recipes.akuru, "run", ["--max-steps", "1000", "--checkpoint-every", "7"])
    let supervisor = try Supervisor(["--ranks", "2"], arguments)
    let job = try supervisor.job(ranks: 2, until: workshop.checkpoint("run", step: 7))
    supervisor.process.send(signal: signal)
    let result = try supervisor.process.wait(timeout: 30)
    #expect(result.exitCode == 85, "\(result.transcript)")
    #expect(result.stderr.contains("stopping after a checkpoint"), "\(result.transcript)")
    #expect(!result.stderr.contains("restart"), "\(result.transcript)")
    expectGone(job.ranks, within: 5)
    let last = try #require(try workshop.metrics("run", "step").last).step
    #expect(FileManager.default.fileExists(atPath: workshop.checkpoint("run", step: last)))
  }

  /// A job that does not listen is ended by the second signal, and not started again.
  @Test func theSecondSignalStopsNow() throws {
    let program = try FakeProgram("trap '' USR1 TERM; while :; do sleep 0.1; done")
    let supervisor = try Supervisor(["--ranks", "2"], program: program.path, ["train"])
    #expect(waitUntil(30) { program.starts.count == 2 })
    for message in ["stopping after a checkpoint", "stopping now"] {
      usleep(600_000)
      supervisor.process.send(signal: SIGTERM)
      #expect(waitUntil(10) { supervisor.process.stderr.contains(message) })
    }
    let result = try supervisor.process.wait(timeout: 30)
    #expect(result.exitCode == 85, "\(result.transcript)")
    #expect(program.starts.count == 2)
    let left = try run("pgrep", ["-f", program.path])
    #expect(left.stdout == "", "\(left.transcript)")
  }

  @Test func twoSupervisorsDoNotShareARun() throws {
    let program = try FakeProgram("sleep 60")
    let folder = try TemporaryDirectory()
    let arguments = ["train", "--run-dir", folder.file("run")]
    let first = try Supervisor(["--ranks", "1"], program: program.path, arguments)
    #expect(waitUntil(30) { program.starts.count == 1 })
    let second = try Supervisor(["--ranks", "1"], program: program.path, arguments).process.wait(timeout: 30)
    #expect(second.exitCode == 4, "\(second.transcript)")
    #expect(second.stderr.contains("is being written by another akuru-run"), "\(second.transcript)")
    // The program does not know SIGUSR1, so that the first signal ends it.
    for _ in 1...2 {
      first.process.send(signal: SIGTERM)
      usleep(600_000)
    }
    #expect(try first.process.wait(timeout: 30).exitCode == 85)
  }
}
