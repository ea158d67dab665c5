import ArgumentParser
import Console
import MessagePassing
import Messages
import Recognition

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export a trained model for other programs.",
    discussion: """
      Example: akuru export --checkpoint runs/first --format onnx --output model.onnx

      safetensors contains the weights under PyTorch's names. Its metadata, and a config.json beside the file, contain \
      alphabet, preprocessing and architecture. onnx is a model for ONNX Runtime (operator set 17). Its inputs are images \
      of any number and width, and the width of each. An image's result does not depend on the other images. akuru is a \
      checkpoint with the weights alone, a third of the size: for --checkpoint and --init-from, not for --resume. kraken is \
      a safetensors file for kraken (ocr --pad 0 -m) and eScriptorium; a layer that kraken does not have is named.
      """)

  @Option(
    name: [.customShort("m"), .long], help: "Checkpoint file, or run directory (its best checkpoint, else the newest).",
    completion: .file()) var checkpoint: String
  @Option(
    help: "Format of the file: safetensors, onnx, kraken or akuru.",
    completion: .list(["safetensors", "onnx", "kraken", "akuru"]))
  var format: String
  @Option(
    name: [.customShort("o"), .long], help: "File to write. It must not exist yet.", completion: .file()) var output:
    String

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
      let recognizer = try Recognizer(checkpoint, over: communicator, log: log)
      try communicator.together {
        if communicator.rank == 0 {
          try recognizer.export(form, of: checkpoint, to: output) { log.warning("\($0)") }
        }
      }
      return .done
    }
  }
}
