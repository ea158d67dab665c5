import Datasets
import Foundation
import Logging
import MessagePassing
import NeuralNetwork

/// The state of a run between two steps, and its form in a checkpoint. The same on all ranks.
final class TrainingState {
  let network: CRNN
  let optimizer: any Optimizer
  var cursor = Cursor()

  /// What a checkpoint says besides tensors and cursor; it never changes during a run.
  let identity: Identity

  /// The run's identity: what a resumed run takes over.
  struct Identity: Codable, Sendable, Equatable {
    var recipe: Recipe
    var architecture: Architecture
    var alphabet: Alphabet
    /// Steps the learning-rate schedule is made for; nil for one that never ends.
    var scheduleSteps: Int?
    var trainFingerprint: String
    var validationFingerprint: String
    /// OpenBLAS kernel family; bits are promised within one family.
    var blasCore: String

    /// What the network asks of its input images.
    var geometry: InputGeometry { InputGeometry(architecture, maximumWidth: recipe.maxWidth) }

    /// This identity, resumed where `now` is what options and data say today.
    /// - Throws: ``ChangedData`` if the data is not what the run began with.
    func continued(as now: Identity, log: Logger) throws -> Identity {
      if now.trainFingerprint != trainFingerprint { throw ChangedData("training") }
      if now.validationFingerprint != validationFingerprint { throw ChangedData("validation") }
      if now.blasCore != blasCore {
        log.warning(
          """
          resuming with OpenBLAS kernels for \(now.blasCore), the run began with \(blasCore): the weights will differ in \
          their last bits; OPENBLAS_CORETYPE=\(blasCore) keeps them
          """)
      }
      return self
    }
  }

  /// Bytes of a checkpoint, a little more than it takes.
  var checkpointBytes: Int {
    let store = network.store
    return 4 * (store.count * (1 + optimizer.slots.count) + store.bufferCount) + (1 << 20)
  }

  /// - Throws: `ArchitectureError` when the network cannot be built for that height or that many letters.
  init(identity: Identity) throws {
    self.identity = identity
    network = try CRNN(architecture: identity.architecture, classes: identity.alphabet.classCount)
    optimizer = identity.recipe.optimizer.make(
      count: network.store.count, settings: AdamSettings(weightDecay: identity.recipe.weightDecay))
  }

  /// A copy of the state.
  func checkpoint() throws -> Checkpoint {
    let store = network.store
    var tensors = store.parameters.map { NamedTensor(name: $0.name, shape: $0.shape, values: $0.value.elements) }
    tensors += store.buffers.map { NamedTensor(name: $0.name, shape: [$0.value.count], values: $0.value.elements) }
    for slot in optimizer.slots {
      tensors += store.parameters.map { parameter in
        let values = UnsafeBufferPointer(
          start: slot.storage.base + parameter.value.offset, count: parameter.value.count)
        return NamedTensor(
          name: "optimizer.\(slot.name).\(parameter.name)", shape: parameter.shape, values: Array(values))
      }
    }
    return Checkpoint(
      tensors: tensors,
      metadata: [
        "identity": try RunJSON.line(identity), "cursor": try RunJSON.line(cursor),
        "optimizerStep": String(optimizer.step),
      ])
  }

  /// The identity a checkpoint was written under.
  /// - Throws: `CheckpointError.damaged` when it cannot have been written by Akuru.
  static func identity(of checkpoint: Checkpoint, path: String) throws -> Identity {
    guard let text = checkpoint.metadata["identity"], let identity = try? RunJSON.decode(Identity.self, from: text),
      (try? identity.recipe.validate()) != nil,
      (try? identity.architecture.validate(classes: identity.alphabet.classCount)) != nil
    else { throw CheckpointError.damaged(path: path, why: "it says nothing of model and alphabet") }
    return identity
  }

  /// Takes weights and buffers from a checkpoint.
  func restoreWeights(_ checkpoint: Checkpoint, path: String) throws {
    for parameter in network.store.parameters {
      try checkpoint.copy(parameter.name, shape: parameter.shape, into: parameter.value.pointer)
    }
    for buffer in network.store.buffers {
      try checkpoint.copy(buffer.name, shape: [buffer.value.count], into: buffer.value.pointer)
    }
    let store = network.store
    let slabs = [(store.values, store.count), (store.bufferValues, store.bufferCount)]
    guard slabs.allSatisfy({ UnsafeBufferPointer(start: $0.base, count: $1).allSatisfy(\.isFinite) }) else {
      throw CheckpointError.damaged(path: path, why: "a weight is not a finite number")
    }
  }

  /// Takes the whole state from a checkpoint.
  func restore(_ checkpoint: Checkpoint, path: String) throws {
    try restoreWeights(checkpoint, path: path)
    for slot in optimizer.slots {
      for parameter in network.store.parameters {
        try checkpoint.copy(
          "optimizer.\(slot.name).\(parameter.name)", shape: parameter.shape,
          into: slot.storage.base + parameter.value.offset)
      }
    }
    guard let cursorText = checkpoint.metadata["cursor"],
      let steps = checkpoint.metadata["optimizerStep"].flatMap(Int.init)
    else { throw CheckpointError.damaged(path: path, why: "it says nothing of the steps done") }
    guard let cursor = try? RunJSON.decode(Cursor.self, from: cursorText), cursor.isSensible, (0...cursor.step) ~= steps
    else { throw CheckpointError.damaged(path: path, why: "its count of steps makes no sense") }
    self.cursor = cursor
    optimizer.step = steps
  }

  /// Makes the state of all ranks that of rank 0.
  func broadcast(over communicator: Communicator) throws {
    let store = network.store
    let slabs =
      [(store.values, store.count), (store.bufferValues, store.bufferCount)]
      + optimizer.slots.map { ($0.storage, store.count) }
    for (storage, count) in slabs {
      try communicator.broadcast(UnsafeMutableRawBufferPointer(start: storage.base, count: count * 4))
    }
    struct Small: Codable {
      var cursor: Cursor
      var optimizerStep: Int
    }
    let small = try communicator.fromRankZero { Small(cursor: cursor, optimizerStep: optimizer.step) }
    (cursor, optimizer.step) = (small.cursor, small.optimizerStep)
  }
}

/// The data is not what the resumed run began with; exit status 3.
struct ChangedData: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  let description: String
  var exitStatus: ExitStatus { .badData }

  init(_ which: String) {
    description =
      "the \(which) data (files, sizes or texts) has changed since the run began; restore it, or start a new run directory"
  }
}
