import NeuralNetwork
import Testing

@Suite struct WeightAverageTests {
  private func store() -> Parameters {
    let parameters = Parameters()
    _ = parameters.add("weight", shape: [3, 7])
    _ = parameters.addBuffer("running_mean", count: 5, initial: 1)
    parameters.commit()
    return parameters
  }

  @Test(arguments: [0.3, 0.999])
  func averages(decay: Double) {
    let parameters = store()
    let (weight, buffer) = (parameters.tensors[0].value, parameters.buffers[0].value)
    weight.fill(2)
    let average = WeightAverage(decay: decay, of: parameters)
    var (expected, mean) = (2.0, 1.0)
    for update in 1...40 {
      weight.fill(Float(update))
      buffer.fill(Float(-update))
      average.add(parameters, update: update)
      let keep = min(decay, Double(1 + update) / Double(10 + update))
      expected = keep * expected + (1 - keep) * Double(update)
      mean = keep * mean - (1 - keep) * Double(update)
    }
    average.exchange(with: parameters)
    #expect(weight.elements.allSatisfy { abs(Double($0) - expected) < 1e-4 })
    #expect(buffer.elements.allSatisfy { abs(Double($0) - mean) < 1e-4 })
    average.exchange(with: parameters)
    #expect(weight.elements.allSatisfy { $0 == 40 } && buffer.elements.allSatisfy { $0 == -40 })
    #expect((21..<parameters.count).allSatisfy { parameters.values.base[$0] == 0 && average.values.base[$0] == 0 })
    average.restart(from: parameters)
    #expect((0..<21).allSatisfy { average.values.base[$0] == 40 })
  }

  /// Weights that never change keep their bits.
  @Test func constantsStay() {
    let parameters = store()
    parameters.tensors[0].value.fill(0.1)
    let average = WeightAverage(decay: 0.9, of: parameters)
    for update in 1...20 { average.add(parameters, update: update) }
    #expect((0..<21).allSatisfy { average.values.base[$0].bitPattern == Float(0.1).bitPattern })
  }
}
