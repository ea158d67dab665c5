import ArgumentParser
import Training

/// The options of commands that read text.
struct Decoding: ParsableArguments {
  @Option(help: "Labels that prefix beam search follows, instead of greedy decoding (16 with --lm).") var beam: Int?
  @Option(help: "UTF-8 text, a word or line as images hold it in each line: beam search prefers what is like it.")
  var lm: String?
  @Option(help: "Weight of the text's language model (0.3).") var lmWeight: Double?

  var options: DecodingOptions { DecodingOptions(beam: beam, lm: lm, lmWeight: lmWeight) }
}
