import ArgumentParser
import Console
import DataPreparation
import MessagePassing
import Messages

struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Set images aside for validation.",
    discussion: """
      Example: akuru split data/train --share 0.1

      The command writes train.jsonl and validation.jsonl beside the images and moves no image. Both files are data sets: \
      akuru train --train data/train/train.jsonl --validation data/train/validation.jsonl. All images of a text go to the \
      same side, so validation measures unseen texts. Each letter stays in training with some text. The selection depends \
      only on the texts.
      """)

  @Argument(help: "Data set, or several separated by commas.") var data: String
  @Option(help: "Largest share of the images to set aside.") var share = 0.1
  @Option(
    help: """
      Folder for the two files. It must contain the images, directly or in subfolders. (default: folder of the data set)
      """)
  var output: String?
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard share > 0, share < 1 else { throw ValidationError("--share \(share): must be between 0 and 1") }
  }

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      try communicator.together {
        guard communicator.rank == 0 else { return }
        let summary = try splitData(
          data, groundTruth.reading(text: texts.policy()), share: share, output: output, log: log)
        guard !json else { return try printLine(RunJSON.line(summary)) }
        for part in [summary.train, summary.validation] {
          try printLine("\(part.file.onOneLine): \(part.records) records of \(part.texts) different texts")
        }
      }
      return .done
    }
  }
}
