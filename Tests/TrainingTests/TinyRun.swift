import Datasets
import Messages
import NeuralNetwork
import Settings
import Tensors
import Training

/// A network that is small and has every kind of state: weights, running averages, and an LSTM.
private let tinyNetwork = "[1,8,0,1 Cr3,3,2 Bnr Mp2,2 Lbx3 O1c]"

/// What a run of a tiny network with the letters a and b is.
func tinyIdentity(_ options: [String: JSONValue] = [:]) throws -> RunIdentity {
  let recipe = try Recipe(Overrides(["model": .text(tinyNetwork)].merging(options) { $1 }))
  return RunIdentity(
    recipe: recipe, architecture: try recipe.model.architecture(), alphabet: try Alphabet(texts: ["ab"]),
    blasCore: "Haswell")
}

/// The state of such a run after some steps, with numbers that differ everywhere.
func tinyState(_ options: [String: JSONValue] = [:], steps: Int = 3) throws -> TrainingState {
  let state = try TrainingState(identity: tinyIdentity(options))
  state.network.initialize(seed: 5)
  let parameters = state.network.parameters
  for step in 1...max(1, steps) where step <= steps {
    var random = KeyedRandom(seed: 6, purpose: .test, time: UInt32(step))
    for parameter in parameters.tensors {
      for i in 0..<parameter.gradient.count { parameter.gradient.pointer[i] = random.uniform(-1, 1) }
    }
    for buffer in parameters.buffers {
      for i in 0..<buffer.value.count { buffer.value.pointer[i] = random.uniform(0.5, 1.5) }
    }
    state.optimizer.update(
      values: parameters.values.base, gradients: parameters.gradients.base, ranges: [0..<parameters.count],
      learningRate: 0.01, gradientScale: 1)
    state.average?.add(parameters, update: step)
    state.cursor.advance(StepCalendar(draws: 2, batchSize: 1, microBatch: 1))
  }
  return state
}

/// The floats of a tensor's whole slab.
func floats(_ storage: Storage, _ count: Int) -> [UInt32] {
  UnsafeBufferPointer(start: storage.base, count: count).map(\.bitPattern)
}
