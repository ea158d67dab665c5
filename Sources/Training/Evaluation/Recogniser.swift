import Datasets
import Foundation

import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// A trained network with its alphabet, read from a checkpoint, for evaluation and prediction.
public final class Recogniser {
  let identity: TrainingState.Identity
  let state: TrainingState
  var alphabet: Alphabet { identity.alphabet }

  /// Rank 0 reads the checkpoint; all ranks get its weights.
  ///
  /// - Parameter argument: a checkpoint file, or a run directory: its best checkpoint, else the newest.
  /// - Throws: `CheckpointError` for one that is missing or damaged.
  public init(_ argument: String, over communicator: Communicator, log: Logger) throws {
    BLAS.useOneThread()
    var found: CheckpointDirectory.Found?
    identity = try communicator.fromRankZero {
      let opened = try CheckpointDirectory.open(argument) { log.warning("\($0)") }
      found = opened
      return try TrainingState.identity(of: opened.checkpoint, path: opened.path)
    }
    state = try TrainingState(identity: identity)
    try communicator.together {
      if let found { try state.restoreWeights(found.checkpoint, path: found.path) }
    }
    try state.broadcast(over: communicator)
  }

  /// Measures the network on a data set: `akuru evaluate`.
  ///
  /// - Returns: the figures and all images; on rank 0 only.
  public func evaluate(
    _ argument: String, decoding: DecodingOptions = DecodingOptions(), skipBad: Bool = false,
    over communicator: Communicator, output: RunLog
  ) throws -> DetailedReport? {
    let decoder = try communicator.together { try decoding.decoder(alphabet) }
    let data = try PreparedData(
      argument, alphabet: nil, geometry: identity.geometry, use: .evaluation, skipBad: skipBad,
      communicator: communicator, output: output)
    let evaluator = Evaluator(
      state.network, alphabet: alphabet, microBatch: identity.recipe.microBatch, decoder: decoder, communicator)
    guard let evaluation = try evaluator.evaluate(data, keepsPredictions: true, output: output) else {
      throw StoppedBeforeTraining()
    }
    guard communicator.rank == 0 else { return nil }
    let images = data.dataSet.records.enumerated().map { i, record in
      EvaluatedImage(path: record.path, reference: record.text, prediction: evaluation.predictions[i] ?? "")
    }
    return DetailedReport(report: evaluation.report, details: EvaluationDetails(images), images: images)
  }
}

/// An image that a model cannot take; exit status 3.
public struct UnreadableImage: Error, CustomStringConvertible, ExitStatusProviding {
  public let description: String
  public var exitStatus: ExitStatus { .badData }

  init(_ description: String) {
    self.description = description.onOneLine
  }
}
