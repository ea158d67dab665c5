import ArgumentParser
import Console
import DataPreparation
import MessagePassing
import Messages

struct Lines: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cut the lines out of pages, as images with texts.",
    discussion: """
      Example: mpirun -n 2 akuru lines pages --output lines

      The command reads PAGE-XML and ALTO and writes each line as training sees it: straightened along its baseline, cut by \
      its polygon, and with the page's paper around it. A page page.xml becomes a folder page with 0001-LINE.png, \
      0001-LINE.gt.txt and so on, which other programs can read. Training needs no such files: it reads the pages \
      themselves. Lines without text or area are left out with a warning. A line that cannot be cut stops the command, \
      unless --skip-bad is given.
      """)

  @Argument(help: "Folder of pages, or a PAGE-XML or ALTO file, or several separated by commas.", completion: .file())
  var pages: String
  @Option(
    name: [.customShort("o"), .long], help: "Folder for the lines. It must be empty or not exist yet.",
    completion: .directory) var output: String
  @Flag(help: "Leave out lines that cannot be cut, and name each, instead of stopping.") var skipBad = false
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    runRanks { communicator in
      let reading = try communicator.together { try groundTruth.reading(text: texts.policy()) }
      let summary = try cutLines(
        pages, reading, output: output, skipBad: skipBad, over: communicator, log: RunLog(rank: communicator.rank))
      guard communicator.rank == 0 else { return .done }
      let text =
        "\(output): \(counted(summary.lines, "line")) of \(counted(summary.pages, "page")), left out: "
        + "\(summary.bad) bad, \(summary.leftOut) without text or area, or otherwise no line"
      try printLine(json ? RunJSON.line(summary) : text.onOneLine)
      return .done
    }
  }
}
