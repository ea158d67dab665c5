import ArgumentParser
import Datasets
import Images
import Training

struct Pack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack a data set into WebDataset shards.",
    discussion: """
      Example: akuru pack data/train --output shards/train --shard-size 256M

      Writes tar files shard-000000.tar, ... with 000000000.png and 000000000.txt for each record, as the Python package \
      webdataset and tar itself read them, and shards.json, which says what is where. Akuru takes the folder wherever it \
      takes a data set. The same data gives the same bytes. A folder and its shards are the same data: a run that began \
      with one can go on with the other.
      """)

  @Argument(help: "Data set: a folder, or several separated by commas.") var data: String
  @Option(help: "Folder for the shards; it must not exist, or be empty.") var output: String
  @Option(help: "Largest size of a shard in bytes, or with K, M or G (256M).") var shardSize = "256M"
  @Flag(help: "Leave images out that cannot be read, naming each, instead of stopping.") var skipBad = false
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      try communicator.together {
        guard communicator.rank == 0 else { return }
        let summary = try packData(data, output: output, shardSize: shardSize, skipBad: skipBad, log: log)
        let size = (Double(summary.bytes) / 1e6).rounded()
        let shards = "\(summary.shards) shard\(summary.shards == 1 ? "" : "s")"
        let text = "\(summary.records) records in \(shards) of \(output), \(Int(size)) MB"
        try printLine(json ? RunJSON.line(summary) : text.onOneLine)
      }
      return .done
    }
  }
}
