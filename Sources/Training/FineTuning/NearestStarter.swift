import Checkpoints
import Datasets
import Files
import Foundation
import NeuralNetwork
import Recognition
import Settings

/// The model among those that come with Akuru from which a new run begins if nothing else is asked for: the one with the run's
/// network that knows most of the letters in the training texts.
struct NearestStarter {
  let name: String
  /// Its name for `--init-from`, or its path where something else has that name.
  let argument: String
  /// The share of the letters in the training texts that it knows, 0...1; each letter counts as often as it occurs.
  let knownShare: Double

  /// A model that knows fewer is of another script.
  static let leastShare = 0.8

  /// nil if no model suits.
  ///
  /// - Parameter log: receives the name of a model that cannot be read, and why.
  init?(
    for texts: some Sequence<String>, _ recipe: Recipe, among models: StarterModels = StarterModels(),
    log: (String) -> Void
  ) throws {
    let counts = NearestStarter.counts(of: texts)
    let all = counts.reduce(0) { $0 + $1.value }
    guard all > 0, let architecture = try? recipe.model.architecture() else { return nil }
    var best: (model: StarterModels.Model, known: Int)?
    for model in try models.all() {
      let description: ModelDescription
      do {
        description = try ModelDescription(ofModelAt: model.path)
      } catch {
        log("model \(model.name) is left out: \(error)")
        continue
      }
      guard description.architecture.isSameNetwork(as: architecture),
        description.textPolicy == recipe.text.settled(for: description.alphabet).policy
      else { continue }
      let letters = Set(description.alphabet.scalars)
      let known = counts.reduce(0) { letters.contains($1.key) ? $0 + $1.value : $0 }
      if known > best?.known ?? 0 { best = (model, known) }
    }
    guard let best, Double(best.known) >= NearestStarter.leastShare * Double(all) else { return nil }
    (name, knownShare) = (best.model.name, Double(best.known) / Double(all))
    argument = try kind(of: name) == nil ? name : best.model.path
  }

  /// How often each letter occurs; white space is no letter.
  private static func counts(of texts: some Sequence<String>) -> [Unicode.Scalar: Int] {
    var counts: [Unicode.Scalar: Int] = [:]
    for text in texts {
      for scalar in text.unicodeScalars where !scalar.properties.isWhitespace { counts[scalar, default: 0] += 1 }
    }
    return counts
  }
}

extension Architecture {
  /// Whether weights of the one fit the other, but for the rows of the letters.
  fileprivate func isSameNetwork(as other: Architecture) -> Bool {
    stages == other.stages && inputHeight == other.inputHeight && inkIsPositive == other.inkIsPositive
  }
}

extension Overrides {
  /// These options with a model to begin from, if nothing else decides that. Letters of the texts that it does not know are added; an alphabet
  /// that was given is kept.
  func beginning(with starter: String) -> Overrides {
    var options = self
    options["initFrom"] = .text(starter)
    options["alphabetChange"] = .text((self["alphabet"] == nil ? AlphabetChange.union : .new).rawValue)
    return options
  }

  /// Whether the user decided how the weights begin.
  var decideStart: Bool { isOn("fromScratch") || self["initFrom"] != nil || self["startWeights"] != nil }
}
