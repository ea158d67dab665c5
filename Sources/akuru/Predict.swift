import ArgumentParser
import Images
import Training

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read images: one line each, path, TAB, text.",
    discussion: """
      Example: akuru predict --checkpoint runs/first photo1.png photo2.png

      With --json each line is an object with image, text, confidence (the probability of the whole text) and letters \
      (each letter with its own probability).

      Control characters in a path are written as \\n or \\u{9}; --json gives the path as it is. Write ./-x.png for an \
      image whose name starts with a hyphen.
      """)

  @Option(help: "Checkpoint file, or run directory: its best checkpoint, else the newest.") var checkpoint: String
  @Flag(help: "Print one JSON object for each image.") var json = false
  @OptionGroup var decoding: Decoding
  @Argument(help: "PNG images.") var images: [String]

  func run() throws {
    runRanks(mayRunAlone: true) { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      let recogniser = try Recogniser(checkpoint, over: communicator, log: log)
      let reader = try communicator.together {
        try ImageReader(recogniser, decoding: decoding.options, confidence: json)
      }
      guard communicator.rank == 0 else { return .done }
      var status = ExitStatus.done
      try reader.read(images) { path, result in
        switch result {
        case .success(let reading):
          try printLine(json ? RunJSON.line(reading) : "\(path.onOneLine)\t\(reading.text.onOneLine)")
        case .failure(let error):
          printError("akuru: \(error)")
          status = .badData
        }
      }
      return status
    }
  }
}
