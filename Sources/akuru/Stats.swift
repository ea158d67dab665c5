import ArgumentParser
import DataPreparation
import Datasets
import MessagePassing
import Messages

struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count sizes, lengths, letters and words of data sets.",
    discussion: """
      Example: akuru stats data/train data/val

      Widths are of images at the model's height. Lengths are in Unicode scalars and in graphemes, which readers see as \
      letters. Every other data set is compared with the first one: the share of its words and of its texts that occur \
      there, and its letters that do not occur there.
      """)

  @Argument(help: "Data sets.", completion: .file()) var data: [String]
  @OptionGroup var audit: AuditOptions
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @Flag(help: "Print one JSON object for each data set.") var json = false

  func run() throws {
    runRanks { communicator in
      let (geometry, reading) = try communicator.together {
        (try audit.geometry(), try groundTruth.reading(text: texts.policy()))
      }
      let results = try checkData(data, reading, geometry: geometry, alphabetPath: audit.alphabet, over: communicator)
      let checked = try communicator.together { try results.map { try $0.get() } }
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
