import ArgumentParser
import Recognition

/// The options of commands that read text.
struct Decoding: ParsableArguments {
  @Option(help: "Width of the prefix beam search. (default: greedy decoding; with --lm 16)") var beam: Int?
  @Option(
    help: "UTF-8 text for a language model in the beam search: each line is a word or line as images show it.",
    completion: .file())
  var lm: String?
  @Option(help: "Weight of the language model. (default: 0.3)") var lmWeight: Double?

  var options: DecodingOptions { DecodingOptions(beam: beam, lm: lm, lmWeight: lmWeight) }
}
