import Checkpoints
import Console
import Datasets
import MessagePassing
import Messages
import NeuralNetwork
import Recognition
import TestSupport
import Testing

@Suite struct ModelDescriptionTests {
  /// What is in a checkpoint of ``BarReader``: as a run writes it, with much else in its identity.
  private static func checkpoint() throws -> Checkpoint {
    let identity: [String: JSONValue] = [
      "recipe": .object(["maxWidth": .integer(300), "microBatch": .integer(16), "lr": .number(0.5)]),
      "architecture": try RunJSON.decode(JSONValue.self, from: RunJSON.line(BarReader.architecture)),
      "alphabet": .object(["scalars": .array(BarReader.letters.map { .text(String($0)) })]),
      "trainFingerprint": .text("x"), "blasCore": .text("Haswell"),
    ]
    let (weight, bias) = BarReader.weights()
    return Checkpoint(
      tensors: [
        NamedTensor(name: "fc.weight", shape: [4, 8], values: weight),
        NamedTensor(name: "fc.bias", shape: [4], values: bias),
        NamedTensor(name: "optimizer.exp_avg.fc.bias", shape: [4], values: bias),
      ],
      metadata: ["identity": try RunJSON.line(identity), "cursor": "{}"])
  }

  private func loaded(_ checkpoint: Checkpoint) -> CheckpointDirectory.LoadedCheckpoint {
    CheckpointDirectory.LoadedCheckpoint(path: "best.safetensors", checkpoint: checkpoint)
  }

  @Test func itIsReadFromACheckpoint() throws {
    let description = try ModelDescription(of: loaded(Self.checkpoint()))
    let expected = ModelDescription(
      architecture: BarReader.architecture, alphabet: try Alphabet(scalars: BarReader.letters), maximumWidth: 300,
      microBatch: 16, textPolicy: .ofOlderModels)
    #expect(description.architecture == expected.architecture && description.alphabet == expected.alphabet)
    #expect(description.textPolicy == .ofOlderModels && description.microBatch == 16)
    #expect(description.geometry.height == 8 && description.geometry.maximumWidth == 300)
    #expect(description.geometry.minimumWidth == 4 && description.geometry.sequenceLength(17) == 17)
    #expect(try RunJSON.decode(ModelDescription.self, from: RunJSON.line(description)) == description)
  }

  /// The message where a part of the identity is something else.
  private func refusal(_ path: [String], _ value: JSONValue?) throws -> String? {
    func replaced(_ object: JSONValue, _ path: ArraySlice<String>) -> JSONValue? {
      guard let key = path.first else { return value }
      var fields = object.fields
      fields[key] = replaced(fields[key] ?? .null, path.dropFirst())
      return .object(fields)
    }
    var checkpoint = try Self.checkpoint()
    let identity = try RunJSON.decode(JSONValue.self, from: checkpoint.metadata["identity"]!)
    checkpoint.metadata["identity"] = try replaced(identity, path[...]).map { try RunJSON.line($0) }
    return thrown(CheckpointError.self) { _ = try ModelDescription(of: loaded(checkpoint)) }?.description
  }

  @Test func damageIsNamed() throws {
    let message =
      "the checkpoint best.safetensors is damaged: it says nothing of model and alphabet; use another one"
    for path in [[], ["recipe"], ["architecture"], ["alphabet"], ["recipe", "maxWidth"], ["recipe", "microBatch"]] {
      #expect(try refusal(path, nil) == message, "\(path)")
    }
    for (name, value) in [
      ("maxWidth", 3), ("maxWidth", 65_536), ("maxWidth", -1), ("microBatch", 0), ("microBatch", 1_000_001),
    ] {
      #expect(try refusal(["recipe", name], .integer(value)) == message, "\(name) \(value)")
    }
    #expect(try refusal(["recipe", "maxWidth"], .integer(65_535)) == nil)
    #expect(try refusal(["alphabet", "scalars"], .array([.text("ab")])) == message)
    #expect(try refusal(["alphabet", "scalars"], .array([.text("a"), .text("a")])) == message)
    #expect(try refusal(["architecture", "inputHeight"], .integer(0)) == message)
    #expect(try refusal(["architecture", "stages"], .array([])) == message)
  }

  /// Before memory is taken for a model that the file cannot hold.
  @Test func aModelThatTheFileCannotHoldIsRefused() throws {
    let message =
      "the checkpoint best.safetensors is damaged: it holds fewer weights than its model has; use another one"
    #expect(try refusal(["architecture", "inputHeight"], .integer(400)) == message)
    // 4 * 8 + 4 weights, and four more numbers.
    #expect(try refusal(["architecture", "inputHeight"], .integer(9)) == nil)
    #expect(try refusal(["architecture", "inputHeight"], .integer(10)) == message)
  }

  /// The weights come out of the file; the optimizer's state stays in it.
  @Test func aRecognizerReadsTheFile() throws {
    let folder = try TemporaryDirectory()
    let path = folder.file("best.safetensors")
    try Self.checkpoint().write(to: path)
    let recognizer = try Recognizer(path, over: Communicator(), log: RunLog.silent.logger())
    #expect(recognizer.network.parameters.tensors.map(\.name) == ["fc.weight", "fc.bias"])
    #expect(recognizer.network.parameters.tensors[0].value.elements == BarReader.weights().weight)
    #expect(recognizer.network.parameters.tensors[1].value.elements == BarReader.weights().bias)
    #expect(recognizer.alphabet.decode([1, 0, 3]) == "ac")
    let names = Mirror(reflecting: recognizer).children.compactMap(\.label)
    #expect(names.sorted() == ["description", "network", "validationCER"], "no optimizer, and no state of a training")
  }

  @Test func weightsThatDoNotFitAreNamed() throws {
    let folder = try TemporaryDirectory()
    func message(_ change: (inout Checkpoint) -> Void) throws -> String? {
      var checkpoint = try Self.checkpoint()
      change(&checkpoint)
      try checkpoint.write(to: folder.file("x"))
      return thrown(CheckpointError.self) {
        _ = try Recognizer(folder.file("x"), over: Communicator(), log: RunLog.silent.logger())
      }?.description
    }
    let start = "the checkpoint does not fit the model: tensor "
    #expect(
      try message { $0.tensors[0] = NamedTensor(name: "fc.weight", shape: [8, 4], values: $0.tensors[0].values) }
        == start + "fc.weight has shape [8, 4], the model needs [4, 8]")
    #expect(
      try message { $0.tensors[2] = NamedTensor(name: "x", shape: [99], values: [Float](repeating: 0, count: 99)) }
        == nil)
    #expect(
      try message {
        $0.tensors.append(NamedTensor(name: "x", shape: [4], values: [0, 0, 0, 0]))
        $0.tensors.remove(at: 1)
      } == start + "fc.bias is missing")
    for bad in [Float.nan, .infinity] {
      let spoiled = NamedTensor(name: "fc.bias", shape: [4], values: [0, 0, 0, bad])
      #expect(try message { $0.tensors[1] = spoiled }?.contains("a weight is not a finite number") == true)
    }
  }
}
