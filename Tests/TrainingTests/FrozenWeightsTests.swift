import Messages
import NeuralNetwork
import TestSupport
import Testing
import Training

/// On a network of four layers with odd sizes, whose tensors stand at multiples of 16 floats.
@Suite struct FrozenWeightsTests {
  private static func makeNetwork() throws -> CRNN {
    let architecture = Architecture(
      name: "odd", inputHeight: 5,
      stages: [
        .convolution(
          name: "cnn.0", out: 3, kernel: Extent(3, 3), padding: Extent(1, 1), bias: true, relu: false),
        .batchNormalization(name: "cnn.1", relu: true),
        .convolution(
          name: "cnn.10", out: 2, kernel: Extent(1, 1), padding: Extent(0, 0), bias: true, relu: false),
        .linear(name: "fc"),
      ])
    return try CRNN(architecture: architecture, classes: 4)
  }

  private let network = try! makeNetwork()

  private func frozen(_ prefixes: String?) throws -> FrozenWeights { try FrozenWeights(prefixes, of: network) }

  /// The slab: cnn.0.weight 27 -> 32 floats, cnn.0.bias 3 -> 16, cnn.1 weight and bias 3 -> 16 each, cnn.10.weight 6 -> 16, its bias
  /// 2 -> 16, fc.weight 40 -> 48, fc.bias 4 -> 16: 176 in all. Buffers: two of 3 -> 16.
  @Test func rangesAreWholeTensors() throws {
    let none = try frozen(nil)
    #expect(none.trained == [0..<176] && none.frozen == [] && none.trainedBuffers == [0..<32])
    let first = try frozen("cnn.0")
    #expect(first.frozen == [0..<48] && first.trained == [48..<176] && first.trainedBuffers == [0..<32])
    let normalization = try frozen("cnn.1")
    #expect(normalization.frozen == [48..<80] && normalization.trained == [0..<48, 80..<176])
    #expect(normalization.trainedBuffers == [])
    let ends = try frozen("fc,cnn.0.weight")
    #expect(ends.frozen == [0..<32, 112..<176] && ends.trained == [32..<112])
    #expect(try frozen("cnn").frozen == [0..<112])
  }

  @Test func aPrefixEndsAtADot() throws {
    let first = try frozen("cnn.1")
    #expect(first.isFrozen("cnn.1") && first.isFrozen("cnn.1.weight") && first.isFrozen("cnn.1.running_mean"))
    #expect(!first.isFrozen("cnn.10.weight") && !first.isFrozen("cnn") && !first.isFrozen("xcnn.1.weight"))
    #expect(try !frozen(nil).isFrozen("cnn.1.weight"))
  }

  @Test func namesOfNothingAreErrors() {
    func message(_ prefixes: String) -> String? {
      thrown(ConfigurationError.self) { _ = try frozen(prefixes) }?.description
    }
    for name in ["rnn", "cnn.", "cn", "cnn.2", "", " cnn"] {
      let expected =
        "--freeze \(name): no weight has a name that begins so; the network has cnn, fc, and their parts such as "
        + "cnn.0.weight"
      #expect(message(name) == expected)
      #expect(message("fc,\(name)") == expected)
    }
    #expect(message("cnn,fc") == "--freeze cnn,fc: nothing is left to train")
    #expect(message("cnn.0,cnn.1,cnn.10,fc.weight") == nil, "the bias is left")
  }

  @Test func gradientsOfFrozenWeightsAreCleared() throws {
    let parameters = network.parameters
    parameters.gradients.fill(.nan)
    for i in 48..<80 { parameters.gradients.base[i] = Float(i) }
    let norm = try frozen("cnn.0,cnn.10,fc").clearGradients(of: parameters)
    #expect(norm == (48..<80).reduce(0.0) { $0 + Double($1 * $1) }.squareRoot())
    #expect(try frozen(nil).clearGradients(of: parameters) == nil, "the norm of all stays as it is")
    for i in 0..<176 {
      let expected: Float = (48..<80).contains(i) ? Float(i) : 0
      #expect(parameters.gradients.base[i] == expected, "\(i)")
    }
  }
}
