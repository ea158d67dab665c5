import NeuralNetwork
import Testing

@Suite struct InitializationTests {
  /// Bounds of PyTorch's default distributions: inputs of one output for convolutions and linear layers, hidden for LSTMs.
  @Test(arguments: [
    (Architecture.tutorial(channels: 8, hidden: 40, height: 32), ["conv1.0": 6, "conv2.0": 48, "rnn": 40, "fc": 80]),
    (.akuru(), ["cnn.0": 9, "cnn.4": 144, "cnn.8": 288, "cnn.12": 576, "rnn": 128, "fc": 256]),
  ])
  func distributionsArePyTorchs(architecture: Architecture, inputs: [String: Double]) throws {
    let model = try CRNN(architecture: architecture, classes: 60)
    model.initialize(seed: 7)
    for parameter in model.parameters.tensors {
      let values = parameter.value.elements.map { Double($0) }
      let module = parameter.name.split(separator: ".").dropLast().joined(separator: ".")
      guard let fan = inputs[module] else {
        #expect(values.allSatisfy { $0 == (parameter.name.hasSuffix("weight") ? 1 : 0) }, "\(parameter.name)")
        continue
      }
      let bound = 1 / fan.squareRoot()
      #expect(values.allSatisfy { abs($0) <= bound * 1.000_001 }, "\(parameter.name)")
      #expect(values.map { abs($0) }.max()! > bound * (values.count > 60 ? 0.95 : 0.5), "\(parameter.name)")
      let count = Double(values.count)
      #expect(abs(values.reduce(0, +) / count) < 4 * bound / (3 * count).squareRoot(), "\(parameter.name)")
      if values.count > 1000 {
        let variance = values.reduce(0) { $0 + $1 * $1 } / count
        #expect(abs(variance / (bound * bound / 3) - 1) < 0.15, "\(parameter.name)")
      }
    }
    for buffer in model.parameters.buffers {
      #expect(buffer.value.elements.allSatisfy { $0 == (buffer.name.hasSuffix("running_var") ? 1 : 0) })
    }
  }

  /// Glorot's distributions: Glorot and Bengio 2010, equation 16; orthogonal recurrent weights; forget gates at 1.
  @Test func glorot() throws {
    let (hidden, features, classes) = (24, 2 * 5, 7)
    let model = try CRNN(architecture: .akuru(height: 32, channels: [2, 3, 4, 5], hidden: hidden), classes: classes)
    let plain = try CRNN(architecture: .akuru(height: 32, channels: [2, 3, 4, 5], hidden: hidden), classes: classes)
    model.initialize(seed: 7, .glorot)
    plain.initialize(seed: 7)
    for (parameter, other) in zip(model.parameters.tensors, plain.parameters.tensors) {
      let values = parameter.value.elements.map { Double($0) }
      func expectUniform(_ fans: Int) {
        let bound = (6 / Double(fans)).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound * 1.000_001 }, "\(parameter.name)")
        #expect(values.map { abs($0) }.max()! > 0.9 * bound, "\(parameter.name)")
      }
      switch parameter.name.split(separator: ".").last!.prefix(9) {
      case "weight_ih": expectUniform(4 * hidden + features)
      case "weight_hh":
        for gate in 0..<4 {
          for (i, j) in (0..<hidden).flatMap({ i in (0...i).map { (i, $0) } }) {
            let rows = (gate * hidden + i, gate * hidden + j)
            let product = (0..<hidden).reduce(0.0) { $0 + values[rows.0 * hidden + $1] * values[rows.1 * hidden + $1] }
            #expect(abs(product - (i == j ? 1 : 0)) < 1e-6, "gate \(gate), rows \(i) and \(j)")
          }
        }
        #expect(values[0..<hidden * hidden] != values[hidden * hidden..<2 * hidden * hidden])
      case "bias_ih_l": #expect(values.indices.allSatisfy { values[$0] == (hidden..<2 * hidden ~= $0 ? 1 : 0) })
      case "bias_hh_l": #expect(values.allSatisfy { $0 == 0 })
      default:
        if parameter.name == "fc.weight" {
          expectUniform(2 * hidden + classes)
        } else if parameter.name == "fc.bias" {
          #expect(values.allSatisfy { $0 == 0 })
        } else {
          expectSameBits(parameter.value.elements, other.value.elements, parameter.name)
        }
      }
    }
    // The same bits on every machine.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for tensor in model.parameters.tensors {
      for value in tensor.value.elements { hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3 }
    }
    #expect(hash == 13_333_046_710_185_555_956, "\(hash)")
  }

  @Test func dependsOnTheSeedOnly() throws {
    func weights(_ seed: UInt64, twice: Bool = false) throws -> [Float] {
      let model = try CRNN(architecture: .akuru(height: 20, channels: [2, 3, 4, 5], hidden: 6), classes: 8)
      if twice {
        model.initialize(seed: seed &+ 1)
        for buffer in model.parameters.buffers { buffer.value.fill(9) }
        model.parameters.gradients.base.update(repeating: 5, count: model.parameters.count)
      }
      model.initialize(seed: seed)
      #expect((0..<model.parameters.count).allSatisfy { model.parameters.gradients.base[$0] == 0 })
      #expect(model.parameters.buffers.allSatisfy { $0.value.elements.allSatisfy { $0 == 0 || $0 == 1 } })
      return (0..<model.parameters.count).map { model.parameters.values.base[$0] }
    }
    let first = try weights(3)
    expectSameBits(try weights(3, twice: true), first, "weights")
    for other: UInt64 in [4, 3 | 1 << 40] {
      let differs = try weights(other) != first
      #expect(differs)
    }
  }

  @Test func parametersHaveStreamsOfTheirOwn() throws {
    let model = try CRNN(architecture: .tutorial(hidden: 16, height: 16), classes: 5)
    model.initialize(seed: 1)
    let parts = model.parameters.tensors.map { $0.value.elements.prefix(8) }
    for i in parts.indices {
      for j in 0..<i { #expect(Set(parts[i]).isDisjoint(with: parts[j]), "\(i) and \(j)") }
    }
  }
}
