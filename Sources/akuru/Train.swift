import ArgumentParser
import Training

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on a folder of images.",
    discussion: """
      Examples:
        mpirun -n 2 akuru train --train data/train --validation data/val --run-dir runs/first --epochs 10
        akuru train --model crnn --epochs 10 --print-config > crnn.json
        akuru train --config crnn.json --train data/train --validation data/val --run-dir runs/second

      A data set is a folder with metadata.csv or metadata.jsonl (file_name, text), with X.png + X.gt.txt pairs, or with \
      shards of akuru pack, or a metadata file of another name; images are PNG or JPEG. Several are separated by commas. \
      A:2,B:0.5 draws each image of A twice an epoch, and half of those of B, the other half in the next.

      --config takes a JSON object of these options, named in camelCase (--batch-size is "batchSize"); options on the command \
      line win over it. --print-config prints such an object with all values that a run would have, and trains nothing.
      """)

  @Option(help: "Training data, weights of folders allowed.") var train: String?
  @Option(help: "Validation data, never trained on.") var validation: String?
  @Option(help: "Folder for checkpoints, logs and metrics.") var runDir: String?
  @Option(
    help: """
      Folder for decoded images, which runs on the same data can share (cache in the run directory); none decodes each \
      image whenever it is needed.
      """)
  var cache: String?
  @Option(help: "akuru (default), crnn, seed, or a network in brackets.") var model: String?
  @Option(help: "Feature maps of the first convolution (model seed; 1).") var channels: Int?
  @Option(help: "LSTM units in each direction (model seed; 256).") var hidden: Int?
  @Option(help: "Input height in pixels (akuru 40, crnn 32, seed 61).") var height: Int?
  @Option(help: "Widest resized image in pixels; wider is bad data (4096).") var maxWidth: Int?
  @Option(help: "Images in a step (akuru 32, crnn 64, seed 256).") var batchSize: Int?
  @Option(help: "Images in a micro-batch, one rank's unit of work (akuru 8, crnn 16, seed 64).") var microBatch: Int?
  @Option(help: "Passes over the training data.") var epochs: Int?
  @Option(help: "Steps after which the run is done.") var maxSteps: Int?
  @Option(help: "Minutes after which to checkpoint and exit with 85; go on with --resume.") var maxMinutes: Double?
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Fine-tuning") var fineTuning: FineTuningOptions
  @Option(help: "default, strong, none, or a JSON file (seed none, others default).") var augment: String?
  @Option(help: "Alphabet file instead of the letters of the training labels.") var alphabet: String?
  @Flag(help: "Leave bad records out, naming each in the log, instead of stopping.") var skipBad = false
  @Option(help: "Seed of everything random (1).") var seed: UInt64?
  @Option(help: "Steps between evaluations (once an epoch).") var evalEvery: Int?
  @Option(help: "Steps between checkpoints (once an epoch).") var checkpointEvery: Int?
  @Option(help: "Newest checkpoints to keep besides the best (3).") var keep: Int?
  @Option(help: "Steps between lines in metrics.jsonl (10).") var logEvery: Int?
  @Option(
    help:
      "Steps skipped in a row, for losses or gradients that are not finite, that end the run (5).")
  var maxBadSteps: Int?
  @Option(
    help: "Steps between comparisons of all ranks' weights (500; also before each checkpoint).")
  var verifyEvery: Int?
  @Option(
    help:
      "Seconds without progress after which a job is ended as stalled, at least (60; 0 is never).")
  var stallTimeout: Double?
  @Option(
    help: """
      How micro-batches are dealt to ranks: static, evenly (default), or adaptive, by the speed that each rank has shown, for \
      machines that differ or are shared. The weights get the same bits.
      """)
  var balance: String?
  @Option(
    help: """
      What gradients are sent as between machines: exact (default), which gives the same bits on any number of ranks, or \
      float, single precision for slow networks: the same bits on every rank and from run to run with the same ranks, \
      not with others. Within a machine sums are exact.
      """)
  var reduce: String?
  @Option(help: "File for a timeline of every rank, as Chrome trace events.") var trace: String?
  @Flag(help: "Go on from the newest good checkpoint in the run directory.") var resume = false
  @OptionGroup var verbosity: VerbosityOptions
  @Option(help: "JSON file of these options in camelCase; flags win over it.") var config: String?
  @Flag(help: "Print all options with the values they would have, as a file for --config, and stop.")
  var printConfig = false

  func run() throws {
    var options = TrainingOptions()
    options.train = train
    options.validation = validation
    options.runDir = runDir
    options.cache = cache
    options.model = model
    options.channels = channels
    options.hidden = hidden
    options.height = height
    options.maxWidth = maxWidth
    options.batchSize = batchSize
    options.microBatch = microBatch
    options.epochs = epochs
    options.maxSteps = maxSteps
    options.maxMinutes = maxMinutes
    optimization.write(to: &options)
    fineTuning.write(to: &options)
    options.augment = augment
    options.alphabet = alphabet
    options.skipBad = skipBad ? true : nil
    options.seed = seed
    options.evalEvery = evalEvery
    options.checkpointEvery = checkpointEvery
    options.keep = keep
    options.logEvery = logEvery
    options.maxBadSteps = maxBadSteps
    options.verifyEvery = verifyEvery
    options.stallTimeout = stallTimeout
    options.balance = balance
    options.reduce = reduce
    options.trace = trace
    options.resume = resume ? true : nil
    (options.quiet, options.verbose) = (verbosity.quiet ? true : nil, verbosity.verbose ? true : nil)
    let (flags, file) = (options, config)
    if printConfig {
      runRanks(mayRunAlone: true) { communicator in
        try communicator.together {
          let options = try flags.over(file: file)
          let text = try RunJSON.pretty(options.resolved().withEveryOption)
          if communicator.rank == 0 { try printLine(String(text.dropLast())) }
        }
        return .done
      }
    }
    Watchdog.start(timeout: stallTimeout)
    runRanks { communicator in
      let options = try communicator.together { try flags.over(file: file) }
      return try runTraining(options, over: communicator)
    }
  }
}
