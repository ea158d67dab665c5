import ArgumentParser
import Datasets
import Images
import Training

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Audit data sets: what training would stumble over.",
    discussion: """
      Example: akuru check data/train data/val

      Lists unreadable images, empty labels, labels that need more time steps than their image has, letters outside a given \
      alphabet, labels that are not in NFC, and duplicate files; then image widths and the alphabet with counts. Exit \
      status 3 when a record cannot be trained on.
      """)

  @Argument(help: "Data sets.") var data: [String]
  @Option(help: "Model to check for: akuru (default), crnn, seed, or a network in brackets.") var model: String?
  @Option(help: "Input height in pixels (akuru 40, crnn 32, seed 61).") var height: Int?
  @Option(help: "Widest resized image in pixels (4096).") var maxWidth: Int?
  @Option(help: "Alphabet file that the labels must keep to.") var alphabet: String?
  @Flag(help: "Print one JSON object for each data set.") var json = false

  func run() throws {
    runRanks { communicator in
      var options = TrainingOptions()
      (options.model, options.height, options.maxWidth, options.alphabet) = (model, height, maxWidth, alphabet)
      let results = try checkData(data, for: options, over: communicator, output: RunLog(rank: communicator.rank))
      guard communicator.rank == 0 else { return results.allSatisfy(\.problems.isEmpty) ? .done : .badData }
      for (argument, result) in zip(data, results) {
        if json {
          try printLine(RunJSON.line(AuditSummary(result, dataSet: argument)))
        } else {
          try printLine(argument.onOneLine)
          for line in AuditReport(result).lines() { try printLine("  " + line) }
        }
      }
      return results.allSatisfy(\.problems.isEmpty) ? .done : .badData
    }
  }
}
