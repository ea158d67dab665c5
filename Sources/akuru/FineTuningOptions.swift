import ArgumentParser
import Training

/// What `akuru train` begins with and leaves as it is.
struct FineTuningOptions: ParsableArguments {
  @Option(
    help: """
      Network to begin with: a checkpoint, a run directory, or a safetensors file of PyTorch with the weights of one of the \
      models.
      """)
  var initFrom: String?
  @Option(help: "Letters of that network in the order of its classes, if the file does not say (--alphabet).")
  var initAlphabet: String?
  @Option(
    help: """
      When the training texts have letters that it does not know: fail, union (it learns them too) or new (it keeps the \
      letters of the texts only) (fail).
      """)
  var alphabetChange: String?
  @Option(help: "Weights that stay as they are: beginnings of names, separated by commas, such as cnn,rnn.")
  var freeze: String?
  @Option(help: "The network's input where the paper is white, 1 for weights that were trained so (0).")
  var paperValue: Int?

  func write(to options: inout TrainingOptions) {
    options.initFrom = initFrom
    options.initAlphabet = initAlphabet
    options.alphabetChange = alphabetChange
    options.freeze = freeze
    options.paperValue = paperValue
  }
}
