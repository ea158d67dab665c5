import ArgumentParser
import Tensors

/// Chooses OpenBLAS's kernels for the scripts in `Launch`.
struct Kernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the OpenBLAS kernels that all machines of a job can run, for scripts.",
    discussion: """
      Example: akuru kernels --common Haswell SkylakeX --began Haswell

      Without a name, prints the kernels that every CPU can run that Akuru runs on.
      """,
    shouldDisplay: false)

  @Flag(help: "The kernels that are common to the machines that use NAMES.") var common = false
  @Option(help: "The kernels that the run began with: kept if all machines can run them.") var began: String?
  @Argument(help: "OpenBLAS's names of the machines' kernels.") var names: [String] = []

  func validate() throws {
    guard common else { throw ValidationError("--common is missing") }
    for name in names + [began].compactMap({ $0 }) where name.wholeMatch(of: /[A-Za-z0-9_]+/) == nil {
      throw ValidationError("'\(name)' is not a name of OpenBLAS kernels")
    }
  }

  func run() throws {
    runAlone {
      try printLine(InstructionSet.commonKernels(of: names, began: began))
      return .done
    }
  }
}
