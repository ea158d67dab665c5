import Foundation
import TestSupport
import Testing

/// Every limit times every command: a limit of the site that is too low is named with the number that is needed, at once and
/// with status 4.
@Suite(.serialized) struct LimitTests {
  private static let commands: [[String]] = [
    ["train", "--train", "a", "--validation", "b", "--run-dir", "c"], ["evaluate", "-m", "a", "--data", "b"],
    ["predict", "-m", "a", "b.png"], ["export", "-m", "a", "--format", "onnx", "-o", "b"], ["report", "a"],
    ["check", "a"],
    ["stats", "a"], ["sheet", "a", "-o", "b.png"], ["augment-sheet", "a", "-o", "b.png"], ["split", "a"],
    ["lines", "a", "-o", "b"], ["pack", "a", "-o", "b"], ["serve", "-m", "a"], ["models"], ["doctor"],
  ]

  struct Limit: Sendable, CustomTestStringConvertible {
    let option: String
    let value: Int
    let parts: [String]
    var testDescription: String { "ulimit \(option) \(value)" }
  }

  static let limits = [
    Limit(option: "-n", value: 40, parts: ["open files: the limit is 40 (ulimit -n)", "needs 64"]),
    Limit(option: "-v", value: 600_000, parts: ["memory: the limit is 585 MiB", "(ulimit -v, h_vmem)", "MiB more"]),
    Limit(option: "-u", value: 6, parts: ["threads: the limit is 6", "(ulimit -u)", "needs 12 more"]),
  ]

  @Test(arguments: commands, limits) func everyLimitIsNamed(_ command: [String], _ limit: Limit) throws {
    let program = try product("akuru")
    var words =
      ["bash", "-c", "ulimit \(limit.option) \(limit.value); exec \"$@\"", "bash", program] + command
    // The superuser may start any number of processes.
    if geteuid() == 0 { words = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"] + words }
    let result = try run(words[0], Array(words.dropFirst()), directory: "/", timeout: 30)
    expectFailure(result, 4, limit.parts)
  }

  /// A launcher's ranks say it once.
  @Test func ranksOfAMachineSayItOnce() throws {
    let command = "ulimit -n 40; exec \"$0\" train --train a --validation b --run-dir c"
    let result = try run(
      "mpirun", ["-n", "2", "--oversubscribe", "--bind-to", "none", "bash", "-c", command, product("akuru")],
      environment: mpiEnvironment.merging(quietMPIRun) { $1 }, timeout: 60)
    #expect(result.exitCode == 4, "\(result.transcript)")
    #expect(result.stderr.components(separatedBy: "open files: the limit is 40").count == 2, "\(result.transcript)")
  }

  /// A limit that is low, but may be raised by the process itself, is no hindrance.
  @Test func aSoftLimitOfOpenFilesIsRaised() throws {
    let workshop = try Workshop(train: 8, validation: 2)
    let command = "ulimit -Sn 24; exec \"$0\" check \"$1\""
    let result = try run("bash", ["-c", command, product("akuru"), workshop.train])
    #expect(result.exitCode == 0, "\(result.transcript)")
  }

  /// Files that may not become as large as they must.
  @Test func aLimitOfFilesIsNamed() throws {
    let workshop = try Workshop(train: 40, validation: 4)
    func limited(_ kilobytes: Int, _ arguments: [String]) throws -> ProcessResult {
      try run("bash", ["-c", "ulimit -f \(kilobytes); exec \"$0\" \"$@\"", product("akuru")] + arguments)
    }
    let cache = try limited(2, workshop.training(Recipes.akuru, "cache", ["--max-steps", "2"]))
    expectFailure(cache, 4, ["cache", "the file size limit of 2 KiB is too low: raise it (ulimit -f)"])
    let checkpoint = try limited(
      400, workshop.training(Recipes.akuru, "checkpoint", ["--max-steps", "2", "--cache", "none"]))
    expectFailure(checkpoint, 4, ["files: the limit is 400 KiB (ulimit -f), and a checkpoint needs "])
    let pack = try limited(2, ["pack", workshop.train, "--output", workshop.path("shards")])
    expectFailure(pack, 4, ["the file size limit of 2 KiB is too low"])
    #expect(!FileManager.default.fileExists(atPath: workshop.path("shards")))
  }
}
