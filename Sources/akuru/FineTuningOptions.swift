import ArgumentParser
import Datasets

/// The options for the initial network and the frozen weights of `akuru train`.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: """
      Model to start from: a checkpoint, a run directory, or a safetensors file of kraken, or of PyTorch with the weights \
      of one of the models.
      """, completion: .file())
  var initFrom: String?
  @Flag(
    help: """
      Begin with random weights. Without it and --init-from, a run begins with the nearest of the models that akuru models \
      lists, if one has the network and the letters.
      """)
  var fromScratch = false
  @Option(
    help: "Alphabet file of that model, in the order of its classes, if its own file has none.", completion: .file())
  var initAlphabet: String?
  @Option(
    help: """
      Handling of letters that the model does not know: fail, union (adds them), or new (keeps only the letters of the \
      new texts). (default: fail)
      """, completion: .list(["fail", "union", "new"]))
  var alphabetChange: String?
  @Option(help: "Weights to keep unchanged: prefixes of their names, separated by commas, such as cnn,rnn.")
  var freeze: String?
  @Option(help: "Input of the network for white paper: 0, or 1 for weights that were trained that way. (default: 0)")
  var paperValue: Int?
}
