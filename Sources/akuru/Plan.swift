import ArgumentParser
import Diagnostics
import MessagePassing
import Messages
import Settings
import Training

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare batches for a number of ranks, before a run.",
    discussion: """
      Example: mpirun -n 2 akuru plan --train data/train --ranks 64 --machines 4 --network 25

      The usual batch has work for two ranks. Batches that grow have work for more. plan measures some training steps and a \
      sum of gradients here, and computes by the model in Launch/docs/scaling.md what a run would take with each batch. It \
      prints a table, and the options for akuru train. The ranks of a run never change its recipe.
      """)

  @Option(help: "Training data, as for train.") var train: String
  @Option(help: "Ranks of the planned run.") var ranks: Int
  @Option(help: "Machines of the planned run.") var machines = 1
  @Option(help: "Gbit/s between machines.") var network = 10.0
  @OptionGroup var model: Bench.Model
  @Option(help: "Passes over the training data. (default: as many as train makes)") var epochs: Int?
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    runRanks { communicator in
      let planner = try Planner(
        train, communicator.together { try groundTruth.reading() },
        Overrides(of: self, names: ["epochs"]).over(model.options), ranks: ranks, machines: machines, network: network,
        over: communicator)
      let plan = try planner.plan()
      try communicator.together {
        guard communicator.rank == 0 else { return }
        for line in json ? [try RunJSON.line(plan)] : plan.lines { try printLine(line) }
      }
      return .done
    }
  }
}
