import ArgumentParser
import Console
import DataPreparation
import MessagePassing
import Messages

struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a data set into WebDataset shards.",
    discussion: """
      Example: akuru pack data/train --output shards/train --shard-size 256M

      The command writes tar files shard-000000.tar, ... with 000000000.png and 000000000.txt for each record, and an index \
      shards.json. The Python package webdataset and tar itself can read them. Akuru accepts the folder as a data set. The \
      same data gives identical bytes. A folder and its shards count as the same data: a run that started with one can \
      resume with the other. A line of a page becomes a PNG. Texts are stored as they were written.
      """)

  @Argument(help: "Data set, or several separated by commas.", completion: .file()) var data: String
  @Option(
    name: [.customShort("o"), .long], help: "Folder for the shards. It must be empty or not exist yet.",
    completion: .directory) var output: String
  @Option(help: "Largest size of a shard in bytes, or with K, M or G.") var shardSize = "256M"
  @Flag(help: "Skip images that cannot be read, and name each, instead of stopping.") var skipBad = false
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      try communicator.together {
        guard communicator.rank == 0 else { return }
        let summary = try packData(
          data, groundTruth.reading(), output: output, shardSize: shardSize, skipBad: skipBad, log: log)
        let size = (Double(summary.bytes) / 1e6).rounded()
        let shards = "\(summary.shards) shard\(summary.shards == 1 ? "" : "s")"
        let text = "\(summary.records) records in \(shards) of \(output), \(Int(size)) MB"
        try printLine(json ? RunJSON.line(summary) : text.onOneLine)
      }
      return .done
    }
  }
}
