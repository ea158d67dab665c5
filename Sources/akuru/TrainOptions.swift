import ArgumentParser
import NeuralNetwork
import Training

/// The data of `akuru train`.
struct TrainingDataOptions: ParsableArguments {
  @Option(
    name: [.customShort("t"), .long],
    help: "Training data: data sets separated by commas, each with an optional weight.", completion: .file())
  var train: String?
  @Option(
    name: [.customShort("v"), .long],
    help: """
      Validation data, which is never trained on; auto sets a tenth of the training data aside, by page or folder where there \
      are several, else by text.
      """, completion: .file())
  var validation: String?
  @Flag(help: "Skip bad records, and name each in the log, instead of stopping.") var skipBad = false
  @Option(
    help: """
      Folder for decoded images, which runs on the same data can share; none decodes each image when it is needed. \
      (default: cache in the run directory)
      """, completion: .directory)
  var cache: String?
}

/// Where a run is, and how it begins.
struct RunFolderOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long], help: "Folder for checkpoints, logs and metrics.", completion: .directory)
  var runDir: String?
  @Flag(
    help: """
      Continue from the newest intact checkpoint in the run directory. Data and options that are not given are those of the run.
      """)
  var resume = false
  @Option(
    help: """
      JSON file of these options in camelCase, or the config.json of a run; options on the command line override it.
      """, completion: .file(extensions: ["json"]))
  var config: String?
  @Flag(help: "Print all options with their values, as a file for --config, and train nothing.")
  var printConfig = false
  @OptionGroup var verbosity: VerbosityOptions
}

/// The model of a run.
struct ModelOptions: ParsableArguments {
  @Option(
    name: [.customShort("m"), .long],
    help: "akuru, crnn, tutorial, or a network in brackets. (default: akuru)",
    completion: .list(["akuru", "crnn", "tutorial"]))
  var model: String?
  @Option(help: "Input height in pixels. \(defaults { $0.model.height })") var height: Int?
  @Option(help: "Largest width of resized images in pixels; wider is a bad record. \(defaults { $0.model.maxWidth })")
  var maxWidth: Int?
  @Option(help: "Alphabet file. (default: the letters of the training labels)", completion: .file())
  var alphabet: String?
  @Option(
    help: "Augmentation: default, strong, none, or a JSON file. (default: tutorial none, others default)",
    completion: .list(["default", "strong", "none"]))
  var augment: String?
  @Option(help: "Feature maps of the first convolution, only for the model tutorial. (default: 1)") var channels: Int?
  @Option(help: "LSTM units in each direction, only for the model tutorial. (default: 256)") var hidden: Int?
  @Option(
    help: """
      Start weights: pytorch (the defaults of PyTorch's layers), or glorot (Glorot uniform and orthogonal matrices, with \
      forget gates at 1). \(defaults { ($0.model.startWeights ?? .pytorch).rawValue })
      """, completion: .list(["pytorch", "glorot"]))
  var startWeights: String?
}

/// How long a run is, and what a step has.
struct LengthOptions: ParsableArguments {
  @Option(
    help: """
      Passes over the training data. (default: without --minutes and --max-steps, so many that 1,600 times the square root \
      of the number of images are seen)
      """)
  var epochs: Int?
  @Option(
    help: """
      Minutes that the run shall take, evaluations included: its steps are planned by the speed of the first ones, and \
      stored, so that a resumed run has the same.
      """)
  var minutes: Double?
  @Option(help: "Steps after which the run ends.") var maxSteps: Int?
  @Option(help: "Minutes after which the run writes a checkpoint and exits with 85; --resume continues it.")
  var maxMinutes: Double?
  @Option(
    help: """
      Images in a step. 8..64 grows in the course of the run: it doubles when an eighth, a quarter and half of the images \
      are done. 8,32@0.25 gives each size with the share of the run from which on it is used. \
      \(defaults { $0.batch.batchSize })
      """)
  var batchSize: String?
  @Option(help: "Images in a micro-batch, one rank's unit of work. \(defaults { $0.batch.microBatch })")
  var microBatch: Int?
  @Option(help: "Seed of all random numbers. (default: 1)") var seed: UInt64?
}

/// What a run writes, and when.
struct RecordOptions: ParsableArguments {
  @Option(help: "Steps between evaluations. (default: end of each epoch)") var evalEvery: Int?
  @Option(help: "Steps between checkpoints. (default: end of each epoch)") var checkpointEvery: Int?
  @Option(help: "Largest number of minutes between checkpoints, whatever the steps; 0 is off. (default: 10)")
  var checkpointMinutes: Double?
  @Option(help: "Newest checkpoints to keep, besides the best. (default: 3)") var keep: Int?
  @Option(help: "Steps between lines in metrics.jsonl. (default: 10)") var logEvery: Int?
  @Option(help: "File for a timeline of all ranks, as Chrome trace events.", completion: .file()) var trace: String?
}

/// How the processes of a run share its work, and what ends it.
struct RankOptions: ParsableArguments {
  @Option(
    help: """
      Assignment of micro-batches to ranks: static (evenly), or adaptive (by the measured speed of each rank, for machines \
      that differ or are shared). The weights are bit-identical. (default: static)
      """, completion: .list(["static", "adaptive"]))
  var balance: String?
  @Option(
    help: """
      Format of gradients between machines: exact, or float (single precision). With exact, the weights are bit-identical \
      on any number of ranks. With float, they depend on the number and placement of ranks, and are reproducible for the \
      same layout. Sums within a machine are always exact. (default: exact)
      """, completion: .list(["exact", "float"]))
  var reduce: String?
  @Option(
    help:
      "Seconds without progress after which the job ends, longer if steps take long; 0 is off. (default: 60)")
  var stallTimeout: Double?
  @Option(
    help:
      "Consecutive steps skipped for a loss or gradient that is not finite, after which the run ends. (default: 5)")
  var maxBadSteps: Int?
  @Option(
    help: "Steps between comparisons of the weights of all ranks, besides those before checkpoints. (default: 500)")
  var verifyEvery: Int?
  @Option(
    help: """
      Steps between audits: one micro-batch of each rank is computed by another rank, too, and a rank that computes other \
      numbers ends the run; 0 is off. (default: 200)
      """)
  var auditEvery: Int?
  @Option(
    help: """
      Whether a new run starts if more than half of the ranks have no work: refuse says which batch has work for them, or \
      allow. (default: refuse)
      """, completion: .list(["refuse", "allow"]))
  var idleRanks: String?
}
