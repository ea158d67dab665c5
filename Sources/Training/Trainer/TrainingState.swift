import Checkpoints
import Foundation
import Hashing
import Logging
import MessagePassing
import Messages
import NeuralNetwork
import Recognition
import Tensors

/// The state of a run between two steps, and its form in a checkpoint. The same on all ranks.
package final class TrainingState {
  package let network: CRNN
  package let optimizer: any Optimizer
  /// The moving average of the weights, if the recipe asks for one. Checkpoints store it under the weights' names, and
  /// the weights with which training continues as `training.<name>`.
  package let average: WeightAverage?
  /// The frozen and the trained weights of the network.
  let frozen: FrozenWeights
  package var cursor = Cursor()

  /// The contents of a checkpoint besides tensors and cursor.
  package private(set) var identity: RunIdentity

  /// An upper estimate of a checkpoint's bytes.
  var checkpointBytes: Int {
    let parameters = network.parameters
    let copies = average == nil ? 1 : 2
    return 4 * (parameters.count * (copies + optimizer.slots.count) + copies * parameters.bufferCount) + (1 << 20)
  }

  /// - Throws: `ArchitectureError` if the network cannot be built for that height or number of letters.
  package init(identity: RunIdentity) throws {
    self.identity = identity
    network = try CRNN(architecture: identity.architecture, classes: identity.alphabet.classCount)
    let matrices = network.parameters.tensors.filter { $0.shape.count > 1 }.map { tensor in
      tensor.value.offset..<tensor.value.offset + Storage.padded(tensor.value.count)
    }
    optimizer = identity.recipe.optimization.makeOptimizer(count: network.parameters.count, matrices: matrices)
    frozen = try FrozenWeights(identity.recipe.course.freeze, of: network)
    network.freeze(where: frozen.isFrozen)
    average = identity.recipe.optimization.ema.map { [network] in WeightAverage(decay: $0, of: network.parameters) }
  }

  /// A copy of the state.
  package func checkpoint() throws -> Checkpoint {
    let parameters = network.parameters
    var tensors: [NamedTensor] = []
    func add(_ prefix: String, _ slab: Storage) {
      tensors += parameters.tensors.map { parameter in
        let values = UnsafeBufferPointer(start: slab.base + parameter.value.offset, count: parameter.value.count)
        return NamedTensor(name: prefix + parameter.name, shape: parameter.shape, values: Array(values))
      }
    }
    func addBuffers(_ prefix: String, _ slab: Storage) {
      tensors += parameters.buffers.map { buffer in
        let values = UnsafeBufferPointer(start: slab.base + buffer.value.offset, count: buffer.value.count)
        return NamedTensor(name: prefix + buffer.name, shape: [buffer.value.count], values: Array(values))
      }
    }
    add("", average?.values ?? parameters.values)
    addBuffers("", average?.buffers ?? parameters.bufferValues)
    if average != nil {
      add("training.", parameters.values)
      addBuffers("training.", parameters.bufferValues)
    }
    for slot in optimizer.slots { add("optimizer.\(slot.name).", slot.storage) }
    return Checkpoint(
      tensors: tensors,
      metadata: [
        "identity": try RunJSON.line(identity), "cursor": try RunJSON.line(cursor),
        "optimizerStep": String(optimizer.step),
      ])
  }

  /// Restores the state of a checkpoint.
  /// - Throws: `CheckpointError.damaged` that describes the damage.
  package convenience init(restoring loaded: CheckpointDirectory.LoadedCheckpoint) throws {
    do {
      try self.init(identity: RunIdentity(of: loaded))
      try restore(loaded)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError.damaged(path: loaded.path, why: "\(error)")
    }
  }

  /// Sets the identity of the continued run.
  package func goOn(as continued: RunIdentity) { identity = continued }

  /// Runs `work` with the weights for prediction: the average, if there is one.
  package func withAveragedWeights<Value>(_ work: () throws -> Value) rethrows -> Value {
    average?.exchange(with: network.parameters)
    defer { average?.exchange(with: network.parameters) }
    return try work()
  }

  /// A hash of weights, running statistics, averages and optimizer state.
  package func digest() -> String {
    let hash = SHA256()
    for (storage, count) in slabs {
      hash.update(UnsafeRawBufferPointer(start: storage.base, count: 4 * count))
    }
    return hexadecimal(hash.finalize().prefix(8))
  }

  /// Restores the whole state from a checkpoint.
  private func restore(_ loaded: CheckpointDirectory.LoadedCheckpoint) throws(CheckpointError) {
    let (checkpoint, path) = (loaded.checkpoint, loaded.path)
    try network.restoreWeights(from: loaded)
    if let average {
      average.restart(from: network.parameters)
      try network.restoreWeights(from: loaded, prefix: "training.")
    }
    for slot in optimizer.slots {
      for parameter in network.parameters.tensors {
        try checkpoint.copy(
          "optimizer.\(slot.name).\(parameter.name)", shape: parameter.shape,
          into: slot.storage.base + parameter.value.offset)
      }
    }
    guard let cursorText = checkpoint.metadata["cursor"],
      let steps = checkpoint.metadata["optimizerStep"].flatMap(Int.init)
    else { throw .damaged(path: path, why: "it says nothing of the steps done") }
    guard let cursor = try? RunJSON.decode(Cursor.self, from: cursorText), cursor.isSensible, (0...cursor.step) ~= steps
    else { throw .damaged(path: path, why: "its count of steps makes no sense") }
    self.cursor = cursor
    optimizer.step = steps
  }

  /// Everything that a step changes, with the number of floats in each.
  private var slabs: [(storage: Storage, count: Int)] {
    let parameters = network.parameters
    var slabs = [(parameters.values, parameters.count), (parameters.bufferValues, parameters.bufferCount)]
    slabs += optimizer.slots.map { ($0.storage, parameters.count) }
    if let average { slabs += [(average.values, parameters.count), (average.buffers, parameters.bufferCount)] }
    return slabs
  }

  /// Broadcasts the state of rank 0 to all ranks.
  func broadcast(over communicator: Communicator) throws {
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
