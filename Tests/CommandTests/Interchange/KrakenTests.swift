import Checkpoints
import Foundation
import Messages
import NeuralNetwork
import TestSupport
import Testing

/// Models that go to kraken. `Launch/test --peers` makes a Python environment with it.
@Suite struct KrakenTests {
  private static let kraken = ProcessInfo.processInfo.environment["AKURU_KRAKEN_PYTHON"]

  /// Networks that kraken can have: the named ones in small, and one with all that VGSL can say in other words.
  private static let architectures: [Architecture] = [
    .tutorial(channels: 2, hidden: 12), .akuru(height: 32, channels: [4, 6, 8, 10], hidden: 12),
    Architecture(
      name: "words", inputHeight: 17, inkIsPositive: false,
      stages: [
        .convolution(name: "a", out: 5, kernel: Extent(4, 3), padding: Extent(2, 1), bias: true, relu: false),
        .batchNormalization(name: "b", relu: true),
        .dropout(rate: 0.00001, wholeFeatures: true),
        .maxPool(kernel: Extent(3, 3), stride: Extent(2, 2), padding: Extent(0, 0)),
        .residual(name: "c", kernel: Extent(3, 3)), .depthwise(name: "d", kernel: Extent(3, 5)),
        .auxiliaryHead(name: "e", weight: 0.5),
        .convolution(name: "f", out: 4, kernel: Extent(2, 4), padding: Extent(0, 1), bias: false, relu: true),
        .batchNormalization(name: "g", relu: false),
        .lstm(name: "r", layer: 0, hidden: 6), .dropout(rate: 0.5, wholeFeatures: false),
        .recurrent(name: "s", layer: 0, hidden: 7, direction: .forward), .linear(name: "out"),
      ]),
    Architecture(
      name: "straight", inputHeight: 5,
      stages: [.maxPool(kernel: Extent(2, 2), stride: Extent(2, 2), padding: Extent(0, 0)), .linear(name: "out")]),
  ]

  private static func check(_ arguments: [String]) throws -> ProcessResult {
    let script = try #require(Bundle.module.path(forResource: "check_kraken", ofType: "py", inDirectory: "Scripts"))
    return try run(try #require(kraken), [script] + arguments, timeout: 600)
  }

  private func export(_ checkpoint: String, to output: String) throws -> ProcessResult {
    try akuru(["export", "--checkpoint", checkpoint, "--format", "kraken", "--output", output])
  }

  @Test(
    .enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"), arguments: architectures)
  func krakenGivesTheSameLogits(_ architecture: Architecture) throws {
    let model = try UntrainedModel(architecture)
    let result = try export(model.checkpoint, to: model.path("kraken.safetensors"))
    try #require(result.exitCode == 0 && result.stderr == "" && result.stdout == "", "\(result.transcript)")
    try model.writeExpected(widths: [8, 9, 97, 40, 41, 131], to: model.path("expected"))
    let input = architecture.inkIsPositive ? [] : ["white-is-one"]
    let check = try Self.check(["logits", model.path("kraken.safetensors"), model.path("expected")] + input)
    #expect(check.exitCode == 0 && check.stdout.hasPrefix("6 images"), "\(check.transcript)")
  }

  /// Models that read rendered words. kraken resizes images in another way, and puts white columns beside them.
  @Test(
    .enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"),
    arguments: [["--model", "akuru"], ["--model", "tutorial", "--channels", "8"]])
  func krakenReadsTheSameTexts(_ network: [String]) throws {
    let folder = try TemporaryDirectory()
    let (data, runs) = (folder.file("words"), folder.file("run"))
    let synth = try run(
      try product("akuru-synth"), ["--output", data, "--count", "500", "--seed", "5"], timeout: 60)
    try #require(synth.exitCode == 0, "\(synth.transcript)")
    let training = try akuru(
      ["train", "--train", data, "--validation", data, "--run-dir", runs, "--eval-every", "1000", "--max-steps", "500"]
        + network, timeout: 900)
    try #require(training.exitCode == 0, "\(training.transcript)")
    let result = try export(runs, to: folder.file("kraken.safetensors"))
    try #require(result.exitCode == 0, "\(result.transcript)")
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(data)/images").sorted()
    let predictions = try akuru(["predict", "--checkpoint", runs] + names.map { "\(data)/images/\($0)" }, timeout: 120)
    try #require(predictions.exitCode == 0, "\(predictions.stderr)")
    try Data(predictions.stdout.utf8).write(to: URL(fileURLWithPath: folder.file("predictions")))
    let check = try Self.check(["texts", folder.file("kraken.safetensors"), folder.file("predictions")])
    #expect(check.exitCode == 0 && check.stdout.hasPrefix("500 texts"), "\(check.transcript)")
  }

  @Test func theFileSaysWhatKrakenAsksFor() throws {
    let model = try UntrainedModel(.akuru(height: 32, channels: [4, 6, 8, 10], hidden: 12))
    for name in ["a", "b"] {
      let result = try export(model.checkpoint, to: model.path(name))
      try #require(result.exitCode == 0, "\(result.transcript)")
    }
    let files = try ["a", "b"].map { try Data(contentsOf: URL(fileURLWithPath: model.path($0))) }
    #expect(files[0] == files[1])
    let file = try SafeTensorsFile(model.path("a"))
    let models = try RunJSON.decode([String: JSONValue].self, from: file.metadata["kraken_meta"] ?? "")
    let (prefix, meta) = try #require(models.first)
    #expect(UUID(uuidString: prefix) != nil && models.count == 1)
    #expect(meta["_model"] == .text("TorchVGSLModel") && meta["_tasks"] == .array([.text("recognition")]))
    #expect(meta["seg_type"] == .text("baselines") && meta["legacy_polygons"] == .boolean(false))
    #expect(meta["codec"]?.fields["a"] == .array([.integer(1)]) && meta["codec"]?.fields.count == 5)
    #expect(
      meta["vgsl"]
        == .text(
          "[1,32,0,1 Cr{C_0}3,3,4 Mp{Mp_1}2,2 Cr{C_2}3,3,6 Mp{Mp_3}2,2 Cr{C_4}3,3,8 Mp{Mp_5}2,1 Cr{C_6}3,3,10 "
            + "Mp{Mp_7}2,1 S{S_8}1(1x0)1,3 Lbx{L_9}12 O{O_10}1c6]"))
    #expect(file.entry("\(prefix).nn.L_9.layer.weight_hh_l0_reverse")?.shape == [48, 12])
    #expect(file.entries.allSatisfy { $0.name.hasPrefix("\(prefix).nn.") } && file.entries.count == 18)
  }

  @Test(arguments: [
    ("[1,32,0,1 Cr3,3,4 Mp2,2,2,1p0,1 Lbx8 O1c]", ["layer pool1", "no padding"]),
    ("[1,32,0,1 Cr3,3,4p0,0 Mp2,2 Lbx8 O1c]", ["layer cnn.0", "a padding of 1 x 1, not of 0 x 0"]),
    ("[1,32,0,1 Cr3,3,4 Gbx8 O1c]", ["layer rnn.l0", "no GRU"]),
    ("[1,32,0,1 Cr3,3,4 Lbx8 Lrx8 O1c]", ["layer rnn.l1", "from left to right"]),
  ])
  func aLayerThatKrakenLacksIsNamed(_ spec: String, _ parts: [String]) throws {
    let model = try UntrainedModel(try Architecture(spec: spec))
    let result = try export(model.checkpoint, to: model.path("x"))
    expectFailure(result, 2, ["--format kraken", "kraken cannot have"] + parts)
    #expect(!FileManager.default.fileExists(atPath: model.path("x")))
  }
}
