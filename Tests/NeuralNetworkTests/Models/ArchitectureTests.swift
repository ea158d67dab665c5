import Foundation
import NeuralNetwork
import Testing

@Suite struct ArchitectureTests {
  @Test(arguments: [
    (Architecture.tutorial(), 79, 634_468), (.tutorial(channels: 64), 79, 4_812_943), (.akuru(), 70, 426_614),
    (.tutorial(channels: 16, hidden: 32, height: 16), 10, 0), (.akuru(height: 33), 12, 0),
    (.crnn(), 80, 8_745_808),
  ])
  func weightsAreCounted(architecture: Architecture, classes: Int, expected: Int) throws {
    let count = try architecture.weightCount(classes: classes)
    if expected > 0 { #expect(count == expected) }
    let parameters = try CRNN(architecture: architecture, classes: classes).parameters
    #expect(parameters.weightCount == count)
    for layer in try architecture.layers(classes: classes) where layer.weights > 0 {
      let prefix = layer.name.replacingOccurrences(of: "rnn.l", with: "rnn.")
      let owned = parameters.tensors.filter {
        layer.name.hasPrefix("rnn.")
          ? $0.name.contains("_l\(prefix.dropFirst(4))") : $0.name.hasPrefix(layer.name + ".")
      }
      #expect(owned.reduce(0) { $0 + $1.value.count } == layer.weights, "\(layer.name)")
    }
  }

  @Test func weightNamesAndShapesArePyTorchs() throws {
    let tutorial = try CRNN(architecture: .tutorial(channels: 64), classes: 79).parameters
    let rnn = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map { "rnn." + $0 }
    let tail = rnn + rnn.map { $0 + "_reverse" } + ["fc.weight", "fc.bias"]
    #expect(
      tutorial.tensors.map(\.name) == ["conv1.0.weight", "conv1.0.bias", "conv2.0.weight", "conv2.0.bias"] + tail)
    #expect(
      tutorial.tensors.map(\.shape) == [
        [64, 1, 2, 3], [64], [128, 64, 2, 3], [128], [1024, 2048], [1024, 256], [1024], [1024], [1024, 2048],
        [1024, 256],
        [1024], [1024], [79, 512], [79],
      ])
    let akuru = try CRNN(architecture: .akuru(), classes: 70).parameters
    let convolutions = (0..<4).flatMap {
      ["cnn.\(4 * $0).weight", "cnn.\(4 * $0 + 1).weight", "cnn.\(4 * $0 + 1).bias"]
    }
    #expect(akuru.tensors.map(\.name) == convolutions + tail)
    #expect(akuru.tensors[3].shape == [32, 16, 3, 3] && akuru.tensors[12].shape == [512, 192])
    #expect(
      akuru.buffers.map(\.name)
        == (0..<4).flatMap { ["cnn.\(4 * $0 + 1).running_mean", "cnn.\(4 * $0 + 1).running_var"] })
    let paper = try CRNN(architecture: .crnn(channels: [2, 2, 2, 2, 2, 2, 2], hidden: 2), classes: 4).parameters
    #expect(paper.tensors.contains { $0.name == "rnn.weight_hh_l1_reverse" && $0.shape == [8, 2] })
    #expect(paper.tensors.contains { $0.name == "rnn.weight_ih_l1" && $0.shape == [8, 4] })
  }

  @Test func sequenceLengthsFollowTheWidth() throws {
    let paper = Architecture.crnn(channels: [2, 2, 2, 2, 2, 2, 2], hidden: 2)
    for width in -3..<300 {
      let quarter = max(0, width) / 2 / 2
      #expect(Architecture.tutorial().sequenceLength(forWidth: width) == quarter)
      #expect(Architecture.akuru().sequenceLength(forWidth: width) == quarter)
      #expect(paper.sequenceLength(forWidth: width) == (quarter > 0 ? quarter + 1 : 0))
    }
    #expect(
      Architecture.tutorial().minimumWidth == 4 && Architecture.akuru().minimumWidth == 4 && paper.minimumWidth == 4)
    let model = try CRNN(architecture: paper, classes: 4)
    try model.plan(widths: [101, 50, 7, 4])
    #expect(model.logits.layout.lengths == [26, 13, 2, 2])
  }

  @Test(arguments: 16...70)
  func seedWorksForEveryHeight(height: Int) throws {
    let architecture = Architecture.tutorial(channels: 2, hidden: 3, height: height)
    let lines = ((height + 1) / 2 + 1) / 2
    let rnn = try #require(try architecture.layers(classes: 5).first { $0.name == "rnn.l0" })
    #expect(rnn.weights == 2 * 4 * 3 * (4 * lines + 3 + 2))
    try architecture.validate(classes: 5)
    try Architecture.akuru(height: height).validate(classes: 5)
  }

  @Test func jsonRoundTrips() throws {
    var white = Architecture.tutorial(channels: 5, hidden: 7, height: 33)
    white.inkIsPositive = false
    let paper = Architecture.crnn(channels: [2, 2, 2, 2, 2, 2, 2], hidden: 2)
    for architecture in [.akuru(), white, paper] {
      let data = try JSONEncoder().encode(architecture)
      #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
    }
    let text = #"{"name":"x","inputHeight":8,"inkIsPositive":true,"stages":[{"telepathy":{"name":"a"}}]}"#
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Architecture.self, from: Data(text.utf8)) }
  }

  private static let fc = LayerSpec.linear(name: "fc")
  private static let rnn = LayerSpec.lstm(name: "rnn", layer: 0, hidden: 3)
  private static func convolution(
    _ name: String = "c", out: Int = 2, kernel: Extent = Extent(3, 3), padding: Extent = Extent(1, 1)
  ) -> LayerSpec {
    .convolution(name: name, out: out, kernel: kernel, padding: padding, bias: true, relu: true)
  }
  private static func pool(_ kernel: Extent, stride: Extent? = nil, padding: Extent = Extent(0, 0)) -> LayerSpec {
    .maxPool(kernel: kernel, stride: stride ?? kernel, padding: padding)
  }

  @Test(
    arguments: [
      ("stages", []), ("must be linear", [rnn]), ("last stage", [fc, fc]),
      ("named c", [convolution(), convolution(), fc]),
      ("named rnn.l0", [rnn, rnn, fc]), ("after the first recurrent layer", [rnn, convolution(), fc]),
      ("channels", [convolution(out: 0), fc]), ("channels", [convolution(out: .max), fc]),
      ("kernel", [convolution(kernel: Extent(0, 3)), fc]), ("kernel", [convolution(kernel: Extent(3, 99)), fc]),
      ("padding", [convolution(padding: Extent(1, 2)), fc]), ("padding", [convolution(padding: Extent(-1, 0)), fc]),
      (
        "lines", [convolution(kernel: Extent(9, 3)), convolution("d", kernel: Extent(9, 3), padding: Extent(0, 1)), fc]
      ),
      ("lines", [pool(Extent(10, 1)), fc]), ("stride", [pool(Extent(2, 2), stride: Extent(0, 2)), fc]),
      ("half a window", [pool(Extent(2, 2), padding: Extent(2, 1)), fc]),
      ("hidden", [.lstm(name: "rnn", layer: 0, hidden: 0), fc]),
      ("hidden", [.lstm(name: "rnn", layer: 0, hidden: .max), fc]),
      ("layer", [.lstm(name: "rnn", layer: -1, hidden: 2), fc]), ("name", [convolution(""), fc]),
      ("name", [convolution("a b"), fc]), ("name", [convolution("a\n"), fc]),
      (
        "2^30",
        [
          convolution(out: 4096), rnn, .lstm(name: "rnn", layer: 1, hidden: 8192),
          .lstm(name: "rnn", layer: 2, hidden: 8192), fc,
        ]
      ),
      ("no time step", (0..<13).map { _ in pool(Extent(1, 2)) } + [fc]),
    ] as [(String, [LayerSpec])])
  func nonsenseIsAnError(message: String, stages: [LayerSpec]) throws {
    let architecture = Architecture(name: "odd", inputHeight: 9, stages: stages)
    let error = #expect(throws: ArchitectureError.self) { try CRNN(architecture: architecture, classes: 4) }
    let text = try #require(error).description
    #expect(text.contains(message) && text.hasPrefix("model odd: ") && !text.contains("\n"), "\(text)")
  }

  @Test func heightsAndClassesHaveLimits() {
    for height in [-1, 0, 1025, .max] {
      #expect(throws: ArchitectureError.self) { try Architecture.tutorial(height: height).validate(classes: 4) }
    }
    for classes in [-1, 0, 1, 200_001, .max] {
      #expect(throws: ArchitectureError.self) { try Architecture.tutorial().validate(classes: classes) }
    }
    for channels in [-1, 0, .max, Int.max / 2 + 9] {
      #expect(throws: ArchitectureError.self) { try Architecture.tutorial(channels: channels).validate(classes: 4) }
    }
  }

  @Test func anOddModelNameIsNotPrinted() {
    let architecture = Architecture(name: "a\nb", inputHeight: 9, stages: [Self.rnn, Self.fc])
    let error = #expect(throws: ArchitectureError.self) { try architecture.validate(classes: 4) }
    #expect(error?.description.contains("\n") == false)
  }

  @Test func tableListsLayersAndTotal() throws {
    let lines = try Architecture.akuru().table(classes: 70).split(separator: "\n")
    #expect(lines.count == 1 + 14 + 1)
    #expect(Set(lines.map(\.utf8.count)).count == 1)
    #expect(lines[0].hasPrefix("layer") && lines[1].contains("cnn.0") && lines[1].contains("16 x 40 x W"))
    #expect(lines[13].contains("T x 256") && lines[15].hasSuffix("426614"))
  }
}
