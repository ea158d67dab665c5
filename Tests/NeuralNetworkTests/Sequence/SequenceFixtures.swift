import Foundation
import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// Reads `Goldens/fixtures/sequence_<name>.json`, written by `Goldens/generate_sequence.py`.
func sequenceFixture<Case: Decodable>(_ name: String, as type: Case.Type) throws -> [Case] {
  let url = try #require(
    Bundle.module.url(forResource: "sequence_\(name)", withExtension: "json", subdirectory: "fixtures"))
  return try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
}

struct NamedValues: Decodable {
  let name: String
  let values: [Float]
}

/// The numbers of `generate_sequence.py`: uniform in [-scale, scale) from a linear congruential generator.
func numbers(seed: Int, count: Int, scale: Float = 1) -> [Float] {
  var state = UInt32(seed)
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return (Float(state >> 8) / 0x1p23 - 1) * scale
  }
}

/// Packed rows of sequence `n`: one row per step.
func rows(of n: Int, in layout: SequenceLayout, _ packed: [Float], features: Int) -> [Float] {
  (0..<layout.lengths[n]).flatMap { t in
    let start = (layout.offsets[t] + n) * features
    return packed[start..<start + features]
  }
}

/// One sequence layer with its memory, run on given numbers.
final class SequenceBench<L: SequenceLayer> {
  let layer: L
  let parameters: Parameters
  let layout = SequenceLayout()
  let workspace = Workspace()
  let features: Int
  private(set) var input: NeuralNetwork.PackedSequence
  private(set) var output: NeuralNetwork.PackedSequence

  init(features: Int, lengths: [Int], parameters: Parameters, layer: L) {
    (self.features, self.layer, self.parameters) = (features, layer, parameters)
    layout.place(lengths)
    let value = Matrix(rows: layout.rows, columns: features)
    let gradient = Matrix(rows: layout.rows, columns: features)
    input = NeuralNetwork.PackedSequence(layout: layout, features: features, value: value, gradient: gradient)
    output = layer.plan(input, in: workspace)
    workspace.commit()
  }

  /// Plans again for other lengths, in the same memory.
  func replan(_ lengths: [Int]) {
    layout.place(lengths)
    workspace.reset()
    let value = Matrix(rows: layout.rows, columns: features)
    let gradient = Matrix(rows: layout.rows, columns: features)
    input = NeuralNetwork.PackedSequence(layout: layout, features: features, value: value, gradient: gradient)
    output = layer.plan(input, in: workspace)
    workspace.commit()
  }

  /// Fills parameter i with `numbers(seed: seed * 100 + i)`.
  func setParameters(seed: Int) {
    parameters.commit()
    for (i, parameter) in parameters.tensors.enumerated() {
      write(numbers(seed: seed * 100 + i, count: parameter.value.count, scale: 0.5), to: parameter.value)
    }
  }

  /// Forward only; memory is NaN before, so a read of unwritten memory shows.
  func forward(_ x: [Float], poison: Float = .nan) -> [Float] {
    workspace.poison(poison)
    write(x, to: input.value)
    layer.forward(.training)
    return output.value.elements
  }

  /// Forward and backward; parameter gradients start at zero.
  func run(_ x: [Float], _ dy: [Float], poison: Float = .nan) -> (output: [Float], inputGradient: [Float]) {
    parameters.zeroGradients()
    let y = forward(x, poison: poison)
    input.gradient.fill(poison)
    write(dy, to: output.gradient)
    layer.backward()
    return (y, input.gradient.elements)
  }
}

func write(_ values: [Float], to matrix: Matrix) {
  precondition(values.count == matrix.count)
  for (i, value) in values.enumerated() { matrix.pointer[i] = value }
}
