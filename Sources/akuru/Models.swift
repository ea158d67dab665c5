import ArgumentParser
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
      let models = NamedModels()
      if let name {
        guard let model = try models.named(name) else {
          throw ConfigurationError("\(name): there is no such model; akuru models lists all")
        }
        try printLine(model.path)
        if let card = try model.card() { try printLine(card) }
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
        let description = try ModelDescription(ofModelAt: model.path)
        let weights = try description.architecture.weightCount(classes: description.alphabet.classCount)
        table.append(
          model.name, String(description.alphabet.scalars.count), description.architecture.name, String(weights))
      }
      for line in table.lines { try printLine(line) }
      return .done
    }
  }
}
