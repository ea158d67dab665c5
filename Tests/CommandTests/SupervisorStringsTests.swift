import Foundation
import Instrumentation
import Messages
import TestSupport
import Testing

/// `Launch/cluster/supervisor/strings`: each entry is what Open MPI, OpenBLAS or Akuru really writes.
@Suite struct SupervisorStringsTests {
  static let folder = URL(fileURLWithPath: Supervisor.path)
    .deletingLastPathComponent().appendingPathComponent("cluster/supervisor").path

  /// The entries with a test below.
  static let tested: Set = [
    "mpirun_line", "mpirun_killed", "mpirun_wrapped", "mpirun_exited_rank", "mpirun_exited_status", "mpirun_lost",
    "mpirun_vague",
    "mpirun_harmless", "openblas_core", "akuru_error", "akuru_rank", "akuru_wrong", "akuru_audited", "disagree_status",
    "akuru_stalled", "akuru_culprit", "akuru_locked",
    "checkpoint_step", "locked_status", "final_statuses", "stopped_status", "one_signal",
  ]

  /// What bash makes of an entry.
  private func entry(_ name: String) throws -> String {
    let result = try run(
      "bash", ["-c", #". "$0/strings"; declare -n entry=$1; echo "${entry[*]}""#, Self.folder, name])
    try #require(result.exitCode == 0 && result.stdout.count > 1, "\(name): \(result.transcript)")
    return String(result.stdout.dropLast())
  }

  /// The lines of `text` with a match of an entry.
  private func lines(_ text: String, _ name: String) throws -> [String] {
    let pattern = try Regex(try entry(name))
    return text.split(separator: "\n").map(String.init).filter { $0.firstMatch(of: pattern) != nil }
  }

  /// What a function of the supervisor makes of the messages of mpirun and akuru.
  private func ask(_ function: String, mpirun: String = "", akuru: String = "") throws -> String {
    let scratch = try TemporaryDirectory()
    try Data(mpirun.utf8).write(to: URL(fileURLWithPath: scratch.file("mpirun")))
    try Data(akuru.utf8).write(to: URL(fileURLWithPath: scratch.file("akuru")))
    let script = #"set -euo pipefail; . "$0/strings"; . "$0/machines"; scratch=$1; \#(function)"#
    let result = try run("bash", ["-c", script, Self.folder, scratch.path])
    #expect(result.exitCode == 0 && result.stderr == "", "\(result.transcript)")
    return result.stdout
  }

  /// Starts a shell command under mpirun, which explains its end when all ranks had started: the script waits for that
  /// before it ends, and is started again when it did not wait long enough on a busy machine.
  private func explained(_ options: [String], _ script: String, _ entry: String) throws -> ProcessResult {
    let environment = mpiEnvironment.merging(
      ["OMPI_MCA_orte_execute_quiet": "0", "OMPI_MCA_odls_base_sigkill_timeout": "0"]
    ) { $1 }
    var result: ProcessResult
    var tries = 0
    repeat {
      result = try run("mpirun", options + ["sh", "-c", script], environment: environment, timeout: 60)
      tries += 1
    } while try lines(result.stderr, entry).isEmpty && tries < 4
    return result
  }

  private let twoRanks = ["-n", "2", "--oversubscribe", "--bind-to", "none"]
  private let host: String = {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }()

  @Test func everyEntryHasATest() throws {
    let text = try String(contentsOfFile: "\(Self.folder)/strings", encoding: .utf8)
    let names = text.matches(of: /(?m)^([a-z_]+)=/).map { String($0.1) }
    #expect(Set(names) == Self.tested && names.count == Self.tested.count)
  }

  // MARK: Open MPI and OpenBLAS

  @Test func mpirunNamesARankThatWasKilled() throws {
    let result = try explained(
      twoRanks, "[ $OMPI_COMM_WORLD_RANK = 0 ] && exec sleep 20 || { sleep 0.5; kill -9 $$; }", "mpirun_killed")
    #expect(result.exitCode == 137, "\(result.transcript)")
    #expect(try lines(result.stderr, "mpirun_killed").count == 1, "\(result.transcript)")
    #expect(try lines(result.stderr, "mpirun_line").count >= 2, "\(result.transcript)")
    #expect(try ask("reasons", mpirun: result.stderr) == "rank 1 on \(host) ended on signal 9 (Killed)\n")
    #expect(try ask("culprits", mpirun: result.stderr) == "\(host)\n")
  }

  @Test func mpirunNamesARankThatEndedWithAStatus() throws {
    let result = try explained(
      twoRanks, "[ $OMPI_COMM_WORLD_RANK = 0 ] && exec sleep 20 || { sleep 0.5; exit 86; }", "mpirun_exited_status")
    #expect(result.exitCode == 86, "\(result.transcript)")
    for name in ["mpirun_exited_rank", "mpirun_exited_status"] {
      #expect(try lines(result.stderr, name).count == 1, "\(name): \(result.transcript)")
    }
    #expect(try lines(result.stderr, "mpirun_vague").count == 2, "\(result.transcript)")
    #expect(try ask("reasons", mpirun: result.stderr) == "rank 1 ended with status 86\n")
    #expect(try ask("culprits", mpirun: result.stderr) == "")
  }

  /// What mpirun 5.0.11 wrote in the same cases.
  @Test func theMessagesOfOpenMPI5AreUnderstood() throws {
    let killed = """
      --------------------------------------------------------------------------
      prterun noticed that process rank 1 with PID 15633 on node n7 exited on
      signal 9 (Killed).
      --------------------------------------------------------------------------
      """
    #expect(try lines(killed, "mpirun_wrapped").count == 1 && lines(killed, "mpirun_line").count == 2)
    #expect(try ask("reasons", mpirun: killed) == "rank 1 on n7 ended on signal 9 (Killed)\n")
    #expect(try ask("culprits", mpirun: killed) == "n7\n")
    let exited = """
      thus causing the job to be terminated. The first process to do so was:

         Process name: [prterun-n7-15638@1,1]
         Exit code:    86
      """
    #expect(try ask("reasons", mpirun: exited + "\n") == "rank 1 ended with status 86\n")
    let lost = """
      PRTE has lost communication with a remote daemon.

        HNP daemon   : [prterun-n0-15688@0,0] on node n0
        Remote daemon: [prterun-n0-15688@0,1] on node n7

      This is usually due to either a failure of the TCP network
      """
    #expect(try ask("reasons", mpirun: lost + "\n") == "the connection to n7 is lost\n")
  }

  /// A daemon of a machine that is not there: a script in place of ssh starts it here.
  @Test func mpirunNamesAMachineThatWasLost() throws {
    let folder = try TemporaryDirectory()
    let agent = folder.file("agent")
    try GlyphData.write(["#!/bin/sh", "shift", #"exec sh -c "$*""#], to: agent)
    try #require(chmod(agent, 0o755) == 0)
    let result = try explained(
      ["--mca", "plm_rsh_agent", agent, "--host", "n9:1", "-n", "1"], "sleep 0.5; kill -9 $PPID; exec sleep 2",
      "mpirun_lost")
    #expect(try lines(result.stderr, "mpirun_lost").count == 1, "\(result.transcript)")
    #expect(try ask("reasons", mpirun: result.stderr) == "the connection to n9 is lost\n")
    #expect(try ask("culprits", mpirun: result.stderr) == "n9\n")
  }

  /// The race is not to be had at will; the message stands in the component of Open MPI.
  @Test func mpirunHasTheHarmlessMessage() throws {
    let information = try run("ompi_info", ["--parsable", "--path", "pkglibdir"], environment: mpiEnvironment)
    let folder = try #require(information.stdout.firstMatch(of: /path:pkglibdir:(\S+)/), "\(information.transcript)").1
    let component = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/mca_plm_rsh.so"))
    #expect(component.range(of: Data(try entry("mpirun_harmless").utf8)) != nil)
  }

  @Test func openBLASNamesItsKernels() throws {
    let result = try akuru(["--version"], environment: ["OPENBLAS_VERBOSE": "2", "OPENBLAS_CORETYPE": "Haswell"])
    #expect(try lines(result.stderr + result.stdout, "openblas_core") == ["Core: Haswell"], "\(result.transcript)")
  }

  // MARK: Akuru

  @Test func akuruNamesARankWithAnError() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try FileManager.default.createSymbolicLink(atPath: workshop.path("data"), withDestinationPath: workshop.train)
    let arguments = workshop.training(Recipes.seed, "run", ["--max-steps", "1", "--train", "data"])
    // Only the first rank finds the data.
    let script = #"[ $OMPI_COMM_WORLD_RANK = 0 ] && cd "$0" || cd /; exec "$@""#
    let result = try run(
      "mpirun", twoRanks + ["sh", "-c", script, workshop.path(""), try product("akuru")] + arguments,
      environment: mpiEnvironment.merging(quietMPIRun) { $1 }, timeout: 60)
    #expect(result.exitCode == 3, "\(result.transcript)")
    #expect(try lines(result.stderr, "akuru_error").count == 1, "\(result.transcript)")
    #expect(try lines(result.stderr, "akuru_rank").count == 1, "\(result.transcript)")
    #expect(try ask("culprits", akuru: result.stderr) == "\(host)\n")
  }

  @Test(arguments: ["stop", "sleep"]) func akuruNamesTheRankThatAJobWaitsFor(fault: String) throws {
    let workshop = try Workshop()
    let result = try akuru(
      ranks: 2, workshop.training(Recipes.seed, "run", ["--max-steps", "9", "--stall-timeout", "3"]),
      environment: ["AKURU_FAULT": "1:3:step:\(fault)"])
    #expect(result.exitCode == ExitStatus.stalled.rawValue, "\(result.transcript)")
    for name in ["akuru_error", "akuru_stalled", "akuru_culprit"] {
      #expect(
        try lines(result.stderr, name).contains { $0.hasPrefix("akuru: stalled: ") }, "\(name): \(result.transcript)")
    }
    let said = result.stderr.split(separator: "\n").filter { $0.hasPrefix("akuru: ") }.joined(separator: "\n") + "\n"
    #expect(try ask("culprits", akuru: said) == "\(host)\n")
  }

  @Test func akuruNamesARankWithWrongNumbers() throws {
    let workshop = try Workshop()
    let options = ["--max-steps", "12", "--audit-every", "1"]
    let result = try akuru(
      ranks: 2, workshop.training(Recipes.seed, "run", options), environment: ["AKURU_FAULT": "1:7:step:wrong-gradient"]
    )
    #expect(try entry("disagree_status") == "\(result.exitCode)", "\(result.transcript)")
    for name in ["akuru_wrong", "akuru_audited"] {
      #expect(try lines(result.stderr, name).count == 1, "\(name): \(result.transcript)")
    }
    #expect(try ask("culprits", akuru: result.stderr) == "\(host)\n")
  }

  @Test func theBestCheckpointNamesItsStep() throws {
    let workshop = try Workshop(train: 12, validation: 4)
    try workshop.train(Recipes.seed, "run", ["--max-steps", "7", "--eval-every", "7"])
    let script = #"set -euo pipefail; . "$0/strings"; . "$0/machines"; step_of "$1""#
    for (file, step) in [(workshop.best("run"), "7\n"), ("\(workshop.train)/metadata.csv", "")] {
      let result = try run("bash", ["-c", script, Self.folder, file])
      #expect(result.exitCode == 0 && result.stdout == step, "\(result.transcript)")
    }
  }

  @Test func akuruRefusesARunThatAnotherJobWrites() throws {
    let workshop = try Workshop(train: 10, validation: 3)
    try FileManager.default.createDirectory(atPath: workshop.path("run"), withIntermediateDirectories: true)
    let lock = open(workshop.path("run/.lock"), O_RDWR | O_CREAT, 0o600)
    defer { close(lock) }
    try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let result = try akuru(workshop.training(Recipes.seed, "run", ["--max-steps", "1"]))
    #expect(try lines(result.stderr, "akuru_locked").count == 1, "\(result.transcript)")
    #expect(try entry("locked_status") == "\(result.exitCode)")
  }

  @Test func theStatusesAreThoseOfAkuru() throws {
    let final = ExitStatus.allCases.filter { $0 != .stalled }.map { "\($0.rawValue)" }
    #expect(try entry("final_statuses") == final.joined(separator: " "))
    #expect(try entry("disagree_status") == "\(ExitStatus.ranksDisagree.rawValue)")
    #expect(try entry("stopped_status") == "\(ExitStatus.stoppedOnRequest.rawValue)")
    // For people.
    let usage = try run(Supervisor.path, ["--help"]).stdout
    #expect(usage.contains("Exit status: \(final.dropLast().joined(separator: ", ")) and \(final.last!) "), "\(usage)")
  }

  /// Akuru and the supervisor take the same signals for one.
  @Test func signalsAreOneForBoth() throws {
    let sources = "\(Self.folder)/../../../Sources"
    let names = try FileManager.default.subpathsOfDirectory(atPath: sources).filter {
      $0.hasSuffix("/StopRequest.swift")
    }
    let name = try #require(names.first)
    let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
    let nanoseconds = try #require(text.firstMatch(of: /oneSignal: UInt64 = ([0-9_]+)\n/)).1.filter { $0 != "_" }
    #expect(try entry("one_signal") + "000" == String(nanoseconds))
  }
}
