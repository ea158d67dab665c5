import ArgumentParser
import Messages
import Reporting

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the report of a run to one HTML file.",
    discussion: """
      Examples:
        akuru report runs/first
        akuru report runs/first --compare runs/second --output compare.html

      The report contains curves, sample images with predictions, the worst errors, confusions, the time of each process, \
      the configuration, and commands to continue with. Training updates it at each evaluation.
      """)

  @Argument(help: ArgumentHelp("Run directory.", valueName: "run"), completion: .directory) var directory: String
  @Option(help: "Second run directory, to be shown beside the first.", completion: .directory)
  var compare: String?
  @Option(
    name: [.customShort("o"), .long],
    help: "File to write. (default: RUN/report.html; with --compare RUN/compare.html)", completion: .file()) var output:
    String?

  func run() throws {
    runAlone {
      try printLine(writeReport(directory, comparedWith: compare, to: output).onOneLine)
      return .done
    }
  }
}
