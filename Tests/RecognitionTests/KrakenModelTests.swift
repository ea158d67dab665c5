import Checkpoints
import Foundation
import Messages
import NeuralNetwork
import Recognition
import TestSupport
import Testing

/// Safetensors files of kraken: what is read, and what is refused in one line.
@Suite struct KrakenModelTests {
  private static let network = "[1,2,0,1 Cr{C_0}1,1,2 Gn{Gn_1}2 S{S_2}1(1x0)1,3 Lfx{L_3}1 O{O_4}1c3]"

  private static let shapes: [(String, [Int])] = [
    ("C_0.co.weight", [2, 1, 1, 1]), ("C_0.co.bias", [2]), ("Gn_1.layer.weight", [2]), ("Gn_1.layer.bias", [2]),
    ("L_3.layer.weight_ih_l0", [4, 4]), ("L_3.layer.weight_hh_l0", [4, 1]), ("L_3.layer.bias_ih_l0", [4]),
    ("L_3.layer.bias_hh_l0", [4]), ("O_4.lin.weight", [3, 1]), ("O_4.lin.bias", [3]),
  ]

  /// What the metadata say of a model, with other values for some keys.
  private static func model(_ changes: [String: JSONValue?] = [:]) -> JSONValue {
    var fields: [String: JSONValue] = [
      "_model": .text("TorchVGSLModel"), "_tasks": .array([.text("recognition")]), "vgsl": .text(network),
      "codec": .object(["b": .array([.integer(1)]), "a": .array([.integer(2)])]),
    ]
    for (key, value) in changes { fields[key] = value }
    return .object(fields)
  }

  private func read(_ metadata: String, without lost: String? = nil, adding: [NamedTensor] = []) throws -> KrakenModel {
    let folder = try TemporaryDirectory()
    let tensors = Self.shapes.filter { $0.0 != lost }.map { name, shape in
      let count = shape.reduce(1, *)
      return NamedTensor(name: "m.nn.\(name)", shape: shape, values: (0..<count).map(Float.init))
    }
    let path = folder.file("x.safetensors")
    try SafeTensors.write(tensors + adding, metadata: ["kraken_meta": metadata], to: path)
    return try KrakenModel(SafeTensorsFile(path))
  }

  private func read(_ model: JSONValue, without lost: String? = nil, adding: [NamedTensor] = []) throws -> KrakenModel {
    try read(RunJSON.line(["m": model]), without: lost, adding: adding)
  }

  @Test func aModelIsRead() throws {
    let model = try read(
      Self.model(["hyper_params": .object(["normalization": .text("NFD"), "bidi_reordering": .boolean(false)])]))
    #expect(model.architecture.spec == "[1,2,0,1 Cr1,1,2 Gn2 Lfx1 O1c]")
    #expect(model.alphabet.scalars == ["b", "a"] && model.warnings == [])
    #expect(model.textPolicy.normalization == .nfd && model.textPolicy.direction == nil)
    #expect(
      model.tensors.map(\.name).prefix(5) == [
        "cnn.0.weight", "cnn.0.bias", "cnn.2.weight", "cnn.2.bias", "rnn.weight_ih_l0",
      ])
    // kraken's features are (line 0: channels 0, 1), (line 1: channels 0, 1); ours are channel by channel.
    #expect(model.tensors[4].values == [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15])
  }

  @Test func metadataOfOtherVersions() throws {
    let codec = "{\"a\":[1],\"\u{1E9E}\":[2]}"
    let model = try read(
      Self.model(["codec": .text(codec), "seg_type": .text("bbox"), "one_channel_mode": .text("1")]))
    #expect(model.alphabet.scalars == ["a", "\u{1E9E}"])
    #expect(model.textPolicy.normalization == .none && model.textPolicy.direction == .auto)
    #expect(model.warnings.count == 2 && model.warnings[0].contains("--line-normalizer center"))
  }

  @Test(
    arguments: [
      (["vgsl": nil], "lack the network"), (["vgsl": .integer(3)], "lack the network"),
      (["vgsl": .text("[1,2,0,1 (I Cr1,1,2) A3,2 O1c3]")], "position 13: Cr1,1,2): expected a residual block"),
      (["vgsl": .text("[1,2,0,1 Cr1,1,2 Gn2 Lfx1 O1c3]")], "reads each of 2 lines"),
      (["vgsl": .text("[1,2,0,1 Cr1,1,2 Gn2 S1(1x0)1,3 Lfx9000 O1c3]")], "hidden features"),
      (
        ["vgsl": .text(network.replacing("Lfx{L_3}1", with: "Lfx{L_3}2"))], "has shape [4, 4], its network needs [8, 4]"
      ),
      (["vgsl": .text(network.replacing("{C_0}", with: "{C_7}"))], "tensor m.nn.C_7.co.weight is missing"),
      (["_model": .text("PPOCRv6")], "its model is a PPOCRv6"), (["_tasks": .array([])], "has 0 models"),
      (["codec": nil], "no letters"), (["codec": .object([:])], "no letters"), (["codec": .text("[")], "no letters"),
      (["codec": .object(["ch": .array([.integer(1)])])], "has ch as one letter"),
      (["codec": .object(["a": .array([.integer(1), .integer(2)])])], "several classes for U+0061"),
      (["codec": .object(["a": .array([.integer(1)]), "b": .array([.integer(3)])])], "3 is found, 2 expected"),
      (["codec": .object(["a": .array([.integer(1)]), "b": .array([.integer(1)])])], "1 is found, 2 expected"),
      (["codec": .object(["a": .array([.integer(1)]), "\n": .array([.integer(2)])])], "a control character"),
      (["codec": .object(["a": .array([.integer(1)])])], "tensor m.nn.O_4.lin.weight has shape [3, 1]"),
    ] as [([String: JSONValue?], String)])
  func anotherModelIsRefused(_ changes: [String: JSONValue?], _ message: String) throws {
    let error = #expect(throws: KrakenModel.Fault.self) { try read(Self.model(changes)) }
    #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    #expect(error?.description.contains("\n") == false && error?.exitStatus == .badData)
  }

  @Test func damagedFiles() throws {
    for (text, message) in [
      ("", "not an object"), ("{}", "has 0 models"), ("[1]", "not an object"), ("{\"m\":3}", "has 0 models"),
      (String(repeating: "[", count: 100_000), "not an object"),
      (try RunJSON.line(["m": Self.model(), "n": Self.model()]), "has 2 models"),
    ] {
      let error = #expect(throws: KrakenModel.Fault.self) { try read(text) }
      #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }
    let missing = #expect(throws: KrakenModel.Fault.self) { try read(Self.model(), without: "Gn_1.layer.bias") }
    #expect(missing?.description.contains("tensor m.nn.Gn_1.layer.bias is missing") == true)
    let stray = NamedTensor(name: "m.nn.C_9.co.bias", shape: [1], values: [0])
    let more = #expect(throws: KrakenModel.Fault.self) { try read(Self.model(), adding: [stray]) }
    #expect(more?.description.contains("m.nn.C_9.co.bias belongs to no layer") == true)
    let other = NamedTensor(name: "o.nn.C_9.co.bias", shape: [1], values: [0])
    #expect(try read(Self.model(), adding: [other]).tensors.count == 10)
  }
}
