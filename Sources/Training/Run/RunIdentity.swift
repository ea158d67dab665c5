import Checkpoints
import Datasets
import Foundation
import Logging
import MessagePassing
import Messages
import NeuralNetwork
import Recognition

/// The identity of a run, without its state: a resumed run takes it over. The part for reading is `ModelDescription`.
package struct RunIdentity: Codable, Sendable, Equatable {
  package var recipe: Recipe
  package var architecture: Architecture
  package var alphabet: Alphabet
  /// Steps of the learning-rate schedule; nil if it never ends.
  package var scheduleSteps: Int?
  /// Images of the whole run, if they determine its steps, see ``RunLength``.
  package var images: Int?
  package var trainFingerprint: String
  package var validationFingerprint: String
  /// SHA-256 of the initial weights, if they were given.
  package var initialWeights: String?
  /// OpenBLAS kernel family; bits are reproducible within one family.
  package var blasCore: String
  /// The ``currentArithmetic`` of the program that began the run; nil if it was older than this number.
  package private(set) var arithmetic: Int?
  /// The degree of reproducibility, if it is lower than usual: the lowest of all parts of a resumed run.
  package var reproducibility: Reproducibility?

  /// Grows by one when the same run, with the same kernels, would get other bits: where the golden hashes of checkpoints are renewed.
  private static let currentArithmetic = 5

  private enum CodingKeys: String, CodingKey {
    case recipe, architecture, alphabet, scheduleSteps, images, trainFingerprint, validationFingerprint, initialWeights,
      blasCore, arithmetic
    case reproducibility = "promise"
  }

  package init(
    recipe: Recipe, architecture: Architecture, alphabet: Alphabet, scheduleSteps: Int? = nil,
    trainFingerprint: String = "", validationFingerprint: String = "", initialWeights: String? = nil, blasCore: String
  ) {
    (self.recipe, self.architecture, self.alphabet) = (recipe, architecture, alphabet)
    (self.scheduleSteps, self.initialWeights, self.blasCore) = (scheduleSteps, initialWeights, blasCore)
    (self.trainFingerprint, self.validationFingerprint) = (trainFingerprint, validationFingerprint)
    arithmetic = RunIdentity.currentArithmetic
  }

  /// The identity in a checkpoint.
  /// - Throws: `CheckpointError.damaged` if Akuru cannot have written it.
  package init(of loaded: CheckpointDirectory.LoadedCheckpoint) throws(CheckpointError) {
    guard let text = loaded.checkpoint.metadata["identity"],
      let identity = try? RunJSON.decode(RunIdentity.self, from: text),
      (try? identity.recipe.validate()) != nil, identity.scheduleSteps ?? 1 >= 1, identity.hasSensibleImages
    else { throw .damaged(path: loaded.path, why: "it says nothing of model and alphabet") }
    self = identity
    // Models from before there was a direction have texts in the order of the page, as written.
    if recipe.text.direction == nil && alphabet.mayRunRightToLeft { recipe.text.direction = .ofThePage }
    try model.requireWeights(in: loaded)
  }

  /// Whether the images of the run make sense; a damaged checkpoint may contain anything.
  private var hasSensibleImages: Bool {
    images.map { $0 >= 1 && $0 <= 1 << 60 } ?? !recipe.batch.batchSize.grows
  }

  /// The part that reading needs.
  var model: ModelDescription {
    ModelDescription(
      architecture: architecture, alphabet: alphabet, maximumWidth: recipe.model.maxWidth,
      microBatch: recipe.batch.microBatch, textPolicy: recipe.text.policy, images: recipe.images)
  }

  /// This identity, continued with the current options and data, `now`.
  /// - Throws: ``ChangedData`` if the data has changed since the run started.
  package func continued(as now: RunIdentity, log: Logger) throws -> RunIdentity {
    if now.trainFingerprint != trainFingerprint { throw ChangedData("training") }
    if now.validationFingerprint != validationFingerprint { throw ChangedData("validation") }
    if now.blasCore != blasCore {
      log.warning(
        """
        resuming with OpenBLAS kernels for \(now.blasCore), the run began with \(blasCore): the weights will differ in \
        their last bits; OPENBLAS_CORETYPE=\(blasCore) keeps them
        """)
    }
    if now.arithmetic != arithmetic {
      log.warning(
        """
        resuming with the arithmetic of Akuru \(akuruVersion), the run began with that of another version: the weights will differ in \
        their last bits; only that version keeps them
        """)
    }
    if now.reproducibility != reproducibility {
      log.warning(
        now.reproducibility == nil
          ? "resuming with exact sums a run that had steps with --reduce float: its weights stay those of its ranks then"
          : "resuming with --reduce float a run of exact sums: from here on the weights depend on the number of ranks")
    }
    var continued = self
    continued.reproducibility = reproducibility ?? now.reproducibility
    return continued
  }
}

/// The data has changed since the resumed run started; exit status 3.
package struct ChangedData: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  package let description: String
  package var exitStatus: ExitStatus { .badData }

  init(_ which: String) {
    description =
      "the \(which) data (files, sizes or texts) has changed since the run began; restore it, or start a new run directory"
  }
}
