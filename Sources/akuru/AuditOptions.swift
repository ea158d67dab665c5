import ArgumentParser
import Training

/// What data sets are audited for.
struct AuditOptions: ParsableArguments {
  @Option(help: "Model to check for: akuru (default), crnn, seed, or a network in brackets.") var model: String?
  @Option(help: "Input height in pixels (akuru 40, crnn 32, seed 61).") var height: Int?
  @Option(help: "Widest resized image in pixels (4096).") var maxWidth: Int?
  @Option(help: "Alphabet file that the labels must keep to.") var alphabet: String?

  var options: TrainingOptions {
    var options = TrainingOptions()
    (options.model, options.height, options.maxWidth, options.alphabet) = (model, height, maxWidth, alphabet)
    return options
  }
}
