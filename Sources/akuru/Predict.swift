import ArgumentParser
import Training

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read images: one line each, path, TAB, text.",
    discussion: "Example: akuru predict --checkpoint runs/first photo1.png photo2.png")

  @Option(help: "Checkpoint file, or run directory: its best checkpoint, else the newest.") var checkpoint: String
  @Flag(help: "Print one JSON object for each image.") var json = false
  @Argument(help: "PNG images.") var images: [String]

  func run() throws {
    runRanks { communicator in
      let log = RunLog(rank: communicator.rank).logger()
      let recogniser = try Recogniser(checkpoint, over: communicator, log: log)
      guard communicator.rank == 0 else { return .done }
      var status = ExitStatus.done
      for path in images {
        let text: String
        do {
          text = try recogniser.read(path)
        } catch {
          printError("akuru: \(error)")
          status = .badData
          continue
        }
        try printLine(json ? RunJSON.line(["image": path, "text": text]) : "\(path)\t\(text)")
      }
      return status
    }
  }
}
