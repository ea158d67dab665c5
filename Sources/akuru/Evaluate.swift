import ArgumentParser
import Training

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model on a data set.",
    discussion: """
      Example: mpirun -n 2 akuru evaluate --checkpoint runs/first --data data/val

      CER is the sum of edit distances over the sum of reference lengths, in Unicode scalars after NFC; grapheme CER counts \
      what readers see as letters; WER counts words; exact is the share of images whose whole text is right.
      """)

  @Option(help: "Checkpoint file, or run directory: its best checkpoint, else the newest.") var checkpoint: String
  @Option(help: "Data set: a folder, or several separated by commas.") var data: String
  @Flag(help: "Print one JSON object.") var json = false
  @Option(help: "Also print so many images with reference and prediction.") var samples = 0
  @Flag(help: "Leave images out that cannot be read, naming each, instead of stopping.") var skipBad = false

  func validate() throws {
    if !(0...1_000_000).contains(samples) { throw ValidationError("--samples \(samples): must be 0 to 1,000,000") }
    if json && samples > 0 { throw ValidationError("--samples does not go with --json") }
  }

  func run() throws {
    runRanks { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      let recogniser = try Recogniser(checkpoint, over: communicator, log: log)
      let (report, pairs) = try recogniser.evaluate(
        data, samples: samples, skipBad: skipBad, over: communicator, log: log)
      guard communicator.rank == 0 else { return .done }
      for pair in pairs where !json {
        let verdict = pair.reference == pair.prediction ? "" : "\t(wrong)"
        try printLine("\(pair.path)\t\(pair.reference)\t\(pair.prediction)\(verdict)")
      }
      try printLine(json ? RunJSON.line(report) : report.summary)
      return .done
    }
  }
}
