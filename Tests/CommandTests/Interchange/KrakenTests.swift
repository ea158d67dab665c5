import Checkpoints
import Foundation
import Images
import Messages
import NeuralNetwork
import Recognition
import Tensors
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

  private static let asKraken = ["--resampling", "lanczos", "--side-margin", "16"]
  private static let smallTutorial = [
    "--model", "tutorial", "--channels", "4", "--hidden", "64", "--batch-size", "8", "--micro-batch", "4", "--lr",
    "2e-3",
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
    try #require(result.exitCode == 0 && result.stdout == "", "\(result.transcript)")
    // The letters have a joiner, and the network has not learned white columns, nor lines as kraken resizes them.
    #expect(result.stderr.split(separator: "\n").count == 3 && result.stderr.contains("kraken drops U+200D"))
    #expect(result.stderr.contains("`ocr --pad 0`") && result.stderr.contains("--resampling lanczos"))
    try model.writeExpected(widths: [8, 9, 97, 40, 41, 131], to: model.path("expected"))
    let input = architecture.inkIsPositive ? [] : ["white-is-one"]
    let check = try Self.check(["logits", model.path("kraken.safetensors"), model.path("expected")] + input)
    #expect(check.exitCode == 0 && check.stdout.hasPrefix("6 images"), "\(check.transcript)")
  }

  /// Models that begin to read rendered words: on the same pixels, and, where the model was trained as kraken prepares lines, on the
  /// pixels that kraken makes.
  @Test(
    .enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"),
    arguments: [
      ["--model", "akuru"] + asKraken, ["--model", "akuru"], smallTutorial + asKraken, smallTutorial,
    ])
  func krakenReadsTheSameTexts(_ network: [String]) throws {
    let folder = try TemporaryDirectory()
    let (data, runs) = (folder.file("words"), folder.file("run"))
    let synth = try run(
      try product("akuru-synth"), ["--output", data, "--count", "500", "--seed", "5"], timeout: 60)
    try #require(synth.exitCode == 0, "\(synth.transcript)")
    let training = try akuru(
      [
        "train", "--train", data, "--validation", data, "--run-dir", runs, "--eval-every", "1000", "--max-steps",
        "600",
      ]
        + network, timeout: 900)
    try #require(training.exitCode == 0, "\(training.transcript)")
    let result = try export(runs, to: folder.file("kraken.safetensors"))
    try #require(result.exitCode == 0, "\(result.transcript)")
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(data)/images").sorted()
    let predictions = try akuru(["predict", "--checkpoint", runs] + names.map { "\(data)/images/\($0)" }, timeout: 120)
    try #require(predictions.exitCode == 0, "\(predictions.stderr)")
    try Data(predictions.stdout.utf8).write(to: URL(fileURLWithPath: folder.file("predictions")))
    let isKrakens = network.contains("lanczos")
    #expect(
      result.stderr.contains("--pad") != isKrakens && result.stderr.contains("--resampling") != isKrakens,
      "\(result.stderr)")
    let check = try Self.check(
      ["texts", folder.file("kraken.safetensors"), folder.file("predictions")] + (isKrakens ? ["pad=16"] : []))
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

  // MARK: - From kraken

  /// A residual block goes to kraken as parallel branches, and comes back as a residual block that reads the same.
  @Test func residualBlocksComeBack() throws {
    let model = try UntrainedModel(
      try Architecture(spec: "[1,32,0,1 Cl3,3,4b0 Bnr Mp2,2 R3,5 Cl3,3,6b0 Bnr R1,3 Mp2,1 Lbx12 O1c]"))
    let result = try export(model.checkpoint, to: model.path("kraken.safetensors"))
    try #require(result.exitCode == 0, "\(result.transcript)")
    let imported = try KrakenModel(SafeTensorsFile(model.path("kraken.safetensors")))
    #expect(
      imported.architecture.spec == "[1,32,0,1 Cr3,3,4 Mp2,2 R3,5 Cr3,3,6 R1,3 Mp2,1 Lbx12 O1c]",
      "\(imported.architecture.spec)")
    let network = try CRNN(architecture: imported.architecture, classes: imported.alphabet.classCount)
    let places =
      network.parameters.tensors.map { ($0.name, $0.value) } + network.parameters.buffers.map { ($0.name, $0.value) }
    try #require(places.count == imported.tensors.count)
    for (name, value) in places {
      let tensor = try #require(imported.tensors.first { $0.name == name }, "\(name)")
      try #require(tensor.values.count == value.count)
      value.pointer.update(from: tensor.values, count: value.count)
    }
    for width in [60, 97] {
      let logits = try [model.network, network].map { network -> [Float] in
        var random = KeyedRandom(seed: 8, purpose: .test, sample: UInt32(width))
        let pixels = (0..<32 * width).map { _ in UInt8(random.integer(below: 256)) }
        try network.plan(widths: [width])
        network.clearInput()
        network.load(image: 0, pixels: pixels, width: width)
        network.forward(.evaluation)
        return network.logits.value.elements
      }
      let largest = logits[0].reduce(0) { max($0, abs($1)) }
      let isSame = zip(logits[0], logits[1]).allSatisfy { abs($0 - $1) <= 1e-4 * largest }
      #expect(logits[0].count == logits[1].count && isSame && largest > 0.01, "\(logits)")
    }
  }

  /// The logits that our network of a kraken file gives are those in `expected`, within 1e-4 of the largest.
  private func expectLogits(_ path: String, _ expected: String) throws {
    struct Record: Decodable {
      let width, steps: Int
      let pixels: [UInt8]
      let logits: [Float]
    }
    let model = try KrakenModel(try SafeTensorsFile(path))
    #expect(model.warnings == [])
    let network = try CRNN(architecture: model.architecture, classes: model.alphabet.classCount)
    for parameter in network.parameters.tensors {
      let tensor = try #require(model.tensors.first { $0.name == parameter.name }, "\(parameter.name)")
      try #require(tensor.shape == parameter.shape)
      parameter.value.pointer.update(from: tensor.values, count: tensor.values.count)
    }
    #expect(model.tensors.count == network.parameters.tensors.count)
    for line in try String(contentsOfFile: expected, encoding: .utf8).split(separator: "\n") {
      let record = try RunJSON.decode(Record.self, from: String(line))
      try network.plan(widths: [record.width])
      network.clearInput()
      network.load(image: 0, pixels: record.pixels, width: record.width)
      network.forward(.evaluation)
      try #require(network.logits.layout.rows == record.steps)
      let largest = record.logits.reduce(0) { max($0, abs($1)) }
      let isSame = zip(network.logits.value.elements, record.logits).allSatisfy { abs($0 - $1) <= 1e-4 * largest }
      #expect(isSame && largest > 0.01, "\(network.logits.value.elements) and \(record.logits)")
    }
  }

  @Test(
    .enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"),
    arguments: [
      "[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 S1(1x0)1,3 Lbx20 Do0.1,2 Lbx20 Do0.1,2 Lbx20 Do O1c6]",
      "[1,48,0,1 Cr4,2,8,4,2 Gn4 Cr4,2,32,1,1 Gn8 Mp4,2,4,2 Cr3,3,16,1,1,2,2 Gn4 S1(1x0)1,3 Lbx25 Lbx25 O1c6]",
      "[1,20,0,1 Cs3,3,8 Ct{second}2,3,8 Clr3,3,6,2,1 CTr2,3,4 Cm1,1,4 S1(1x0)1,3 Gbx9 Lrx8 Lfx7 O1c6]",
      "[1,1,0,48 Lbx30 O1c6]",
    ])
  func modelsOfKrakenGiveTheSameLogits(_ spec: String) throws {
    let folder = try TemporaryDirectory()
    let (path, expected) = (folder.file("kraken.safetensors"), folder.file("expected"))
    let made = try Self.check(["make", path, expected, spec])
    try #require(made.exitCode == 0, "\(made.transcript)")
    try expectLogits(path, expected)
  }

  /// A model that kraken trained is trained further here, and goes back.
  @Test(.enabled(if: kraken != nil, "AKURU_KRAKEN_PYTHON names no Python with kraken"))
  func aModelOfKrakenGoesOnHere() throws {
    let folder = try TemporaryDirectory()
    let (data, theirs) = (folder.file("words"), folder.file("theirs"))
    let synth = try run(
      try product("akuru-synth"), ["--output", data, "--count", "24", "--seed", "7"], timeout: 60)
    try #require(synth.exitCode == 0, "\(synth.transcript)")
    // kraken's form of ground truth.
    let predictions = try run(
      try #require(Self.kraken),
      [
        "-c",
        """
        import csv, pathlib, sys
        for row in csv.DictReader(open(sys.argv[1] + "/metadata.csv", encoding="utf-8")):
            path = pathlib.Path(sys.argv[1], row["file_name"])
            path.with_suffix(".gt.txt").write_text(row["text"], encoding="utf-8")
        """, data,
      ])
    try #require(predictions.exitCode == 0, "\(predictions.transcript)")
    let images = try FileManager.default.contentsOfDirectory(atPath: "\(data)/images").sorted()
      .filter { $0.hasSuffix(".png") }.map { "\(data)/images/\($0)" }
    let ketos = URL(fileURLWithPath: try #require(Self.kraken)).deletingLastPathComponent().path + "/ketos"
    let network = "[1,48,0,1 Cr4,2,8,4,2 Gn4 Cr4,2,32,1,1 Gn8 Mp4,2,4,2 S1(1x0)1,3 Lbx25 Do0.1,2 Lbx25]"
    let trained = try run(
      ketos,
      [
        "--workers", "0", "train", "-f", "path", "--linetype", "baselines", "-q", "fixed", "-N", "1", "-B", "4", "-s",
        network, "-o", theirs,
      ]
        + images,
      timeout: 600)
    try #require(trained.exitCode == 0, "\(trained.transcript)")
    let best = try #require(
      try FileManager.default.contentsOfDirectory(atPath: theirs).sorted().first { $0.hasSuffix(".safetensors") })
    let made = try Self.check(["run", "\(theirs)/\(best)", folder.file("expected")])
    try #require(made.exitCode == 0, "\(made.transcript)")
    try expectLogits("\(theirs)/\(best)", folder.file("expected"))
    let training = try akuru(
      [
        "train", "--init-from", "\(theirs)/\(best)", "--train", data, "--validation", data, "--run-dir",
        folder.file("run"), "--max-steps", "100", "--eval-every", "1000", "--alphabet-change", "union",
      ], timeout: 300)
    try #require(training.exitCode == 0, "\(training.transcript)")
    let result = try export(folder.file("run"), to: folder.file("back.safetensors"))
    try #require(result.exitCode == 0, "\(result.transcript)")
    let back = try KrakenModel(try SafeTensorsFile(folder.file("back.safetensors")))
    let network2 = try CRNN(architecture: back.architecture, classes: back.alphabet.classCount)
    for parameter in network2.parameters.tensors {
      let tensor = try #require(back.tensors.first { $0.name == parameter.name })
      parameter.value.pointer.update(from: tensor.values, count: tensor.values.count)
    }
    try network2.writeExpected(widths: [64, 99], to: folder.file("ours"))
    let check = try Self.check(["logits", folder.file("back.safetensors"), folder.file("ours")])
    #expect(check.exitCode == 0 && check.stdout.hasPrefix("2 images"), "\(check.transcript)")
  }

  // MARK: - Without kraken

  /// A model that went to kraken comes back with the same weights, under the names of its string.
  @Test func anExportedModelComesBack() throws {
    let spec = "[1,17,0,1 Cr2,3,4p1,1 Mp2,2 Cl3,3,6,2,1 Nt Gn3 Lbx5 Do0.2 Lfx4 O1c]"
    let model = try UntrainedModel(try Architecture(spec: spec))
    let result = try export(model.checkpoint, to: model.path("kraken.safetensors"))
    try #require(result.exitCode == 0, "\(result.transcript)")
    let back = try KrakenModel(try SafeTensorsFile(model.path("kraken.safetensors")))
    #expect(back.alphabet.scalars == UntrainedModel.letters && back.textPolicy.normalization == .nfc)
    #expect(back.architecture.spec == spec.replacing("Nt Gn3", with: "Cl1,1,6 Nt Gn3"))
    let (ours, theirs) = (model.tensors, back.tensors)
    #expect(theirs.count == ours.count + 2)
    // It is a checkpoint for all commands, and can become one of Akuru.
    let image = model.path("x.png")
    try PNG.write(GrayImage(width: 90, height: 17, filledWith: 200), to: image)
    let converted = try akuru(
      [
        "export", "--checkpoint", model.path("kraken.safetensors"), "--format", "akuru", "--output",
        model.path("akuru"),
      ])
    #expect(converted.exitCode == 0, "\(converted.transcript)")
    let readings = try [model.checkpoint, model.path("kraken.safetensors"), model.path("akuru")].map {
      try akuru(["predict", "--json", "--checkpoint", $0, image])
    }
    #expect(readings.allSatisfy { $0.exitCode == 0 && $0.stdout == readings[0].stdout }, "\(readings[1].transcript)")
    for (a, b) in zip(ours.prefix(4) + ours.suffix(16), theirs.prefix(4) + theirs.suffix(16)) {
      #expect(a.shape == b.shape && a.values == b.values, "\(a.name) \(b.name)")
    }
  }
}
