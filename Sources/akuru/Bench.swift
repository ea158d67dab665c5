import ArgumentParser
import Training

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine.", subcommands: [Step.self], defaultSubcommand: Step.self)

  struct Step: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure training steps on random images.",
      discussion: "Example: mpirun -n 2 akuru bench step --model seed --channels 1 --batch-size 256 --width 200")

    @Option(help: "akuru (default) or seed.") var model: String?
    @Option(help: "Feature maps of the first convolution (model seed; 1).") var channels: Int?
    @Option(help: "LSTM units in each direction (model seed; 256).") var hidden: Int?
    @Option(help: "Images in a step (akuru 32, seed 256).") var batchSize: Int?
    @Option(help: "Images in a micro-batch (akuru 8, seed 64).") var microBatch: Int?
    @Option(help: "Width of the images in pixels.") var width = 200
    @Option(help: "Steps to measure.") var steps = 7
    @Option(help: "Reduce gradients during the backward pass, true or false (true on several machines).")
    var overlap: Bool?
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
      if !(1...100_000).contains(steps) { throw ValidationError("--steps \(steps): must be 1 to 100,000") }
      if !(1...65_535).contains(width) { throw ValidationError("--width \(width): must be 1 to 65,535") }
    }

    func run() throws {
      runRanks { communicator in
        var options = TrainingOptions()
        (options.model, options.channels, options.hidden) = (model, channels, hidden)
        (options.batchSize, options.microBatch) = (batchSize, microBatch)
        let result = try StepBenchmark(
          options, width: width, steps: steps, overlaps: overlap, over: communicator
        ).run()
        guard communicator.rank == 0 else { return .done }
        if json {
          printLine(try RunJSON.line(result))
        } else {
          for line in result.lines { printLine(line) }
        }
        return .done
      }
    }
  }
}
