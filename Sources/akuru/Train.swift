import ArgumentParser
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
        akuru train --config crnn.json -t data/train -v data/val -o runs/second
        akuru train --resume --run-dir runs/second

      A data set is a folder, which is searched with all folders in it, or a file: images with X.gt.txt or X.txt, pages \
      with PAGE-XML or ALTO, a list of images and texts (metadata.csv and other tables, JSON Lines, path TAB text, \
      labels.json), or shards of akuru pack. The contents show which. Images are PNG, JPEG, TIFF or WebP. Commas separate \
      several data sets. A:2,B:0.5 draws each image of A twice an epoch, and half of the images of B, the other half in the \
      next epoch.

      A bad record stops the run, unless --skip-bad is given. --polarity, --lines, --normalize, --whitespace and --direction \
      are a part of the model: what reads or evaluates with it does the same.

      --resume takes the data and all options that are not given from the run. --config takes the config.json of a run, whose \
      options a new run then has, or a JSON object of these options, named in camelCase (--batch-size is "batchSize"). Options on the command \
      line override it. --print-config prints such an object with all values that a run would have, and trains nothing.
      """)

  @OptionGroup(title: "Data") var data: TrainingDataOptions
  @OptionGroup(title: "Run") var folder: RunFolderOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Length") var length: LengthOptions
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Images") var images: ImageOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @OptionGroup(title: "Checkpoints and log") var record: RecordOptions
  @OptionGroup(title: "Fine-tuning") var fineTuning: FineTuningOptions
  @OptionGroup(title: "Processes") var ranks: RankOptions
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions

  func run() throws {
    let (flags, file) = (Overrides(of: self, names: TrainingConfiguration.optionNames), folder.config)
    if folder.printConfig {
      runRanks(mayRunAlone: true) { communicator in
        try communicator.together {
          let options = try TrainingConfiguration.options(flags, file: file)
          let text = try RunJSON.pretty(TrainingConfiguration.resolved(options))
          if communicator.rank == 0 { try printLine(String(text.dropLast())) }
        }
        return .done
      }
    }
    Watchdog.start(timeout: ranks.stallTimeout)
    runRanks { communicator in
      let options = try communicator.together { try TrainingConfiguration.options(flags, file: file) }
      return try runTraining(options, over: communicator)
    }
  }
}
