import Checkpoints
import Datasets
import Logging
import MessagePassing
import Messages
import NeuralNetwork
import Tensors

/// The models that have names, see `akuru models`.
package typealias NamedModels = StarterModels

/// A trained network with its alphabet, read from a checkpoint: for prediction, evaluation and export. It has no
/// optimizer.
package final class Recognizer {
  package let description: ModelDescription
  package let network: CRNN
  package var alphabet: Alphabet { description.alphabet }
  /// The character error rate on the run's validation data, if the checkpoint was made when it was measured; on rank 0.
  package private(set) var validationCER: Double?

  /// A network whose weights are zero.
  /// - Throws: `ArchitectureError` if the network cannot be built.
  package init(_ description: ModelDescription) throws {
    self.description = description
    network = try CRNN(architecture: description.architecture, classes: description.alphabet.classCount)
  }

  /// Rank 0 reads the checkpoint; all ranks get its weights. Collective.
  ///
  /// - Parameter argument: a checkpoint file, a run directory (its best checkpoint, else the newest), or a safetensors file of kraken.
  /// - Throws: `CheckpointError` for one that is missing or damaged; `KrakenModel.Fault`.
  package convenience init(_ argument: String, over communicator: Communicator, log: Logger) throws {
    BLAS.useOneThread()
    var loaded: CheckpointDirectory.LoadedCheckpoint?
    let description = try communicator.fromRankZero {
      if let model = try KrakenModel(argument) {
        for warning in model.warnings { log.warning("\(model.path): \(warning)") }
        loaded = model.checkpoint
        return model.description
      }
      let opened = try CheckpointDirectory.open(argument) { log.warning("\($0)") }
      loaded = opened
      return try ModelDescription(of: opened)
    }
    try self.init(description)
    try communicator.together { if let loaded { try network.restoreWeights(from: loaded) } }
    validationCER = loaded.flatMap { Recognizer.validationCER(of: $0.checkpoint) }
    try network.broadcastWeights(over: communicator)
  }
}

extension Recognizer {
  /// The part of a checkpoint's `cursor` that tells how well it reads.
  private struct Measured: Decodable {
    struct Best: Decodable {
      let cer: Double
      let step: Int
    }
    let step: Int
    let best: Best?
  }

  private static func validationCER(of checkpoint: Checkpoint) -> Double? {
    guard let text = checkpoint.metadata["cursor"], let measured = try? RunJSON.decode(Measured.self, from: text),
      let best = measured.best, best.step == measured.step, best.cer.isFinite
    else { return nil }
    return best.cer
  }
}

extension CRNN {
  /// Takes weights and running statistics from a checkpoint: those for evaluation, or those under another `prefix`.
  ///
  /// - Throws: `CheckpointError` for a tensor that is missing, has another shape, or a value that is not finite.
  package func restoreWeights(
    from loaded: CheckpointDirectory.LoadedCheckpoint, prefix: String = ""
  ) throws(CheckpointError) {
    for parameter in parameters.tensors {
      try loaded.checkpoint.copy(prefix + parameter.name, shape: parameter.shape, into: parameter.value.pointer)
    }
    for buffer in parameters.buffers {
      try loaded.checkpoint.copy(prefix + buffer.name, shape: [buffer.value.count], into: buffer.value.pointer)
    }
    let slabs = [(parameters.values, parameters.count), (parameters.bufferValues, parameters.bufferCount)]
    guard slabs.allSatisfy({ UnsafeBufferPointer(start: $0.base, count: $1).allSatisfy(\.isFinite) }) else {
      throw .damaged(path: loaded.path, why: "a weight is not a finite number")
    }
  }

  /// Broadcasts the weights and running statistics of rank 0 to all ranks. Collective.
  func broadcastWeights(over communicator: Communicator) throws {
    for (storage, count) in [(parameters.values, parameters.count), (parameters.bufferValues, parameters.bufferCount)] {
      try communicator.broadcast(UnsafeMutableRawBufferPointer(start: storage.base, count: count * 4))
    }
  }
}
