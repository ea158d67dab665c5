import Checkpoints
import Foundation
import Messages
import NeuralNetwork
import Recognition
import TestSupport
import Testing

/// `akuru export`: what other programs make of the files. `Launch/test` has Python environments made for it.
@Suite struct ExportTests {
  /// Programs that check files, beside this one.
  private static func script(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: "py", inDirectory: "Scripts"))
  }

  private static let python = ProcessInfo.processInfo.environment["AKURU_PYTHON"]
  private static let torch = ProcessInfo.processInfo.environment["AKURU_TORCH_PYTHON"]

  /// An image of one time step, a long one, and what lies between.
  private static let widths = [8, 9, 97, 40, 41, 131]

  private func export(_ checkpoint: String, _ format: String, to output: String, ranks: Int? = nil) throws {
    let result = try akuru(
      ranks: ranks, ["export", "--checkpoint", checkpoint, "--format", format, "--output", output])
    try #require(result.exitCode == 0 && result.stderr == "" && result.stdout == "", "\(result.transcript)")
  }

  @Test(arguments: exportedArchitectures)
  func weightsHavePyTorchsNamesAndAllValues(_ architecture: Architecture) throws {
    let model = try UntrainedModel(architecture)
    try export(model.checkpoint, "safetensors", to: model.path("weights.safetensors"))
    let file = try SafeTensorsFile(model.path("weights.safetensors"))
    #expect(file.entries.map(\.name) == model.tensors.map(\.name))
    for tensor in model.tensors {
      #expect(file.entry(tensor.name)?.shape == tensor.shape)
      #expect(try file.floats(tensor.name) == tensor.values, "\(tensor.name)")
    }
    #expect(file.metadata["format"] == "pt")
    #expect(file.metadata["alphabet"] == "[\"a\",\"b\",\"c\",\"ක\",\"\u{200D}\"]")
    #expect(try RunJSON.decode(Architecture.self, from: file.metadata["architecture"] ?? "") == architecture)
    struct Configuration: Decodable {
      struct Preprocessing: Decodable {
        let height: Int
        let scale: Double
        let offset: Double
      }
      let format: String
      let weights: String
      let architecture: Architecture
      let alphabet: [String]
      let preprocessing: Preprocessing
    }
    let text = try String(contentsOfFile: model.path("config.json"), encoding: .utf8)
    let configuration = try RunJSON.decode(Configuration.self, from: text)
    #expect(configuration.format == "akuru-export-1" && configuration.weights == "weights.safetensors")
    #expect(configuration.architecture == architecture && configuration.alphabet.count == 5)
    let (scale, offset) = (configuration.preprocessing.scale, configuration.preprocessing.offset)
    let ink = architecture.inkIsPositive
    #expect(abs(offset - (ink ? 1 : 0)) < 1e-12 && abs(offset + 255 * scale - (ink ? 0 : 1)) < 1e-12)
    #expect(configuration.preprocessing.height == architecture.inputHeight)
  }

  @Test(.enabled(if: python != nil, "AKURU_PYTHON names no Python with onnxruntime"), arguments: exportedArchitectures)
  func onnxRuntimeGivesTheSameLogitsInAnyBatch(_ architecture: Architecture) throws {
    let model = try UntrainedModel(architecture)
    try export(model.checkpoint, "onnx", to: model.path("model.onnx"))
    try model.writeExpected(widths: Self.widths, to: model.path("expected"))
    let result = try run(
      try #require(Self.python), [try Self.script("check_onnx"), model.path("model.onnx"), model.path("expected")])
    #expect(result.exitCode == 0 && result.stdout.hasPrefix("6 images"), "\(result.transcript)")
  }

  @Test(
    .enabled(if: torch != nil, "AKURU_TORCH_PYTHON names no Python with torch"),
    arguments: exportedArchitectures.dropLast(2))
  func pyTorchsClassesGiveTheSameLogits(_ architecture: Architecture) throws {
    let model = try UntrainedModel(architecture)
    try export(model.checkpoint, "safetensors", to: model.path("weights.safetensors"))
    try model.writeExpected(widths: Self.widths, to: model.path("expected"))
    let result = try run(
      try #require(Self.torch),
      [try Self.script("check_pytorch"), model.path("weights.safetensors"), model.path("expected")])
    #expect(result.exitCode == 0 && result.stdout.hasPrefix("6 images"), "\(result.transcript)")
  }

  /// A model that reads rendered words, through Pillow and ONNX Runtime.
  @Test(.enabled(if: python != nil, "AKURU_PYTHON names no Python with onnxruntime"))
  func onnxRuntimeReadsTheSameTexts() throws {
    let folder = try TemporaryDirectory()
    let (data, runs) = (folder.file("words"), folder.file("run"))
    let synth = try run(
      try product("akuru-synth"), ["--output", data, "--count", "500", "--seed", "5"], timeout: 60)
    try #require(synth.exitCode == 0, "\(synth.transcript)")
    let recipe = ["--height", "32", "--augment", "none", "--max-steps", "200"]
    let training = try akuru(
      ["train", "--train", data, "--validation", data, "--run-dir", runs, "--eval-every", "1000"] + recipe,
      timeout: 120)
    try #require(training.exitCode == 0, "\(training.transcript)")
    try export(runs, "onnx", to: folder.file("model.onnx"))
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(data)/images").sorted()
    let predictions = try akuru(["predict", "--checkpoint", runs] + names.map { "\(data)/images/\($0)" })
    try #require(predictions.exitCode == 0, "\(predictions.stderr)")
    try Data(predictions.stdout.utf8).write(to: URL(fileURLWithPath: folder.file("predictions")))
    let result = try run(
      try #require(Self.python),
      [try Self.script("check_texts"), folder.file("model.onnx"), folder.file("predictions")])
    #expect(result.exitCode == 0 && result.stdout.hasPrefix("500 texts are the same"), "\(result.transcript)")
  }

  @Test(arguments: ["safetensors", "onnx", "akuru"])
  func theSameCheckpointGivesTheSameBytes(_ format: String) throws {
    let model = try UntrainedModel(exportedArchitectures[1])
    for (name, ranks) in [("a", nil), ("b", 2)] as [(String, Int?)] {
      try export(model.checkpoint, format, to: model.path("\(name)/x"), ranks: ranks)
    }
    let files = try ["a", "b"].map { try Data(contentsOf: URL(fileURLWithPath: model.path("\($0)/x"))) }
    #expect(files[0] == files[1] && files[0].count > 10_000)
  }

  @Test(arguments: [nil, 2]) func whatCannotBeExported(ranks: Int?) throws {
    let model = try UntrainedModel(exportedArchitectures[1])
    func fails(_ format: String, _ output: String, _ status: Int32, _ parts: [String]) throws {
      let arguments = ["export", "--checkpoint", model.checkpoint, "--format", format, "--output", output]
      expectFailure(try akuru(ranks: ranks, arguments), status, parts)
    }
    try fails("h5", model.path("x"), 2, ["--format h5: it is one of safetensors, onnx"])
    // A folder is made, but not where a file stands.
    try Data().write(to: URL(fileURLWithPath: model.path("file")))
    for format in ["safetensors", "onnx", "akuru"] {
      try export(model.checkpoint, format, to: model.path("new-\(format)/folder/x"), ranks: ranks)
      try fails(format, model.path("file/x"), 4, [model.path("file")])
    }
    for format in ["safetensors", "onnx", "akuru"] {
      try fails(format, model.checkpoint, 2, ["exists already and is not replaced"])
    }
    try Data("{\"configuration\": {}}".utf8).write(to: URL(fileURLWithPath: model.path("config.json")))
    try fails("safetensors", model.path("x"), 2, [model.path("config.json"), "choose another folder"])
    #expect(!FileManager.default.fileExists(atPath: model.path("x")))
  }
}
