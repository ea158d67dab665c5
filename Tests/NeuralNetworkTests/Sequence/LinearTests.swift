import NeuralNetwork
import TestSupport
import Testing

@Suite struct LinearTests {
  struct Case: Decodable {
    let seed: Int
    let inputs: Int
    let outputs: Int
    let lengths: [Int]
    let output: [Float]
    let inputGradient: [Float]
    let gradients: [NamedValues]
  }

  func bench(inputs: Int, outputs: Int, lengths: [Int], seed: Int) -> SequenceBench<Linear> {
    let parameters = Parameters()
    let layer = Linear(name: "fc", in: inputs, out: outputs, parameters: parameters)
    let bench = SequenceBench(features: inputs, lengths: lengths, parameters: parameters, layer: layer)
    bench.setParameters(seed: seed)
    return bench
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try sequenceFixture("linear", as: Case.self) {
      let bench = bench(inputs: golden.inputs, outputs: golden.outputs, lengths: golden.lengths, seed: golden.seed)
      let rows = bench.layout.rows
      let x = numbers(seed: golden.seed * 100 + 50, count: rows * golden.inputs, scale: 2)
      let dy = numbers(seed: golden.seed * 100 + 51, count: rows * golden.outputs)
      let (y, dx) = bench.run(x, dy)
      expectClose(y, golden.output, "output \(golden.seed)")
      expectClose(dx, golden.inputGradient, "input gradient \(golden.seed)")
      #expect(bench.parameters.tensors.map(\.name) == golden.gradients.map(\.name))
      for (parameter, expected) in zip(bench.parameters.tensors, golden.gradients) {
        expectClose(parameter.gradient.elements, expected.values, "\(expected.name) \(golden.seed)")
      }
    }
  }

  @Test func agreesWithFiniteDifferences() {
    let bench = bench(inputs: 5, outputs: 18, lengths: [3, 1], seed: 71)
    let x = numbers(seed: 16, count: bench.layout.rows * 5, scale: 2)
    let dy = numbers(seed: 17, count: bench.layout.rows * 18)
    func loss() -> Double {
      bench.layer.forward(.training)
      return zip(bench.output.value.elements, dy).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let (_, dx) = bench.run(x, dy)
    let gradients = bench.parameters.tensors.map { ($0, $0.gradient.elements) }
    expectSequenceGradient(dx, of: loss, at: bench.input.value.pointer, tolerance: 1e-3, "input")
    for (parameter, gradient) in gradients {
      expectSequenceGradient(gradient, of: loss, at: parameter.value.pointer, tolerance: 1e-3, parameter.name)
    }
  }

  @Test func memoryContentsChangeNoBitAndGradientsAreAdded() {
    let bench = bench(inputs: 3, outputs: 21, lengths: [5, 3, 1], seed: 81)
    let x = numbers(seed: 18, count: bench.layout.rows * 3)
    let dy = numbers(seed: 19, count: bench.layout.rows * 21)
    let clean = bench.run(x, dy, poison: 0)
    let cleanGradients = bench.parameters.tensors.map(\.gradient.elements)
    let poisoned = bench.run(x, dy)
    #expect(clean.output == poisoned.output)
    #expect(clean.inputGradient == poisoned.inputGradient)
    #expect(cleanGradients == bench.parameters.tensors.map(\.gradient.elements))
    bench.layer.backward()
    for (parameter, gradient) in zip(bench.parameters.tensors, cleanGradients) {
      expectClose(parameter.gradient.elements, gradient.map { 2 * $0 }, relativeToMaximum: 1e-6, parameter.name)
    }
  }
}
