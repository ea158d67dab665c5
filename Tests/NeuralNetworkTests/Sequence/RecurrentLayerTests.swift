import NeuralNetwork
import TestSupport
import Testing

/// A cell and a direction.
struct Recurrence: Sendable, CustomTestStringConvertible {
  var cell = RecurrentCell.lstm
  var direction = RecurrentDirection.both

  /// Parts of the output.
  var parts: Int { direction == .both ? 2 : 1 }
  var testDescription: String { "\(direction) \(cell)" }

  static let all = [RecurrentCell.lstm, .gru].flatMap { cell in
    [RecurrentDirection.both, .forward, .reverse].map { Recurrence(cell: cell, direction: $0) }
  }
}

@Suite struct RecurrentLayerTests {
  struct Case: Decodable {
    let seed: Int
    let inputs: Int
    let hidden: Int
    let lengths: [Int]
    let output: [Float]
    let inputGradient: [Float]
    let gradients: [NamedValues]
  }

  func bench(
    _ kind: Recurrence = Recurrence(), inputs: Int, hidden: Int, lengths: [Int], seed: Int
  ) -> SequenceBench<RecurrentLayer> {
    let parameters = Parameters()
    let layer = RecurrentLayer(
      in: inputs, hidden: hidden, cell: kind.cell, direction: kind.direction, parameters: parameters)
    let bench = SequenceBench(features: inputs, lengths: lengths, parameters: parameters, layer: layer)
    bench.setParameters(seed: seed)
    return bench
  }

  @Test(arguments: [
    ("lstm", Recurrence()), ("lstm_forward", Recurrence(direction: .forward)), ("gru", Recurrence(cell: .gru)),
    ("gru_forward", Recurrence(cell: .gru, direction: .forward)),
  ])
  func agreesWithPyTorch(_ fixture: String, _ kind: Recurrence) throws {
    for golden in try sequenceFixture(fixture, as: Case.self) {
      let bench = bench(
        kind, inputs: golden.inputs, hidden: golden.hidden, lengths: golden.lengths, seed: golden.seed)
      let rows = bench.layout.rows
      let x = numbers(seed: golden.seed * 100 + 50, count: rows * golden.inputs, scale: 2)
      let dy = numbers(seed: golden.seed * 100 + 51, count: rows * kind.parts * golden.hidden)
      let (y, dx) = bench.run(x, dy)
      expectClose(y, golden.output, "output \(golden.seed)")
      expectClose(dx, golden.inputGradient, "input gradient \(golden.seed)")
      #expect(bench.parameters.tensors.map(\.name) == golden.gradients.map(\.name))
      for (parameter, expected) in zip(bench.parameters.tensors, golden.gradients) {
        expectClose(parameter.gradient.elements, expected.values, "\(expected.name) \(golden.seed)")
      }
    }
  }

  @Test func namesAndShapesOfTheSecondLayer() {
    let parameters = Parameters()
    let layer = RecurrentLayer(name: "enc", layer: 1, in: 6, hidden: 3, parameters: parameters)
    #expect(layer.outputs == 6)
    #expect(
      parameters.tensors.map(\.name) == [
        "enc.weight_ih_l1", "enc.weight_hh_l1", "enc.bias_ih_l1", "enc.bias_hh_l1", "enc.weight_ih_l1_reverse",
        "enc.weight_hh_l1_reverse", "enc.bias_ih_l1_reverse", "enc.bias_hh_l1_reverse",
      ])
    #expect(parameters.tensors.map(\.shape).prefix(4) == [[12, 6], [12, 3], [12], [12]])
  }

  /// PyTorch has no layer that reads backwards only: it is the second half of one that reads in both directions.
  @Test(arguments: [RecurrentCell.lstm, .gru]) func theReverseDirectionAlone(_ cell: RecurrentCell) {
    let (inputs, hidden, lengths) = (5, 19, [6, 4, 4, 1])
    let both = bench(Recurrence(cell: cell), inputs: inputs, hidden: hidden, lengths: lengths, seed: 71)
    let alone = bench(
      Recurrence(cell: cell, direction: .reverse), inputs: inputs, hidden: hidden, lengths: lengths, seed: 72)
    let reverse = both.parameters.tensors.suffix(4)
    for (target, source) in zip(alone.parameters.tensors, reverse) {
      #expect(target.name + "_reverse" == source.name)
      write(source.value.elements, to: target.value)
    }
    let rows = both.layout.rows
    let x = numbers(seed: 16, count: rows * inputs, scale: 2)
    let dy = numbers(seed: 17, count: rows * hidden)
    let nothing = [Float](repeating: 0, count: hidden)
    let wide = (0..<rows).flatMap { row -> [Float] in nothing + dy[row * hidden..<(row + 1) * hidden] }
    let (y, dx) = alone.run(x, dy)
    let (expected, expectedGradient) = both.run(x, wide)
    let half = (0..<rows).flatMap { row -> ArraySlice<Float> in
      let start = (2 * row + 1) * hidden
      return expected[start..<start + hidden]
    }
    expectClose(y, half, relativeToMaximum: 1e-6, "output")
    expectClose(dx, expectedGradient, relativeToMaximum: 1e-5, "input gradient")
    for (parameter, source) in zip(alone.parameters.tensors, reverse) {
      expectClose(parameter.gradient.elements, source.gradient.elements, relativeToMaximum: 1e-5, parameter.name)
    }
  }

  @Test(arguments: Recurrence.all) func agreesWithFiniteDifferences(_ kind: Recurrence) {
    let bench = bench(kind, inputs: 3, hidden: 18, lengths: [4, 2, 2], seed: 21)
    let x = numbers(seed: 7, count: bench.layout.rows * 3, scale: 2)
    let dy = numbers(seed: 8, count: bench.layout.rows * 18 * kind.parts)
    func loss() -> Double {
      bench.layer.forward(.training)
      return zip(bench.output.value.elements, dy).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let (_, dx) = bench.run(x, dy)
    let gradients = bench.parameters.tensors.map { ($0, $0.gradient.elements) }
    expectSequenceGradient(dx, of: loss, at: bench.input.value.pointer, "input")
    for (parameter, gradient) in gradients {
      expectSequenceGradient(gradient, of: loss, at: parameter.value.pointer, samples: 25, parameter.name)
    }
  }

  /// Odd sizes, and sizes on both sides of the limit below which a transposed copy of W_hh is used.
  @Test(
    arguments: [
      (5, 7, [6, 4, 4, 1]), (9, 48, [7, 7, 5, 2]), (4, 160, [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2, 1]),
      (3, 224, [4, 3, 3, 3, 3, 2]),
    ], Recurrence.all)
  func eachSequenceAloneGivesTheSame(_ sizes: (inputs: Int, hidden: Int, lengths: [Int]), _ kind: Recurrence) {
    let (inputs, hidden, lengths) = sizes
    let outputs = kind.parts * hidden
    let batch = bench(kind, inputs: inputs, hidden: hidden, lengths: lengths, seed: 31)
    let x = numbers(seed: 9, count: batch.layout.rows * inputs, scale: 2)
    let dy = numbers(seed: 10, count: batch.layout.rows * outputs)
    let (y, dx) = batch.run(x, dy)
    var sums = batch.parameters.tensors.map { [Float](repeating: 0, count: $0.value.count) }
    for n in lengths.indices {
      let alone = bench(kind, inputs: inputs, hidden: hidden, lengths: [lengths[n]], seed: 31)
      let (y1, dx1) = alone.run(
        rows(of: n, in: batch.layout, x, features: inputs), rows(of: n, in: batch.layout, dy, features: outputs))
      expectClose(y1, rows(of: n, in: batch.layout, y, features: outputs), relativeToMaximum: 1e-5, "output \(n)")
      expectClose(
        dx1, rows(of: n, in: batch.layout, dx, features: inputs), relativeToMaximum: 1e-5, "input gradient \(n)")
      for (p, parameter) in alone.parameters.tensors.enumerated() {
        for (i, g) in parameter.gradient.elements.enumerated() { sums[p][i] += g }
      }
    }
    for (parameter, sum) in zip(batch.parameters.tensors, sums) {
      expectClose(parameter.gradient.elements, sum, relativeToMaximum: 1e-5, parameter.name)
    }
  }

  @Test(arguments: Recurrence.all) func memoryContentsChangeNoBit(_ kind: Recurrence) {
    let bench = bench(kind, inputs: 3, hidden: 21, lengths: [5, 3, 1], seed: 41)
    let x = numbers(seed: 11, count: bench.layout.rows * 3)
    let dy = numbers(seed: 12, count: bench.layout.rows * 21 * kind.parts)
    let clean = bench.run(x, dy, poison: 0)
    let cleanGradients = bench.parameters.tensors.map(\.gradient.elements)
    let poisoned = bench.run(x, dy)
    #expect(clean.output == poisoned.output)
    #expect(clean.inputGradient == poisoned.inputGradient)
    #expect(cleanGradients == bench.parameters.tensors.map(\.gradient.elements))
  }

  @Test(arguments: Recurrence.all) func gradientsAreAddedAndInputGradientIsOptional(_ kind: Recurrence) {
    let bench = bench(kind, inputs: 4, hidden: 6, lengths: [3, 2], seed: 51)
    let x = numbers(seed: 13, count: bench.layout.rows * 4)
    let dy = numbers(seed: 14, count: bench.layout.rows * 6 * kind.parts)
    _ = bench.run(x, dy)
    let once = bench.parameters.tensors.map(\.gradient.elements)
    _ = bench.forward(x)
    write(dy, to: bench.output.gradient)
    bench.layer.inputNeedsGradient = false
    bench.input.gradient.fill(7)
    bench.layer.backward()
    for (parameter, gradient) in zip(bench.parameters.tensors, once) {
      expectClose(parameter.gradient.elements, gradient.map { 2 * $0 }, relativeToMaximum: 1e-6, parameter.name)
    }
    #expect(bench.input.gradient.elements.allSatisfy { $0 == 7 })
  }

  @Test func smallerBatchReusesMemory() {
    let bench = bench(inputs: 4, hidden: 6, lengths: [9, 8, 8], seed: 61)
    let bytes = bench.workspace.bytes
    bench.replan([5, 2])
    #expect(bench.workspace.bytes == bytes)
    let x = numbers(seed: 15, count: 28)
    let fresh = self.bench(inputs: 4, hidden: 6, lengths: [5, 2], seed: 61)
    expectClose(bench.forward(x), fresh.forward(x), relativeToMaximum: 1e-6)
  }
}
