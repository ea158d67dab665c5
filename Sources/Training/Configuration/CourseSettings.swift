import Datasets
import Messages
import Settings

/// The course of a run: random seed, data mixture, length, label dropout and frozen weights.
package struct CourseSettings: SettingsGroup {
  package var seed: UInt64 = 1
  /// Weights of the training folders, see `Mixture`; nil if all are 1. The option `train` contains them.
  package var mixture: [Double]?
  /// Passes over the training data; nil if something else ends the run.
  package var epochs: Int?
  /// Minutes for which the steps of the run are planned, by the speed at its start; nil plans for no time.
  package var minutes: Double?
  /// Evaluations without improvement after which the run ends; nil is never.
  package var earlyStopping: Int?
  /// Share of letters that are dropped from the labels at random, anew in each step; nil is none.
  package var labelDropout: Double?
  /// Names of weights that are not trained, see `FrozenWeights`; nil is none.
  package var freeze: String?

  package init() {}

  /// The label dropout of a step; nil is none.
  package func labelDropout(step: Int) -> LabelDropout? {
    labelDropout.map { LabelDropout(rate: Float($0), seed: seed, step: step) }
  }

  /// The weights in a data set argument; nil if all are 1.
  /// - Throws: `ConfigurationError`.
  package static func mixture(of argument: String) throws -> [Double]? {
    do {
      let parsed = try DataSetArgument(argument)
      return parsed.isPlain ? nil : parsed.weights
    } catch {
      throw ConfigurationError(option: "train", ": \(error)")
    }
  }

  /// A resumed run keeps the weights of its training folders.
  /// - Throws: `ConfigurationError` if `argument` gives other weights.
  package func requireSameMixture(as argument: String) throws {
    guard try CourseSettings.mixture(of: argument) != mixture else { return }
    let kept = mixture.map { "weights \($0.map { "\($0)" }.joined(separator: ", "))" } ?? "no weights"
    throw ConfigurationError(
      option: "train",
      " \(argument) contradicts the run that is resumed, which has \(kept); give the same, or start a new run directory"
    )
  }

  package func validate() throws {
    guard mixture?.allSatisfy({ $0 > 0 && $0 <= DataSetArgument.largestWeight }) ?? true else {
      throw ConfigurationError(option: "train", ": weights must be above 0, and at most 1000")
    }
    try requireCount(epochs, CodingKeys.epochs)
    if let minutes {
      try require(
        minutes > 0 && minutes <= 1e6, CodingKeys.minutes, minutes, "must be positive, and at most 1,000,000")
      if epochs != nil {
        throw ConfigurationError(
          option: "minutes", " plans the length of the run, and so does --epochs: give one of them")
      }
    }
    try requireCount(earlyStopping, CodingKeys.earlyStopping)
    try requireShare(labelDropout, CodingKeys.labelDropout)
  }
}
