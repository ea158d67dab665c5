import ArgumentParser
import Training

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Examine machines and ranks before a big run.",
    discussion: """
      Example: mpirun -n 8 --hostfile hosts --map-by core --bind-to core akuru doctor --data data/train --run-dir runs/big

      Start it as the training will be started. It compares versions, builds, OpenBLAS kernels and data of all ranks, checks \
      that every rank has a core of its own, that all machines see the run directory, and measures sums over all ranks. \
      Exit status 0 when nothing is in the way of a training, else 5.
      """)

  @Option(help: "Data set to compare, as for train.") var data: String?
  @Option(help: "Run directory that is to be written.") var runDir: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    runRanks { communicator in
      let diagnosis = try examine(data: data, runDir: runDir, over: communicator)
      try communicator.together {
        guard let diagnosis else { return }
        for line in json ? [try RunJSON.line(diagnosis)] : diagnosis.lines { try printLine(line) }
      }
      let isReady = try communicator.allreduceMax([diagnosis.map { $0.isReady ? 0 : 1 } ?? 0])[0] == 0
      return isReady ? .done : .ranksDisagree
    }
  }
}
