import Foundation
import TestSupport
import Testing

/// `Launch/akuru-run`, started in a test and signalled while it runs.
struct Supervisor {
  let process: RunningProcess

  static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../../Launch/akuru-run").standardized.path

  /// - Parameters:
  ///   - options: of akuru-run; restarts come without a pause.
  ///   - program: a path, or nil for `akuru`.
  ///   - launcher: a command that the supervisor is started by.
  init(
    _ options: [String], program: String? = nil, _ arguments: [String], environment: [String: String] = [:],
    launcher: [String] = []
  ) throws {
    let command =
      launcher + [Supervisor.path, "--backoff", "0", "--program", try program ?? product("akuru")] + options + arguments
    process = try RunningProcess(
      command[0], Array(command.dropFirst()),
      environment: ["OMPI_MCA_mpi_yield_when_idle": "1"].merging(environment) { $1 })
  }

  /// Waits until the job has a process for each rank and the file `awaited` exists.
  /// - Returns: the processes of mpirun and of the ranks.
  func job(ranks: Int, until awaited: String, timeout: Double = 60) throws -> (mpirun: Int32, ranks: [Int32]) {
    var (mpirun, found) = (Int32?.none, [Int32]())
    let isRunning = waitUntil(timeout) {
      guard FileManager.default.fileExists(atPath: awaited) else { return false }
      mpirun = RunningRanks.children(of: process.processIdentifier).first { Supervisor.name(of: $0) == "mpirun" }
      found = mpirun.map { RunningRanks.children(of: $0).filter { Supervisor.name(of: $0) == "akuru" } } ?? []
      return found.count == ranks
    }
    guard isRunning, let mpirun else {
      let result = try process.wait(timeout: 1)
      throw NotRunning(description: "no \(awaited), or \(found.count) ranks instead of \(ranks): \(result.transcript)")
    }
    return (mpirun, found)
  }

  static func name(of process: Int32) -> String? {
    (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// A program for `akuru-run` to start in place of akuru: a shell script that notes each start in a file. akuru itself answers
/// what the supervisor asks.
final class FakeProgram {
  private let folder: TemporaryDirectory
  var path: String { folder.file("program") }

  /// - Parameter version: what it does when asked for its version: `echo Core: NAME` names OpenBLAS's kernels.
  init(_ script: String, version: String = "true") throws {
    folder = try TemporaryDirectory()
    let text = """
      #!/bin/sh
      case "$1" in
        train) echo "$*" >>\(folder.file("starts")) ;;
        config | kernels) exec \(try product("akuru")) "$@" ;;
        *) \(version); exit 0 ;;
      esac
      \(script)

      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    guard chmod(path, 0o755) == 0 else { throw NotRunning(description: "cannot make \(path) executable") }
  }

  /// The arguments of each start.
  var starts: [String] {
    let text = try? String(contentsOfFile: folder.file("starts"), encoding: .utf8)
    return text?.split(separator: "\n").map(String.init) ?? []
  }
}
