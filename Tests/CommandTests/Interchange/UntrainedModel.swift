import Checkpoints
import Datasets
import Foundation
import Messages
import NeuralNetwork
import Tensors
import TestSupport
import Testing
import Settings
import Training

/// A checkpoint of any network with random weights and running averages, as a run would have left it.
struct UntrainedModel {
  static let letters: [Unicode.Scalar] = ["a", "b", "c", "ක", "\u{200D}"]

  let network: CRNN
  private let folder: TemporaryDirectory
  var checkpoint: String { path("model.safetensors.checkpoint") }

  func path(_ name: String) -> String { folder.file(name) }

  init(_ architecture: Architecture, seed: UInt64 = 3) throws {
    folder = try TemporaryDirectory()
    network = try CRNN(architecture: architecture, classes: Self.letters.count + 1)
    network.initialize(seed: seed)
    for (i, buffer) in network.parameters.buffers.enumerated() {
      var random = KeyedRandom(seed: seed, purpose: .test, sample: UInt32(i))
      let range: (Float, Float) = buffer.name.hasSuffix("var") ? (0.3, 1.5) : (-0.3, 0.3)
      for k in 0..<buffer.value.count { buffer.value.pointer[k] = random.uniform(range.0, range.1) }
    }
    try Checkpoint(tensors: tensors, metadata: ["identity": identity(), "cursor": "{}", "optimizerStep": "0"])
      .write(to: checkpoint)
  }

  /// Weights and running averages under their names.
  var tensors: [NamedTensor] {
    network.parameters.tensors.map { NamedTensor(name: $0.name, shape: $0.shape, values: $0.value.elements) }
      + network.parameters.buffers.map {
        NamedTensor(name: $0.name, shape: [$0.value.count], values: $0.value.elements)
      }
  }

  private func identity() throws -> String {
    struct Letters: Encodable {
      let scalars: [String]
    }
    struct Identity: Encodable {
      let recipe: Recipe
      let architecture: Architecture
      let alphabet: Letters
      let trainFingerprint = ""
      let validationFingerprint = ""
      let blasCore = ""
    }
    return try RunJSON.line(
      Identity(
        recipe: Recipe(Overrides()), architecture: network.architecture,
        alphabet: Letters(scalars: Self.letters.map(String.init))))
  }

  /// Writes lines of JSON: noise images, and the logits this network gives each alone.
  func writeExpected(widths: [Int], to path: String) throws { try network.writeExpected(widths: widths, to: path) }
}

extension CRNN {
  /// Writes lines of JSON: noise images, and the logits this network gives each alone.
  func writeExpected(widths: [Int], to path: String) throws {
    struct Record: Encodable {
      let height: Int
      let width: Int
      let input: [Float]
      let steps: Int
      let logits: [Float]
    }
    let height = architecture.inputHeight
    let lines = try widths.enumerated().map { n, width in
      var random = KeyedRandom(seed: 8, purpose: .test, sample: UInt32(n))
      let pixels = (0..<height * width).map { _ in UInt8(random.integer(below: 256)) }
      try plan(widths: [width])
      clearInput()
      load(image: 0, pixels: pixels, width: width)
      let (maps, start) = (input, input.layout.starts[0])
      let input = (0..<height).flatMap { y in (0..<width).map { maps.value.row(y)[start + $0] } }
      forward(.evaluation)
      return try RunJSON.line(
        Record(
          height: height, width: width, input: input, steps: logits.layout.rows,
          logits: logits.value.elements))
    }
    try GlyphData.write(lines, to: path)
  }
}

/// Networks that use every layer in every way: the named ones in small, and what the tutorial's and the paper's lack.
let exportedArchitectures: [Architecture] = [
  .tutorial(channels: 2, hidden: 12), .akuru(height: 32, channels: [4, 6, 8, 10], hidden: 12),
  .crnn(channels: [3, 4, 5, 6, 7, 8, 9], hidden: 10),
  try! Architecture(
    spec: "[1,19,0,1 Cr3,5,4,2,1 Gn2 Ct3,3,4,1,2 Mp2,2 Clr3,3,6,1,1,2,2 Gn3 Cm1,1,6 Gn6 Lbx5 Lfx4]", name: "strided"),
  Architecture(
    name: "odd", inputHeight: 13, inkIsPositive: false,
    stages: [
      .convolution(
        name: "a", out: 5, kernel: Extent(3, 5), padding: Extent(1, 2), bias: true, relu: false),
      .batchNormalization(name: "b", relu: false),
      .maxPool(kernel: Extent(3, 3), stride: Extent(2, 2), padding: Extent(1, 1)),
      .residual(name: "e", kernel: Extent(3, 3)), .depthwise(name: "f", kernel: Extent(3, 5)),
      .auxiliaryHead(name: "g", weight: 0.5),
      .convolution(name: "c", out: 4, kernel: Extent(2, 3), padding: Extent(0, 0), bias: false, relu: false),
      .convolution(name: "d", out: 3, kernel: Extent(1, 2), padding: Extent(0, 0), bias: true, relu: true),
      .lstm(name: "r", layer: 0, hidden: 6), .lstm(name: "s", layer: 1, hidden: 5),
      .recurrent(name: "t", layer: 0, hidden: 7, cell: .gru),
      .recurrent(name: "t", layer: 1, hidden: 5, cell: .gru, direction: .reverse),
      .recurrent(name: "u", layer: 0, hidden: 6, direction: .forward), .linear(name: "out"),
    ]),
]

extension Architecture: CustomTestStringConvertible {
  public var testDescription: String { name }
}
