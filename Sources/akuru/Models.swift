import ArgumentParser
import Checkpoints
import Files
import Foundation
import Messages
import Recognition

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the models that come with Akuru.",
    discussion: """
      Example: akuru models

      Their names stand for files: akuru predict --checkpoint NAME line.png, akuru train --init-from NAME. The models are those \
      in Launch/models, or in share/akuru/models beside an installed akuru, or in the folders of AKURU_MODELS, separated by colons.
      """)

  @Argument(help: "Print the card of this model.") var name: String?

  func run() throws {
    runAlone {
      let models = StarterModels()
      if let name {
        guard let model = try models.named(name) else {
          throw ConfigurationError("\(name): there is no such model; akuru models lists all")
        }
        try printLine(model.path)
        let card = try kind(of: model.cardPath) == .file ? FileManager.default.contents(atPath: model.cardPath) : nil
        if let card { try printLine(String(decoding: card, as: UTF8.self)) }
        return .done
      }
      let all = try models.all()
      if all.isEmpty {
        let places = models.folders.joined(separator: " or ")
        printError("no model is in \(places); AKURU_MODELS can name other folders of models")
        return .done
      }
      var table = TextTable("model", "letters", "network", "weights", leftColumns: 1)
      for model in all {
        let loaded = try CheckpointDirectory.open(model.path) { _ in }
        let description = try ModelDescription(of: loaded)
        let weights = try description.architecture.weightCount(classes: description.alphabet.classCount)
        table.append(
          model.name, String(description.alphabet.scalars.count), description.architecture.name, String(weights))
      }
      for line in table.lines { try printLine(line) }
      return .done
    }
  }
}
