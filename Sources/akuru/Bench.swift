import ArgumentParser
import Datasets
import Diagnostics
import MessagePassing
import Messages
import Settings
import Training

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine.",
    discussion: """
      Examples:
        akuru bench step --model tutorial
        akuru bench loader --data data/train

      akuru bench without a subcommand is akuru bench step.
      """,
    subcommands: [Step.self, Loader.self, Allreduce.self, Scaling.self], defaultSubcommand: Step.self)

  /// The benchmarked model.
  struct Model: ParsableArguments {
    @Option(
      help: "akuru, crnn, tutorial, or a network in brackets. (default: akuru)",
      completion: .list(["akuru", "crnn", "tutorial"])) var model: String?
    @Option(help: "Feature maps of the first convolution, only for the model tutorial. (default: 1)") var channels: Int?
    @Option(help: "LSTM units in each direction, only for the model tutorial. (default: 256)") var hidden: Int?
    @Option(help: "Input height in pixels. \(defaults { $0.model.height })") var height: Int?
    @Option(help: "Images in a step. \(defaults { $0.batch.batchSize })") var batchSize: String?
    @Option(help: "Images in a micro-batch. \(defaults { $0.batch.microBatch })") var microBatch: Int?

    var options: Overrides { Overrides(of: self, names: TrainingConfiguration.optionNames) }
  }

  struct Step: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure training steps on random images.",
      discussion: "Example: mpirun -n 2 akuru bench step --model tutorial --channels 1 --batch-size 256 --width 200")

    @OptionGroup var model: Model
    @Option(help: "Width of the images in pixels.") var width = 200
    @Option(help: "Steps to measure.") var steps = 7
    @Option(help: "Reduce gradients during the backward pass, true or false. (default: true on several machines)")
    var overlap: Bool?
    @Option(
      help: "Format of gradients between machines: exact or float. (default: exact)",
      completion: .list(["exact", "float"])) var reduce: String?
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runRanks { communicator in
        let workload = try communicator.together {
          var options = model.options
          options["reduce"] = reduce.map { .text($0) }
          return try StepWorkload(options, width: width, steps: steps)
        }
        let result = try StepBenchmark(workload, overlaps: overlap, over: communicator).run()
        if communicator.rank == 0 { try printResult(result, result.lines, json: json) }
        return .done
      }
    }
  }

  struct Loader: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure the preparation of training images, on one thread of each rank.",
      discussion: """
        Example: akuru bench loader --data data/train

        The first rates are of decoding, resizing and augmenting; of copying images out of the cache; and of whole \
        micro-batches, from the files and from the cache. Then training steps that wait for a loader are compared with \
        steps on micro-batches that are already in memory.
        """)

    @Option(help: "Data set, or several separated by commas.", completion: .file()) var data: String
    @OptionGroup var model: Model
    @Option(
      help: "Augmentation: default, strong, none, or a JSON file. (default: tutorial none, others default)",
      completion: .list(["default", "strong", "none"]))
    var augment: String?
    @Option(help: "Images to take from the data set, spread evenly.") var images = 2000
    @OptionGroup(title: "Images") var imageOptions: ImageOptions
    @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runRanks { communicator in
        let benchmark = try communicator.together {
          var options = Overrides(
            of: imageOptions, names: ["polarity", "lines", "light", "lineNormalizer", "resampling", "sideMargin"]
          ).over(
            model.options)
          options["augment"] = augment.map { .text($0) }
          return try LoaderBenchmark(data, groundTruth.reading(), options, images: images, over: communicator)
        }
        let result = try benchmark.run()
        if communicator.rank == 0 { try printResult(result, result.lines, json: json) }
        return .done
      }
    }
  }

  struct Allreduce: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure the allreduce of gradients over all ranks, by size.",
      discussion: "Example: mpirun -n 2 akuru bench allreduce")

    @Option(
      help: "Format of gradients between machines: exact or float. (default: exact)",
      completion: .list(["exact", "float"])) var reduce: String?
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runRanks { communicator in
        let precision = try communicator.together {
          try Overrides(of: self, names: ["reduce"]).applied(to: RankSettings()).reduce
        }
        let result = try AllreduceBenchmark(precision: precision, over: communicator).run()
        if communicator.rank == 0 { try printResult(result, result.lines, json: json) }
        return .done
      }
    }
  }

  struct Scaling: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure the speedup of training with more ranks. The command starts mpirun itself.",
      discussion: """
        Example: akuru bench scaling --ranks 1,2 --model tutorial

        Strong scaling divides one batch among the ranks. Weak scaling gives each rank a batch of that size.
        """)

    @Option(help: "Numbers of ranks, separated by commas.") var ranks: String
    @OptionGroup var model: Model
    @Option(help: "Width of the images in pixels.") var width = 200
    @Option(help: "Steps to measure in each repetition.") var steps = 7
    @Option(help: "Repetitions of the measurement, alternating between the numbers of ranks.") var repetitions = 3
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runAlone {
        let counts = ranks.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let result = try ScalingBenchmark(
          model.options, width: width, steps: steps, ranks: counts, repetitions: repetitions
        ).run()
        try printResult(result, result.lines, json: json)
        return .done
      }
    }
  }
}

/// Prints one line of JSON, or the table.
private func printResult(_ result: some Encodable, _ lines: [String], json: Bool) throws {
  for line in json ? [try RunJSON.line(result)] : lines { try printLine(line) }
}
