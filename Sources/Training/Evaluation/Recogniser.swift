import Datasets
import Foundation
import Images
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
  /// - Parameter samples: number of images whose texts are returned as well, spread evenly over the data set.
  /// - Returns: the figures on every rank; (reference, prediction) pairs on rank 0.
  public func evaluate(
    _ argument: String, samples: Int = 0, skipBad: Bool = false, over communicator: Communicator, log: Logger
  ) throws -> (report: EvaluationReport, samples: [(path: String, reference: String, prediction: String)]) {
    let data = try PreparedData(
      argument, alphabet: nil, geometry: identity.geometry, use: .evaluation, skipBad: skipBad,
      communicator: communicator, log: log)
    let records = data.dataSet.records
    let chosen = (0..<min(samples, records.count)).map { $0 * records.count / samples }
    let evaluator = Evaluator(
      state.network, alphabet: alphabet, microBatch: identity.recipe.microBatch, communicator)
    let evaluation = try evaluator.evaluate(data, samples: Set(chosen))
    let pairs = chosen.compactMap { sample in
      evaluation.predictions[sample].map { (records[sample].path, records[sample].text, $0) }
    }
    return (evaluation.report, pairs)
  }

  /// Reads one image: `akuru predict`.
  ///
  /// - Throws: `PNGError` for a file that is no usable image; ``UnreadableImage`` for one that is too wide.
  public func read(_ path: String) throws -> String {
    let image = try PNG.read(path: path)
    let geometry = identity.geometry
    let width = geometry.resizedWidth(width: image.width, height: image.height)
    guard width <= geometry.maximumWidth else {
      throw UnreadableImage(
        """
        \(path): \(width) pixels wide at height \(geometry.height), the model takes \(geometry.maximumWidth); cut it into \
        shorter lines
        """)
    }
    let resized = image.resized(width: width, height: geometry.height)
    let network = state.network
    try network.plan(widths: [width])
    network.clearInput()
    resized.pixels.withUnsafeBufferPointer { network.load(image: 0, pixels: $0.baseAddress!, width: width) }
    network.forward(.evaluation)
    let letters = LabelBatch()
    GreedyDecoder().decode(network.logits, into: letters)
    return alphabet.decode(letters[0])
  }
}

/// An image that a model cannot take; exit status 3.
public struct UnreadableImage: Error, CustomStringConvertible, ExitStatusProviding {
  public let description: String
  public var exitStatus: ExitStatus { .badData }

  init(_ description: String) {
    self.description = description
  }
}
