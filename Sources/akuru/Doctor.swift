import ArgumentParser
import Diagnostics
import MessagePassing
import Messages

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Examine machines and ranks before a big run.",
    discussion: """
      Example: mpirun -n 8 --hostfile hosts --map-by core --bind-to core akuru doctor --data data/train --run-dir runs/big

      Start doctor in the same way as the training. It compares versions, builds, OpenBLAS kernels and data of all ranks. It \
      checks that every rank has its own core and that all machines see the run directory. It measures sums over all ranks. \
      The exit status is 0 if the training can start, else 5.
      """)

  @Option(help: "Data set to compare on all ranks, as for train.", completion: .file()) var data: String?
  @Option(help: "Run directory of the planned training.", completion: .directory) var runDir: String?
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    runRanks { communicator in
      let diagnosis = try examine(
        data: data, communicator.together { try groundTruth.reading() }, runDir: runDir, over: communicator)
      try communicator.together {
        guard let diagnosis else { return }
        for line in json ? [try RunJSON.line(diagnosis)] : diagnosis.lines { try printLine(line) }
      }
      let isReady = try communicator.allreduceMax([diagnosis.map { $0.isReady ? 0 : 1 } ?? 0])[0] == 0
      return isReady ? .done : .ranksDisagree
    }
  }
}
