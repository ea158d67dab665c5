import ArgumentParser
import Foundation
import Training

/// The command line of Akuru.
@main
struct Akuru: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "akuru",
    abstract: "Train text recognisers for any script on the CPUs you have.",
    discussion: """
      Start a command under `mpirun -n N` to spread it over N processes; the results are the same bits for any N.

      Exit status: 0 done, 2 wrong usage or configuration, 3 bad data, 4 input or output failed, 5 ranks disagree, \
      85 stopped on request after a checkpoint (run again with --resume), 86 a rank stalled, 87 training diverged, \
      88 checkpoints exist and none is whole.
      """,
    version: akuruVersion,
    subcommands: [Train.self, Evaluate.self, Predict.self, Check.self, Bench.self])

  /// Parses and runs; a usage error is one line on stderr and exit status 2.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let status = exitCode(for: error)
      if status == .success { exit(withError: error) }  // --help and --version
      if let failure = error as? any ExitStatusProviding {
        FileHandle.standardError.write(Data("akuru: \(failure)\n".utf8))
        Foundation.exit(failure.exitStatus.rawValue)
      }
      FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
      Foundation.exit(ExitStatus.usage.rawValue)
    }
  }
}
