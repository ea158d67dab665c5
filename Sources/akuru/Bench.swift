import ArgumentParser
import Training

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine.",
    discussion: """
      Examples:
        akuru bench step --model seed
        akuru bench loader --data data/train

      Without a subcommand it is akuru bench step.
      """,
    subcommands: [Step.self, Loader.self, Allreduce.self, Scaling.self], defaultSubcommand: Step.self)

  /// What is trained.
  struct Model: ParsableArguments {
    @Option(help: "akuru (default), crnn, seed, or a network in brackets.") var model: String?
    @Option(help: "Feature maps of the first convolution (model seed; 1).") var channels: Int?
    @Option(help: "LSTM units in each direction (model seed; 256).") var hidden: Int?
    @Option(help: "Input height in pixels (akuru 40, crnn 32, seed 61).") var height: Int?
    @Option(help: "Images in a step (akuru 32, crnn 64, seed 256).") var batchSize: Int?
    @Option(help: "Images in a micro-batch (akuru 8, crnn 16, seed 64).") var microBatch: Int?

    var options: TrainingOptions {
      var options = TrainingOptions()
      (options.model, options.channels, options.hidden, options.height) = (model, channels, hidden, height)
      (options.batchSize, options.microBatch) = (batchSize, microBatch)
      return options
    }
  }

  struct Step: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure training steps on random images.",
      discussion: "Example: mpirun -n 2 akuru bench step --model seed --channels 1 --batch-size 256 --width 200")

    @OptionGroup var model: Model
    @Option(help: "Width of the images in pixels.") var width = 200
    @Option(help: "Steps to measure.") var steps = 7
    @Option(help: "Reduce gradients during the backward pass, true or false (true on several machines).")
    var overlap: Bool?
    @Option(help: "What gradients are sent as between machines: exact (default) or float.") var reduce: String?
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runRanks { communicator in
        let workload = try communicator.together {
          var options = model.options
          options.reduce = reduce
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
      abstract: "Measure what prepares training images, on one thread of each rank.",
      discussion: """
        Example: akuru bench loader --data data/train

        Images per second of decoding, resizing and augmenting; of copying images out of the cache; and of whole \
        micro-batches, from the files and from the cache. Then the time of training steps that a loader feeds, against steps \
        on micro-batches that are ready.
        """)

    @Option(help: "Data set: a folder, or several separated by commas.") var data: String
    @OptionGroup var model: Model
    @Option(help: "default, strong, none, or a JSON file (seed none, others default).") var augment: String?
    @Option(help: "Images to take from the data set, evenly spread.") var images = 2000
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runRanks { communicator in
        let benchmark = try communicator.together {
          var options = model.options
          options.augment = augment
          return try LoaderBenchmark(data, options, images: images, over: communicator)
        }
        let result = try benchmark.run()
        if communicator.rank == 0 { try printResult(result, result.lines, json: json) }
        return .done
      }
    }
  }

  struct Allreduce: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure sums of gradients over all ranks by size.",
      discussion: "Example: mpirun -n 2 akuru bench allreduce")

    @Option(help: "What gradients are sent as between machines: exact (default) or float.") var reduce: String?
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
      runRanks { communicator in
        let precision = try communicator.together {
          var options = TrainingOptions()
          options.reduce = reduce
          return try options.precision()
        }
        let result = try AllreduceBenchmark(precision: precision, over: communicator).run()
        if communicator.rank == 0 { try printResult(result, result.lines, json: json) }
        return .done
      }
    }
  }

  struct Scaling: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure the speedup of training steps with more ranks. Starts mpirun itself.",
      discussion: """
        Example: akuru bench scaling --ranks 1,2 --model seed

        Strong scaling shares one batch among the ranks; weak scaling gives each rank a batch of that size.
        """)

    @Option(help: "Numbers of ranks, separated by commas.") var ranks: String
    @OptionGroup var model: Model
    @Option(help: "Width of the images in pixels.") var width = 200
    @Option(help: "Steps to measure in each repetition.") var steps = 7
    @Option(help: "Repetitions, one after the other for all numbers of ranks.") var repetitions = 3
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
