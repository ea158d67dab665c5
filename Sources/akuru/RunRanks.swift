import Foundation
import MessagePassing
import Training

/// Runs a command on all ranks and ends the process with its exit status.
func runRanks(_ body: (Communicator) throws -> ExitStatus) -> Never {
  MPIRuntime.run(exitCode: { ExitStatus(for: $0).rawValue }) { try body($0).rawValue }
}

/// Writes a line to stdout.
func printLine(_ text: String) {
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

/// Writes a line to stderr.
func printError(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
