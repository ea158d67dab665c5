import Checkpoints
import Datasets
import Foundation
import Messages
import NeuralNetwork

/// What a trained model is, apart from its weights: the part of a checkpoint's `identity` that reading needs.
package struct ModelDescription: Codable, Sendable, Equatable {
  package var architecture: Architecture
  /// Class k is letter k - 1; class 0 is the CTC blank.
  package var alphabet: Alphabet
  private var recipe: Reading

  /// What the recipe of a training says about reading.
  private struct Reading: Codable, Equatable {
    var maxWidth: Int
    var microBatch: Int
  }

  /// - Parameters:
  ///   - maximumWidth: columns above which a resized image is refused.
  ///   - microBatch: images in a micro-batch of an evaluation.
  package init(architecture: Architecture, alphabet: Alphabet, maximumWidth: Int, microBatch: Int) {
    (self.architecture, self.alphabet) = (architecture, alphabet)
    recipe = Reading(maxWidth: maximumWidth, microBatch: microBatch)
  }

  /// The description in a checkpoint.
  /// - Throws: `CheckpointError.damaged` when it cannot have been written by Akuru.
  package init(of loaded: CheckpointDirectory.LoadedCheckpoint) throws(CheckpointError) {
    guard let text = loaded.checkpoint.metadata["identity"],
      let description = try? RunJSON.decode(ModelDescription.self, from: text),
      (4...65_535).contains(description.recipe.maxWidth), (1...1_000_000).contains(description.recipe.microBatch)
    else { throw .damaged(path: loaded.path, why: "it says nothing of model and alphabet") }
    self = description
    try requireWeights(in: loaded)
  }

  /// Checks that a checkpoint holds as many numbers as the model has weights, before memory is taken for the model.
  package func requireWeights(in loaded: CheckpointDirectory.LoadedCheckpoint) throws(CheckpointError) {
    guard let weights = try? architecture.weightCount(classes: alphabet.classCount) else {
      throw .damaged(path: loaded.path, why: "it says nothing of model and alphabet")
    }
    guard weights <= loaded.checkpoint.tensors.reduce(0, { $0 + $1.values.count }) else {
      throw .damaged(path: loaded.path, why: "it holds fewer weights than its model has")
    }
  }

  /// What the network asks of its input images.
  package var geometry: InputGeometry { InputGeometry(architecture, maximumWidth: recipe.maxWidth) }

  /// Images in a micro-batch of an evaluation, whose figures depend on it in their last bits.
  package var microBatch: Int { recipe.microBatch }
}

extension InputGeometry {
  /// What a network asks of its input images.
  package init(_ architecture: Architecture, maximumWidth: Int) {
    self.init(
      height: architecture.inputHeight, maximumWidth: maximumWidth, minimumWidth: max(4, architecture.minimumWidth),
      sequenceLength: { architecture.sequenceLength(forWidth: $0) })
  }
}
