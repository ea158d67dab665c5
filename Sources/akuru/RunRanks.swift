import Foundation
import MessagePassing
import Training

/// Runs a command on all ranks and ends the process with its exit status.
func runRanks(_ body: (Communicator) throws -> ExitStatus) -> Never {
  MPIRuntime.run(exitCode: { ExitStatus(for: $0).rawValue }) { try body($0).rawValue }
}

/// Runs a command in this process alone, without MPI, and ends the process with its exit status.
func runAlone(_ body: () throws -> ExitStatus) -> Never {
  do {
    exit(try body().rawValue)
  } catch {
    printError("akuru: \(error)")
    exit(ExitStatus(for: error).rawValue)
  }
}

/// Writes a line to stdout.
func printLine(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

/// Writes a line to stderr.
func printError(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
