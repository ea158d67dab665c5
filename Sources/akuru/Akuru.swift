import ArgumentParser
import Foundation
import Instrumentation
import MessagePassing
import Messages
import Tensors

/// The command line of Akuru.
@main
struct Akuru: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "akuru",
    abstract: "Train text recognizers for any script on CPUs.",
    discussion: """
      Examples:
        akuru check data/train data/val
        akuru train --train data/train --validation data/val --run-dir runs/first --epochs 10
        akuru predict --checkpoint runs/first photo1.png

      Start a command under `mpirun -n N` to run it on N processes. The results are bit-identical for any N.

      Exit status: 0 done, 2 wrong usage or configuration, 3 bad data, 4 input or output failed, 5 ranks disagree, \
      85 stopped on request after a checkpoint (run again with --resume), 86 a rank stalled, 87 training diverged, \
      88 checkpoints exist but none is intact.
      """,
    version: akuruVersion,
    subcommands: [
      Train.self, Evaluate.self, Predict.self, Export.self, Report.self, Check.self, Stats.self, Sheet.self,
      AugmentSheet.self, Split.self, Lines.self, Pack.self, Serve.self, Models.self, Doctor.self, Plan.self, Bench.self,
      Config.self, Kernels.self,
    ])

  /// Parses and runs. A usage error is one line on stderr, from all ranks together, and exit status 2.
  static func main() {
    InstructionSet.restartWithOverlookedKernels()
    Subnormals.flush()
    if CommandLine.arguments.dropFirst().first == "train" { StopRequest.listen() }
    do {
      var command = try parseAsRoot(joiningNegativeNumbers(CommandLine.arguments.dropFirst()))
      try ProcessLimits.require(memory: command is Train ? Akuru.memoryOfTraining : Akuru.memory)
      try command.run()
    } catch let error as LimitError {
      runAlone(underLauncher: true) { throw error }
    } catch {
      if exitCode(for: error) == .success { exit(withError: error) }  // --help and --version
      let usage = ConfigurationError(said(of: error) + hint(for: error))
      runRanks { try $0.together { throw usage } }
    }
  }

  /// Bytes of address space that a command needs at least: libraries, stacks of threads, and a small network.
  private static let (memory, memoryOfTraining) = (512 << 20, 1 << 30)

  /// `--lr -1` as `--lr=-1`: the parser would treat the number as an option and report a missing value.
  private static func joiningNegativeNumbers(_ arguments: some Sequence<String>) -> [String] {
    var result: [String] = []
    for argument in arguments {
      if argument.wholeMatch(of: /-\.?[0-9][-+.0-9eE]*/) != nil, let option = result.last, option.hasPrefix("--"),
        option.count > 2,
        !option.contains("=")
      {
        result[result.count - 1] = "\(option)=\(argument)"
      } else {
        result.append(argument)
      }
    }
    return result
  }

  /// The parser's message; a guess by spelling gives way to what another program's name means.
  private static func said(of error: any Error) -> String {
    let text = message(for: error)
    guard let answer = foreignName(in: text) else { return text }
    let start = text.firstRange(of: ". Did you mean").map { text[..<$0.lowerBound] } ?? text[...]
    return "\(start); \(answer)"
  }

  /// What another program's option, command or way of writing is here.
  private static func foreignName(in text: String) -> String? {
    let command = CommandLine.arguments.dropFirst().first ?? ""
    if let name = ForeignNames.command(for: command) { return "here it is akuru \(name)" }
    if let match = text.firstMatch(of: /Unknown option '(-[^' ]+)'/) {
      return ForeignNames.answer(toOption: String(match.1), of: command)
    }
    guard text.contains(/[Uu]nexpected argument/), let match = text.firstMatch(of: /'([^']+)'/) else { return nil }
    let word = String(match.1)
    if command == "train" {
      return word.contains("=")
        ? "options are written as --train DATA" : "name the training data with --train, one folder for all images"
    }
    return nil
  }

  /// "; see akuru train --help" for the intended command, or how to name a file that looks like an option.
  private static func hint(for error: any Error) -> String {
    let hidden = CommandLine.arguments.first { $0.hasPrefix("-") && access($0, F_OK) == 0 }
    if let hidden { return "; for the file write ./\(hidden)" }
    let text = fullMessage(for: error)
    return text.firstMatch(of: /'(akuru[a-z ]* --help)'/).map { "; see \($0.1)" } ?? ""
  }
}
