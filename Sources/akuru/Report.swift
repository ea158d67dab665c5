import ArgumentParser
import Images
import Training

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the report of a run as one HTML file.",
    discussion: """
      Examples:
        akuru report runs/first
        akuru report runs/first --compare runs/second --output compare.html

      The report has the run's curves, sample images with what was read, the worst errors, confusions, the time of each \
      process, the configuration, and commands to go on with. Training rewrites it at each evaluation.
      """)

  @Argument(help: ArgumentHelp("Run directory.", valueName: "run")) var directory: String
  @Option(help: "Another run directory, whose curves and figures are shown beside the first one's.")
  var compare: String?
  @Option(help: "The file to write (RUN/report.html, with --compare RUN/compare.html).") var output: String?

  func run() throws {
    runAlone {
      try printLine(writeReport(directory, comparedWith: compare, to: output).onOneLine)
      return .done
    }
  }
}
