import Checkpoints
import Datasets
import Messages
import NeuralNetwork
import Settings
import TestSupport
import Testing
import Training

@Suite struct TrainingStateTests {
  private struct Failure: Error {}

  private static let recipes: [[String: JSONValue]] = [
    [:], ["ema": 0.75], ["optimizer": "sgd", "ema": 0.5], ["optimizer": "adadelta"], ["optimizer": "lamb"],
  ]

  private func loaded(_ checkpoint: Checkpoint) -> CheckpointDirectory.LoadedCheckpoint {
    CheckpointDirectory.LoadedCheckpoint(path: "run/x.safetensors", checkpoint: checkpoint)
  }

  @Test(arguments: recipes) func aCheckpointHasTheWholeState(_ options: [String: JSONValue]) throws {
    let state = try tinyState(options)
    state.cursor.skippedSteps = 1
    let checkpoint = try state.checkpoint()
    let restored = try TrainingState(restoring: loaded(checkpoint))
    #expect(restored.digest() == state.digest())
    #expect(restored.cursor == state.cursor && restored.cursor.step == 3)
    #expect(restored.optimizer.step == state.optimizer.step && restored.identity == state.identity)
    #expect(try restored.checkpoint() == checkpoint)
    #expect(try tinyState(options, steps: 2).digest() != state.digest())
    // It is a copy.
    state.network.parameters.values.base[0] += 1
    #expect(try restored.checkpoint() == checkpoint && restored.digest() != state.digest())
  }

  /// A checkpoint has the average under the weights' names, which is what predicts.
  @Test func theAverageIsWhatIsRead() throws {
    let state = try tinyState(["ema": 0.75])
    let average = try #require(state.average)
    let (checkpoint, parameters) = (try state.checkpoint(), state.network.parameters)
    let weight = parameters.tensors[0]
    let place = weight.value.offset
    #expect(checkpoint.tensor(weight.name)?.values[0] == average.values.base[place])
    #expect(checkpoint.tensor("training.\(weight.name)")?.values[0] == parameters.values.base[place])
    #expect(average.values.base[place] != parameters.values.base[place])
    #expect(try tinyState().checkpoint().tensor("training.\(weight.name)") == nil)
  }

  @Test func theExchangeIsUndone() throws {
    let state = try tinyState(["ema": 0.75])
    let parameters = state.network.parameters
    let before = (floats(parameters.values, parameters.count), floats(parameters.bufferValues, parameters.bufferCount))
    let average = try #require(state.average)
    let averages = (floats(average.values, parameters.count), floats(average.buffers, parameters.bufferCount))
    #expect(before.0 != averages.0 && before.1 != averages.1)
    let seen = state.withAveragedWeights { floats(parameters.values, parameters.count) }
    #expect(seen == averages.0)
    #expect(throws: Failure.self) {
      try state.withAveragedWeights {
        #expect(floats(parameters.bufferValues, parameters.bufferCount) == averages.1)
        throw Failure()
      }
    }
    #expect(floats(parameters.values, parameters.count) == before.0, "also when the work throws")
    #expect(floats(parameters.bufferValues, parameters.bufferCount) == before.1)
    #expect(floats(average.values, parameters.count) == averages.0)
    #expect(floats(average.buffers, parameters.bufferCount) == averages.1)
    let plain = try tinyState()
    let weights = floats(plain.network.parameters.values, plain.network.parameters.count)
    #expect(plain.withAveragedWeights { floats(plain.network.parameters.values, weights.count) } == weights)
  }

  /// Models with Hebrew letters from before there was a direction read the order of the page, also after going on; a direction
  /// that is stored stays, and models whose letters run from left to right have none.
  @Test(arguments: [(nil, TextDirection.ofThePage), (.auto, .auto), (.rtl, .rtl)] as [(TextDirection?, TextDirection)])
  func anOlderModelKeepsTheOrderOfThePage(_ stored: TextDirection?, _ expected: TextDirection) throws {
    var identity = try tinyIdentity()
    identity.alphabet = try Alphabet(texts: ["אב"])
    identity.recipe.text.direction = stored
    let older = try TrainingState(identity: identity)
    older.network.initialize(seed: 5)
    let restored = try TrainingState(restoring: loaded(older.checkpoint()))
    #expect(restored.identity.recipe.text.direction == expected)
    let again = try TrainingState(restoring: loaded(restored.checkpoint()))
    #expect(again.identity == restored.identity)

    identity.alphabet = try Alphabet(texts: ["ab"])
    identity.recipe.text.direction = nil
    let latin = try TrainingState(identity: identity)
    latin.network.initialize(seed: 5)
    #expect(try TrainingState(restoring: loaded(latin.checkpoint())).identity.recipe.text.direction == nil)
  }

  @Test func goingOnChangesTheIdentityOnly() throws {
    let state = try tinyState()
    let digest = state.digest()
    var identity = state.identity
    identity.reproducibility = .perLayout
    state.goOn(as: identity)
    #expect(state.identity == identity && state.digest() == digest && state.cursor.step == 3)
    #expect(try TrainingState(restoring: loaded(state.checkpoint())).identity == identity)
  }

  @Test func damageIsNamed() throws {
    let good = try tinyState(["ema": 0.75]).checkpoint()
    func message(_ change: (inout Checkpoint) -> Void) -> String? {
      var checkpoint = good
      change(&checkpoint)
      return thrown(CheckpointError.self) { _ = try TrainingState(restoring: loaded(checkpoint)) }?.description
    }
    func damaged(_ why: String) -> String { "the checkpoint run/x.safetensors is damaged: \(why); use another one" }
    #expect(message { _ in } == nil)
    #expect(message { $0.metadata["identity"] = nil } == damaged("it says nothing of model and alphabet"))
    #expect(message { $0.metadata["identity"] = "{}" } == damaged("it says nothing of model and alphabet"))
    #expect(message { $0.metadata["cursor"] = nil } == damaged("it says nothing of the steps done"))
    #expect(message { $0.metadata["optimizerStep"] = "x" } == damaged("it says nothing of the steps done"))
    for steps in ["4", "-1"] {
      #expect(message { $0.metadata["optimizerStep"] = steps } == damaged("its count of steps makes no sense"))
    }
    #expect(message { $0.metadata["cursor"] = "{}" } == damaged("its count of steps makes no sense"))
    let cursor = "{\"step\":3,\"epoch\":4,\"stepInEpoch\":0,\"badSteps\":0}"
    #expect(message { $0.metadata["cursor"] = cursor } == damaged("its count of steps makes no sense"))
    let first = good.tensors[0]
    let values = [Float.nan] + first.values.dropFirst()
    let spoiled = NamedTensor(name: first.name, shape: first.shape, values: values)
    #expect(message { $0.tensors[0] = spoiled } == damaged("a weight is not a finite number"))
    let slot = try #require(good.tensors.firstIndex { $0.name.hasPrefix("optimizer.exp_avg.") })
    let name = good.tensors[slot].name
    let short = NamedTensor(name: name, shape: [1], values: [0])
    #expect(message { $0.tensors[slot] = short }?.contains("tensor \(name) has shape [1], the model needs ") == true)
    #expect(
      message { $0.tensors.remove(at: slot) } == "the checkpoint does not fit the model: tensor \(name) is missing")
    let training = try #require(good.tensors.firstIndex { $0.name.hasPrefix("training.") })
    #expect(message { $0.tensors.remove(at: training) }?.hasSuffix("is missing") == true)
  }

  /// A recipe or a schedule that no run can have had.
  @Test func anIdentityIsChecked() throws {
    let state = try tinyState()
    func isRefused(_ change: (inout RunIdentity) -> Void) throws -> Bool {
      var (identity, checkpoint) = (state.identity, try state.checkpoint())
      change(&identity)
      checkpoint.metadata["identity"] = try RunJSON.line(identity)
      let error = thrown(CheckpointError.self) { _ = try RunIdentity(of: loaded(checkpoint)) }
      return error?.description.contains("it says nothing of model and alphabet") == true
    }
    #expect(try !isRefused { $0.scheduleSteps = 1 })
    #expect(try isRefused { $0.scheduleSteps = 0 })
    #expect(try isRefused { $0.recipe.optimization.lr = -1 })
    #expect(try isRefused { $0.recipe.batch.microBatch = 0 })
  }
}
