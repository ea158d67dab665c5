import ArgumentParser
import Console
import MessagePassing
import Messages
import Recognition

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the error rates of a model on a data set, or compare two models.",
    discussion: """
      Examples:
        mpirun -n 2 akuru evaluate --checkpoint runs/first --data data/val
        akuru evaluate --compare runs/first runs/second --data data/val

      CER is the sum of edit distances divided by the sum of reference lengths, in Unicode scalars after NFC. The \
      references are treated as the model's training texts were (--normalize, --whitespace, --direction). Grapheme \
      CER counts graphemes, which readers see as letters. WER counts words. exact is the share of images whose whole text is correct. Brackets \
      contain 95 % bootstrap intervals. A comparison resamples the same images for both models. A difference is significant \
      if its interval does not contain zero.
      """)

  @Option(
    name: [.customShort("m"), .long],
    help: """
      Checkpoint file, or run directory (its best checkpoint, else the newest). Or predictions of another program: a file \
      NAME.tsv with path, TAB, text on each line.
      """, completion: .file())
  var checkpoint: String?
  @Option(
    parsing: .upToNextOption, help: "Two checkpoints or prediction files to compare, instead of --checkpoint.",
    completion: .file())
  var compare: [String] = []
  @Option(help: "Data set, or several separated by commas.", completion: .file()) var data: String
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Also print errors by length and letter frequency, and the 50 most frequent confusions.")
  var details = false
  @Option(help: "Number of images to print with reference and prediction.") var samples = 0
  @OptionGroup var decoding: Decoding
  @Flag(help: "Skip images that cannot be read, and name each, instead of stopping.") var skipBad = false
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    if !(0...1_000_000).contains(samples) { throw ValidationError("--samples \(samples): must be 0 to 1,000,000") }
    if json && samples > 0 { throw ValidationError("--samples does not go with --json") }
    if json && details { throw ValidationError("--details does not go with --json, which has them all") }
    if compare.isEmpty {
      if checkpoint == nil { throw ValidationError("give --checkpoint, or --compare with two of them") }
    } else {
      if checkpoint != nil { throw ValidationError("--checkpoint does not go with --compare") }
      if compare.count != 2 { throw ValidationError("--compare takes two checkpoints, not \(compare.count)") }
      if samples > 0 || details { throw ValidationError("--samples and --details do not go with --compare") }
    }
  }

  func run() throws {
    runRanks { communicator in
      let output = RunLog(rank: communicator.rank, verbosity: verbosity.level)
      let results = try (checkpoint.map { [$0] } ?? compare).compactMap { name -> DetailedReport? in
        if name.hasSuffix(PredictionFile.suffix) {
          return try communicator.together {
            guard communicator.rank == 0 else { return nil }
            return try PredictionFile.evaluate(name, on: data, groundTruth.reading(), skipBad: skipBad) {
              output.logger().warning("\($0)")
            }
          }
        }
        return try Recognizer(name, over: communicator, log: output.logger()).evaluate(
          data, communicator.together { try groundTruth.reading() }, decoding: decoding.options, skipBad: skipBad,
          over: communicator, output: output)
      }
      guard let result = results.first else { return .done }
      if results.count == 2 {
        let comparison = try Comparison(results[0], results[1]) { output.logger().warning("\($0)") }
        for line in json ? [try RunJSON.line(comparison)] : comparison.lines(names: compare.map(\.onOneLine)) {
          try printLine(line)
        }
      } else {
        for line in json ? [try RunJSON.line(result)] : lines(result) { try printLine(line) }
      }
      return .done
    }
  }

  /// For people: samples, spread evenly over the data set, details if requested, and the metrics.
  private func lines(_ result: DetailedReport) -> [String] {
    let images = result.images
    let chosen = (0..<min(samples, images.count)).map { images[$0 * images.count / samples] }
    let shown = chosen.map { image in
      let verdict = image.reference == image.prediction ? "" : "\t(wrong)"
      return [image.path, image.reference, image.prediction].map(\.onOneLine).joined(separator: "\t") + verdict
    }
    return shown + (details ? result.details.lines.map(\.onOneLine) : []) + [result.summary]
  }
}
