import ArgumentParser
import MessagePassing
import Training

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a trained model for other programs.",
    discussion: """
      Example: akuru export --checkpoint runs/first --format onnx --output model.onnx

      safetensors: the weights under PyTorch's names, with alphabet, preprocessing and architecture in the metadata, and a \
      config.json with the same beside the file. onnx: a model for ONNX Runtime (operator set 17); its inputs are images \
      of any number and width, and the width of each; an image's result does not depend on the others.
      """)

  @Option(help: "Checkpoint file, or run directory: its best checkpoint, else the newest.") var checkpoint: String
  @Option(help: "safetensors or onnx.") var format: String
  @Option(help: "The file to write.") var output: String

  func run() throws {
    runRanks { communicator in
      let form = try communicator.together {
        guard let form = ExportFormat(rawValue: format) else {
          let names = ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")
          throw ConfigurationError("--format \(format): it is one of \(names)")
        }
        return form
      }
      let log = RunLog(rank: communicator.rank).logger()
      let recogniser = try Recogniser(checkpoint, over: communicator, log: log)
      try communicator.together {
        if communicator.rank == 0 { try recogniser.export(form, to: output) }
      }
      return .done
    }
  }
}
