import ArgumentParser
import Datasets
import Images
import Training

struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count what data sets consist of: sizes, lengths, letters, words.",
    discussion: """
      Example: akuru stats data/train data/val

      Widths are those of images at the model's height; lengths are counted in Unicode scalars and in graphemes, what \
      readers see as letters. Every data set but the first is compared with the first: the share of its words that occur \
      there, of its texts that are texts there, and letters that do not occur there.
      """)

  @Argument(help: "Data sets.") var data: [String]
  @OptionGroup var audit: AuditOptions
  @Flag(help: "Print one JSON object for each data set.") var json = false

  func run() throws {
    runRanks { communicator in
      let checked = try checkData(data, for: audit.options, over: communicator)
      try communicator.together {
        guard communicator.rank == 0, let first = checked.first, let firstName = data.first else { return }
        let vocabulary =
          checked.count > 1 ? DataStatistics.Vocabulary(first.dataSet, first.audit, named: firstName) : nil
        for (index, (name, data)) in zip(data, checked).enumerated() {
          let statistics = DataStatistics(
            data.dataSet, data.audit, named: name, comparedWith: index == 0 ? nil : vocabulary)
          if json {
            try printLine(RunJSON.line(statistics))
          } else {
            try printLine(name.onOneLine)
            for line in statistics.lines() { try printLine("  " + line) }
          }
        }
      }
      return .done
    }
  }
}
