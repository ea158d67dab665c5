import Foundation
import MessagePassing
import Messages

/// Runs a command on all ranks and ends the process with its exit status.
///
/// - Parameter mayRunAlone: whether to run without MPI if there is no launcher, for commands that are faster than the
///   start of MPI.
func runRanks(mayRunAlone: Bool = false, _ body: (Communicator) throws -> ExitStatus) -> Never {
  if mayRunAlone && !MPIRuntime.isLaunched {
    runAlone { try body(Communicator()) }
  }
  MPIRuntime.run(exitCode: { ExitStatus(for: $0).rawValue }) { try body($0).rawValue }
}

/// Runs a command in this process alone, without MPI, and ends the process with its exit status. Under `mpirun`, which
/// the command should refuse, its error is reported once for all ranks.
///
/// - Parameter underLauncher: whether MPI is not started either way, and each machine reports the error.
func runAlone(underLauncher: Bool = false, _ body: () throws -> ExitStatus) -> Never {
  do {
    exit(try body().rawValue)
  } catch {
    if underLauncher {
      if MPIRuntime.localRank == 0 { printError("akuru: \(error)") }
      exit(ExitStatus(for: error).rawValue)
    }
    if MPIRuntime.isLaunched { runRanks { try $0.together { throw error } } }
    printError("akuru: \(error)")
    exit(ExitStatus(for: error).rawValue)
  }
}

/// Writes a line to stdout.
/// - Throws: ``OutputError`` if it cannot be written, for example on a full disk.
func printLine(_ text: String) throws {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  } catch {
    throw OutputError()
  }
}

/// Results could not be written; exit status 4.
struct OutputError: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  var exitStatus: ExitStatus { .inputOutput }
  var description: String { "standard output: cannot be written; is the disk full, or the reader gone?" }
}
