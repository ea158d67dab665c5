import Checkpoints
import Datasets
import Foundation
import Messages
import NeuralNetwork

/// The description of a trained model without its weights: the part of a checkpoint's `identity` for reading.
package struct ModelDescription: Codable, Sendable, Equatable {
  package var architecture: Architecture
  /// Class k is letter k - 1; class 0 is the CTC blank.
  package var alphabet: Alphabet
  private var recipe: Reading

  /// The part of a training recipe that concerns reading.
  private struct Reading: Codable, Equatable {
    var maxWidth: Int
    var microBatch: Int
    var normalize: TextPolicy.Normalization?
    var whitespace: TextPolicy.Whitespace?
    var direction: TextDirection?
    var polarity: ImagePreparation.Polarity?
    var lines: ImagePreparation.LineDirection?
    var light: ImagePreparation.Light?
    var lineNormalizer: ImagePreparation.LineNormalizer?
    var resampling: ImagePreparation.Resampling?
    var sideMargin: Int?
  }

  /// - Parameters:
  ///   - maximumWidth: the widest resized image that is accepted, in columns.
  ///   - microBatch: images in a micro-batch of an evaluation.
  ///   - textPolicy: what happened to the texts that it learned from.
  ///   - images: what happens to images before they are resized.
  package init(
    architecture: Architecture, alphabet: Alphabet, maximumWidth: Int, microBatch: Int, textPolicy: TextPolicy,
    images: ImageSettings = ImageSettings()
  ) {
    (self.architecture, self.alphabet) = (architecture, alphabet)
    recipe = Reading(
      maxWidth: maximumWidth, microBatch: microBatch, normalize: textPolicy.normalization,
      whitespace: textPolicy.whitespace, direction: textPolicy.direction, polarity: images.polarity,
      lines: images.lines,
      light: images.light, lineNormalizer: images.lineNormalizer, resampling: images.resampling,
      sideMargin: images.sideMargin)
  }

  /// The description in a checkpoint.
  /// - Throws: `CheckpointError.damaged` if Akuru cannot have written it.
  package init(of loaded: CheckpointDirectory.LoadedCheckpoint) throws(CheckpointError) {
    guard let text = loaded.checkpoint.metadata["identity"],
      let description = try? RunJSON.decode(ModelDescription.self, from: text),
      (4...65_535).contains(description.recipe.maxWidth), (1...1_000_000).contains(description.recipe.microBatch),
      (0...256).contains(description.recipe.sideMargin ?? 0)
    else { throw .damaged(path: loaded.path, why: "it says nothing of model and alphabet") }
    self = description
    try requireWeights(in: loaded)
  }

  /// The description in a checkpoint file.
  /// - Throws: `CheckpointError` for a file that is missing, damaged or no checkpoint.
  package init(ofModelAt path: String) throws(CheckpointError) {
    try self.init(of: CheckpointDirectory.LoadedCheckpoint(path: path, checkpoint: try Checkpoint.read(path)))
  }

  /// Checks that a checkpoint has as many numbers as the model has weights, before memory is allocated for the model.
  package func requireWeights(in loaded: CheckpointDirectory.LoadedCheckpoint) throws(CheckpointError) {
    guard let weights = try? architecture.weightCount(classes: alphabet.classCount) else {
      throw .damaged(path: loaded.path, why: "it says nothing of model and alphabet")
    }
    guard weights <= loaded.checkpoint.tensors.reduce(0, { $0 + $1.values.count }) else {
      throw .damaged(path: loaded.path, why: "it holds fewer weights than its model has")
    }
  }

  /// The network's requirements of its input images.
  package var geometry: InputGeometry {
    InputGeometry(architecture, maximumWidth: recipe.maxWidth, preparation: images.preparation)
  }

  /// What happens to images before they are resized.
  package var images: ImageSettings {
    var images = ImageSettings()
    (images.polarity, images.lines) = (recipe.polarity, recipe.lines)
    (images.light, images.lineNormalizer) = (recipe.light, recipe.lineNormalizer)
    (images.resampling, images.sideMargin) = (recipe.resampling, recipe.sideMargin)
    return images
  }

  /// What happened to the texts that the model learned from; references are treated alike.
  package var textPolicy: TextPolicy {
    let older = TextPolicy.ofOlderModels
    return TextPolicy(
      normalization: recipe.normalize ?? older.normalization, whitespace: recipe.whitespace ?? older.whitespace,
      direction: recipe.direction)
  }

  /// Texts as the network's classes.
  package var codec: LabelCodec { LabelCodec(alphabet, direction: recipe.direction) }

  /// Images in a micro-batch of an evaluation, whose metrics depend on it in their last bits.
  package var microBatch: Int { recipe.microBatch }
}

extension InputGeometry {
  /// A network's requirements of its input images.
  package init(
    _ architecture: Architecture, maximumWidth: Int, preparation: ImagePreparation = ImagePreparation()
  ) {
    self.init(
      height: architecture.inputHeight, maximumWidth: maximumWidth, minimumWidth: max(4, architecture.minimumWidth),
      preparation: preparation,
      sequenceLength: { architecture.sequenceLength(forWidth: $0) })
  }
}
