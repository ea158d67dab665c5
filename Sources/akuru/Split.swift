import ArgumentParser
import Console
import DataPreparation
import Datasets
import MessagePassing
import Messages

struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Set images aside for validation.",
    discussion: """
      Example: akuru split data/train --share 0.1

      The command writes train.jsonl and validation.jsonl and moves no image. Both files are data sets: akuru train \
      --train data/train/train.jsonl --validation data/train/validation.jsonl. All images of a page, of a folder or of a \
      text go to the same side, so validation measures unseen pages, books or texts. Each letter stays in training. The \
      selection depends only on names and texts. Records that cannot be read are left out with a warning.

      A folder is a book if each book has a folder. A line of PAGE or ALTO belongs to its page, and any other image is a page \
      of its own. akuru train --validation auto splits in the same way, without files.
      """)

  @Argument(help: "Data set, or several separated by commas.", completion: .file()) var data: String
  @Option(
    help: """
      What stays together: page, folder, text, or auto, which is page or folder where there are several, else text. \
      (default: auto)
      """, completion: .list(["auto", "page", "folder", "text"]))
  var by: String?
  @Option(help: "Largest share of the images to set aside.") var share = 0.1
  @Option(
    name: [.customShort("o"), .long],
    help: """
      Folder for the two files. If it does not contain the images, the files name them by absolute paths, which only \
      --allow-outside reads. (default: folder of the data set)
      """, completion: .directory)
  var output: String?
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard share > 0, share < 1 else { throw ValidationError("--share \(share): must be between 0 and 1") }
    if let by, by != "auto", SplitUnit(rawValue: by) == nil {
      let names = SplitUnit.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--by \(by.shortened): it is one of auto, \(names)")
    }
  }

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      try communicator.together {
        guard communicator.rank == 0 else { return }
        let summary = try splitData(
          data, groundTruth.reading(text: texts.policy()), by: by.flatMap(SplitUnit.init), share: share, output: output,
          log: log)
        guard !json else { return try printLine(RunJSON.line(summary)) }
        for line in summary.lines { try printLine(line) }
      }
      return .done
    }
  }
}
