import NeuralNetwork
import Tensors
import TestSupport
import Testing

@Suite struct LAMBTests {
  private static let kinds: [(String, OptimizerSettings)] = [
    ("lamb", OptimizerSettings()),
    ("lamb.decay", OptimizerSettings(beta1: 0.8, beta2: 0.95, epsilon: 1e-4, weightDecay: 0.03)),
  ]

  /// A padded matrix and a vector, whose ranges come in one piece or in several.
  @Test(arguments: kinds.indices, [[0..<48], [0..<32, 32..<48], [0..<16, 16..<48]])
  func twentyStepsAreThoseOfTheAlgorithm(_ kind: Int, ranges: [Range<Int>]) throws {
    let (name, settings) = Self.kinds[kind]
    let golden = try GoldenFile("lamb")
    let initial = try golden["initial"].elements
    let weights = Matrix(rows: 1, columns: initial.count, initial)
    let optimizer = OptimizerKind.lamb.make(count: initial.count, matrices: [0..<32], settings: settings)
    for step in 0..<20 {
      let gradient = Matrix(rows: 1, columns: initial.count, try golden["gradients"].row(step).map { $0 * 4 })
      optimizer.update(
        values: weights.pointer, gradients: gradient.pointer, ranges: ranges, learningRate: 1e-2 / Float(1 + step),
        gradientScale: 0.25)
      let expected = try golden[name + ".weights"].row(step)
      expectClose(weights.elements, expected, absolute: 1e-6, "\(name) after \(step + 1)")
    }
    #expect(optimizer.name == "lamb" && optimizer.slots.map(\.name) == ["exp_avg", "exp_avg_sq"])
    for slot in optimizer.slots {
      let actual = Matrix(storage: slot.storage, rows: 1, columns: initial.count).elements
      for (i, (a, b)) in zip(actual, try golden[name + "." + slot.name].elements).enumerated() {
        #expect(abs(a - b) <= 2e-5 * abs(b) + 1e-12 && a.isFinite, "\(slot.name)[\(i)]: \(a), expected \(b)")
      }
    }
  }

  /// A matrix changes by the rate times its length, whatever the gradient; one without length gets the direction itself.
  @Test(arguments: [1e-4, 1, 1e4] as [Float]) func aStepIsAShareOfTheWeights(scale: Float) {
    let weights = Matrix(rows: 1, columns: 48)
    let gradients = Matrix(rows: 1, columns: 48, (0..<48).map { scale * Float(1 + $0 % 7) })
    for i in 0..<16 { weights.pointer[i] = Float(i) - 7 }
    let before = weights.elements
    let optimizer = LAMB(count: 48, scaled: [0..<16, 32..<48])
    optimizer.update(
      values: weights.pointer, gradients: gradients.pointer, count: 48, learningRate: 0.01, gradientScale: 1)
    let moved = zip(weights.elements, before).map { Double($0 - $1) }
    func length(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let share = length(moved[0..<16]) / length(before[0..<16].map(Double.init))
    #expect(abs(share - 0.01) <= 1e-5, "\(share)")
    for i in 16..<48 { #expect(abs(moved[i] + 0.01) <= 1e-4, "\(i): \(moved[i])") }
  }
}
