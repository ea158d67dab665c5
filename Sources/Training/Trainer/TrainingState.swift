import Datasets
import Foundation
import Hashing
import Logging
import MessagePassing
import NeuralNetwork
import Tensors

/// The state of a run between two steps, and its form in a checkpoint. The same on all ranks.
final class TrainingState {
  let network: CRNN
  let optimizer: any Optimizer
  /// The moving average of the weights, if the recipe asks for one. Checkpoints have it under the weights' names, and the
  /// weights that training goes on with as `training.<name>`.
  let average: WeightAverage?
  /// What is trained of the network.
  let frozen: FrozenWeights
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
    /// SHA-256 of the weights that the run began with, if they were given.
    var initialWeights: String?
    /// OpenBLAS kernel family; bits are promised within one family.
    var blasCore: String
    /// What is promised of the run's bits, if it is less than the usual: the least of all times that it was resumed.
    var promise: SumPromise?

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
      if now.promise != promise {
        log.warning(
          now.promise == nil
            ? "resuming with exact sums a run that had steps with --reduce float: its weights stay those of its ranks then"
            : """
            resuming with --reduce float a run of exact sums: from here on the weights depend on the number of ranks
            """)
      }
      var continued = self
      continued.promise = promise ?? now.promise
      return continued
    }
  }

  /// Bytes of a checkpoint, a little more than it takes.
  var checkpointBytes: Int {
    let store = network.store
    let copies = average == nil ? 1 : 2
    return 4 * (store.count * (copies + optimizer.slots.count) + copies * store.bufferCount) + (1 << 20)
  }

  /// - Throws: `ArchitectureError` when the network cannot be built for that height or that many letters.
  init(identity: Identity) throws {
    self.identity = identity
    network = try CRNN(architecture: identity.architecture, classes: identity.alphabet.classCount)
    optimizer = identity.recipe.optimizer.make(
      count: network.store.count, settings: identity.recipe.optimizerSettings)
    frozen = try FrozenWeights(identity.recipe.freeze, of: network)
    average = identity.recipe.ema.map { [network] in WeightAverage(decay: $0, of: network.store) }
  }

  /// A copy of the state.
  func checkpoint() throws -> Checkpoint {
    let store = network.store
    var tensors: [NamedTensor] = []
    func add(_ prefix: String, _ slab: Storage) {
      tensors += store.parameters.map { parameter in
        let values = UnsafeBufferPointer(start: slab.base + parameter.value.offset, count: parameter.value.count)
        return NamedTensor(name: prefix + parameter.name, shape: parameter.shape, values: Array(values))
      }
    }
    func addBuffers(_ prefix: String, _ slab: Storage) {
      tensors += store.buffers.map { buffer in
        let values = UnsafeBufferPointer(start: slab.base + buffer.value.offset, count: buffer.value.count)
        return NamedTensor(name: prefix + buffer.name, shape: [buffer.value.count], values: Array(values))
      }
    }
    add("", average?.values ?? store.values)
    addBuffers("", average?.buffers ?? store.bufferValues)
    if average != nil {
      add("training.", store.values)
      addBuffers("training.", store.bufferValues)
    }
    for slot in optimizer.slots { add("optimizer.\(slot.name).", slot.storage) }
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
      (try? identity.recipe.validate()) != nil, identity.scheduleSteps ?? 1 >= 1,
      let weights = try? identity.architecture.weightCount(classes: identity.alphabet.classCount)
    else { throw CheckpointError.damaged(path: path, why: "it says nothing of model and alphabet") }
    // Before memory is taken for a network that the file only claims to hold.
    guard weights <= checkpoint.tensors.reduce(0, { $0 + $1.values.count }) else {
      throw CheckpointError.damaged(path: path, why: "it holds fewer weights than its model has")
    }
    return identity
  }

  /// Whether a run can go on from a checkpoint, data aside.
  /// - Throws: `CheckpointError.damaged` saying what is wrong with it.
  static func check(_ checkpoint: Checkpoint, path: String) throws {
    do {
      try TrainingState(identity: identity(of: checkpoint, path: path)).restore(
        checkpoint, path: path)
    } catch CheckpointError.damaged(let path, let why) {
      throw CheckpointError.damaged(path: path, why: why)
    } catch {
      throw CheckpointError.damaged(path: path, why: "\(error)")
    }
  }

  /// A hash of weights, running statistics, averages and optimizer state.
  func digest() -> String {
    let hash = SHA256()
    for (storage, count) in slabs {
      hash.update(UnsafeRawBufferPointer(start: storage.base, count: 4 * count))
    }
    return hexadecimal(hash.finalize().prefix(8))
  }

  /// Takes weights and buffers from a checkpoint: those that are evaluated, or those under another `prefix`.
  func restoreWeights(_ checkpoint: Checkpoint, path: String, prefix: String = "") throws {
    for parameter in network.store.parameters {
      try checkpoint.copy(prefix + parameter.name, shape: parameter.shape, into: parameter.value.pointer)
    }
    for buffer in network.store.buffers {
      try checkpoint.copy(prefix + buffer.name, shape: [buffer.value.count], into: buffer.value.pointer)
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
    if let average {
      average.restart(from: network.store)
      try restoreWeights(checkpoint, path: path, prefix: "training.")
    }
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

  /// Everything that a step changes, with the number of floats in each.
  private var slabs: [(storage: Storage, count: Int)] {
    let store = network.store
    var slabs = [(store.values, store.count), (store.bufferValues, store.bufferCount)]
    slabs += optimizer.slots.map { ($0.storage, store.count) }
    if let average { slabs += [(average.values, store.count), (average.buffers, store.bufferCount)] }
    return slabs
  }

  /// Makes the state of all ranks that of rank 0.
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

/// The data is not what the resumed run began with; exit status 3.
struct ChangedData: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  let description: String
  var exitStatus: ExitStatus { .badData }

  init(_ which: String) {
    description =
      "the \(which) data (files, sizes or texts) has changed since the run began; restore it, or start a new run directory"
  }
}
