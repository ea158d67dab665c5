import ArgumentParser
import Datasets
import Images
import MessagePassing
import Messages
import Settings
import Survival
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on images with texts.",
    discussion: """
      Examples:
        mpirun -n 2 akuru train --train data/train --validation data/val --run-dir runs/first --epochs 10
        akuru train --model crnn --epochs 10 --print-config > crnn.json
        akuru train --config crnn.json --train data/train --validation data/val --run-dir runs/second

      A data set is a folder, which is searched with all folders in it, or a file: images with X.gt.txt or X.txt, pages \
      with PAGE-XML or ALTO, a list of images and texts (metadata.csv and other tables, JSON Lines, path TAB text, \
      labels.json), or shards of akuru pack. The contents show which. Images are PNG, JPEG, TIFF or WebP. Commas separate \
      several data sets. A:2,B:0.5 draws each image of A twice an epoch, and half of the images of B, the other half in the \
      next epoch.

      A bad record stops the run, unless --skip-bad is given. --polarity, --lines, --normalize, --whitespace and --direction \
      are a part of the model: what reads or evaluates with it does the same.

      --config takes a JSON object of these options, named in camelCase (--batch-size is "batchSize"). Options on the command \
      line override it. --print-config prints such an object with all values that a run would have, and trains nothing.
      """)

  @Option(help: "Training data: data sets separated by commas, each with an optional weight.") var train: String?
  @Option(
    help: """
      Validation data, which is never trained on; auto sets a tenth of the training data aside, by page or folder where there \
      are several, else by text.
      """)
  var validation: String?
  @Option(help: "Folder for checkpoints, logs and metrics.") var runDir: String?
  @Option(
    help: """
      Folder for decoded images, which runs on the same data can share; none decodes each image when it is needed. \
      (default: cache in the run directory)
      """)
  var cache: String?
  @Option(help: "akuru, crnn, tutorial, or a network in brackets. (default: akuru)") var model: String?
  @Option(help: "Feature maps of the first convolution, only for the model tutorial. (default: 1)") var channels: Int?
  @Option(help: "LSTM units in each direction, only for the model tutorial. (default: 256)") var hidden: Int?
  @Option(
    help: """
      Start weights: pytorch (the defaults of PyTorch's layers), or glorot (Glorot uniform and orthogonal matrices, with \
      forget gates at 1). \(defaults { ($0.model.startWeights ?? .pytorch).rawValue })
      """)
  var startWeights: String?
  @Option(help: "Input height in pixels. \(defaults { $0.model.height })") var height: Int?
  @Option(help: "Largest width of resized images in pixels; wider is a bad record. \(defaults { $0.model.maxWidth })")
  var maxWidth: Int?
  @Option(
    help: """
      Images in a step. 8..64 grows in the course of the run: it doubles when an eighth, a quarter and half of the images \
      are done. 8,32@0.25 gives each size with the share of the run from which on it is used. \
      \(defaults { $0.batch.batchSize })
      """)
  var batchSize: String?
  @Option(help: "Images in a micro-batch, one rank's unit of work. \(defaults { $0.batch.microBatch })")
  var microBatch: Int?
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
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Images") var images: ImageOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Fine-tuning") var fineTuning: FineTuningOptions
  @Option(help: "Augmentation: default, strong, none, or a JSON file. (default: tutorial none, others default)")
  var augment: String?
  @Option(help: "Alphabet file. (default: the letters of the training labels)") var alphabet: String?
  @Flag(help: "Skip bad records, and name each in the log, instead of stopping.") var skipBad = false
  @Option(help: "Seed of all random numbers. (default: 1)") var seed: UInt64?
  @Option(help: "Steps between evaluations. (default: end of each epoch)") var evalEvery: Int?
  @Option(help: "Steps between checkpoints. (default: end of each epoch)") var checkpointEvery: Int?
  @Option(help: "Largest number of minutes between checkpoints, whatever the steps; 0 is off. (default: 10)")
  var checkpointMinutes: Double?
  @Option(help: "Newest checkpoints to keep, besides the best. (default: 3)") var keep: Int?
  @Option(help: "Steps between lines in metrics.jsonl. (default: 10)") var logEvery: Int?
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
    help:
      "Seconds without progress after which the job ends, longer if steps take long; 0 is off. (default: 60)")
  var stallTimeout: Double?
  @Option(
    help: """
      Assignment of micro-batches to ranks: static (evenly), or adaptive (by the measured speed of each rank, for machines \
      that differ or are shared). The weights are bit-identical. (default: static)
      """)
  var balance: String?
  @Option(
    help: """
      Format of gradients between machines: exact, or float (single precision). With exact, the weights are bit-identical \
      on any number of ranks. With float, they depend on the number and placement of ranks, and are reproducible for the \
      same layout. Sums within a machine are always exact. (default: exact)
      """)
  var reduce: String?
  @Option(
    help: """
      Whether a new run starts if more than half of the ranks have no work: refuse says which batch has work for them, or \
      allow. (default: refuse)
      """)
  var idleRanks: String?
  @Option(help: "File for a timeline of all ranks, as Chrome trace events.") var trace: String?
  @Flag(help: "Continue from the newest intact checkpoint in the run directory.") var resume = false
  @OptionGroup var verbosity: VerbosityOptions
  @Option(help: "JSON file of these options in camelCase; options on the command line override it.") var config: String?
  @Flag(help: "Print all options with their values, as a file for --config, and train nothing.")
  var printConfig = false

  func run() throws {
    let (flags, file) = (Overrides(of: self, names: TrainingConfiguration.optionNames), config)
    if printConfig {
      runRanks(mayRunAlone: true) { communicator in
        try communicator.together {
          let options = try TrainingConfiguration.options(flags, file: file)
          let text = try RunJSON.pretty(TrainingConfiguration.resolved(options))
          if communicator.rank == 0 { try printLine(String(text.dropLast())) }
        }
        return .done
      }
    }
    Watchdog.start(timeout: stallTimeout)
    runRanks { communicator in
      let options = try communicator.together { try TrainingConfiguration.options(flags, file: file) }
      return try runTraining(options, over: communicator)
    }
  }
}
