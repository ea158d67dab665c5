import NeuralNetwork
import Tensors
import TestSupport
import Testing

@Suite struct OptimizerTests {
  private static let kinds: [(String, OptimizerKind, OptimizerSettings)] = [
    ("adam", .adam, OptimizerSettings()),
    ("adam.decay", .adam, OptimizerSettings(weightDecay: 0.03)),
    ("adam.betas", .adam, OptimizerSettings(beta1: 0.8, beta2: 0.95, epsilon: 1e-4)),
    ("adamw", .adamw, OptimizerSettings()),
    ("adamw.decay", .adamw, OptimizerSettings(epsilon: 1e-4, weightDecay: 0.03)),
    ("sgd", .sgd, OptimizerSettings(momentum: 0)),
    ("sgd.momentum", .sgd, OptimizerSettings(momentum: 0.9)),
    ("sgd.decay", .sgd, OptimizerSettings(momentum: 0.7, weightDecay: 0.03)),
    ("adadelta", .adadelta, OptimizerSettings()),
    ("adadelta.decay", .adadelta, OptimizerSettings(epsilon: 1e-4, rho: 0.7, weightDecay: 0.03)),
  ]

  @Test(arguments: kinds.indices)
  func twentyStepsAreAsPyTorchs(_ kind: Int) throws {
    let (name, kind, settings) = Self.kinds[kind]
    let golden = try GoldenFile("optimizers")
    let initial = try golden["initial"].elements
    let (weights, gradients) = (Matrix(rows: 1, columns: initial.count, initial), try golden["gradients"])
    let optimizer = kind.make(count: initial.count, settings: settings)
    for step in 0..<20 {
      // The gradients arrive four times as large, as before clipping.
      let gradient = Matrix(rows: 1, columns: initial.count, gradients.row(step).map { $0 * 4 })
      optimizer.update(
        values: weights.pointer, gradients: gradient.pointer, count: initial.count,
        learningRate: (kind == .adadelta ? 1 : 1e-2) / Float(1 + step), gradientScale: 0.25)
      let expected = try golden[name + ".weights"].row(step)
      expectClose(weights.elements, expected, absolute: 1e-6, "\(name) after \(step + 1)")
      expectClose(
        zip(weights.elements, initial).map { $0 - $1 }, zip(expected, initial).map { $0 - $1 }, absolute: 1e-6)
    }
    #expect(optimizer.step == 20)
    #expect(optimizer.name == kind.rawValue)
    let slots: [OptimizerKind: [String]] = [.sgd: ["momentum_buffer"], .adadelta: ["square_avg", "acc_delta"]]
    #expect(optimizer.slots.map(\.name) == slots[kind] ?? ["exp_avg", "exp_avg_sq"])
    for slot in optimizer.slots where settings.momentum > 0 {
      let actual = Matrix(storage: slot.storage, rows: 1, columns: initial.count).elements
      for (i, (a, b)) in zip(actual, try golden[name + "." + slot.name].elements).enumerated() {
        #expect(abs(a - b) <= 2e-5 * abs(b) + 1e-12 && a.isFinite, "\(name) \(slot.name)[\(i)]: \(a), expected \(b)")
      }
    }
  }

  /// What is not trained stays, and so does its state.
  @Test func rangesAreKept() {
    for kind in OptimizerKind.allCases {
      let optimizer = kind.make(count: 96, settings: OptimizerSettings(weightDecay: 0.1))
      let (weights, gradients) = (Matrix(rows: 1, columns: 96), Matrix(rows: 1, columns: 96))
      weights.fill(3)
      gradients.fill(0.7)
      for slot in optimizer.slots { slot.storage.base.update(repeating: 0.25, count: 96) }
      for _ in 0..<3 {
        optimizer.update(
          values: weights.pointer, gradients: gradients.pointer, ranges: [16..<32, 48..<48, 64..<96], learningRate: 0.1,
          gradientScale: 1)
      }
      #expect(optimizer.step == 3)
      let states = optimizer.slots.map { slot in (0..<96).map { slot.storage.base[$0] } }
      for (values, kept) in [(weights.elements, Float(3))] + states.map({ ($0, Float(0.25)) }) {
        #expect(values[0..<16].allSatisfy { $0 == kept } && values[32..<64].allSatisfy { $0 == kept }, "\(kind)")
        #expect(
          values[16..<32].allSatisfy { $0 != kept } && Set(values[16..<32] + values[64..<96]).count == 1, "\(kind)")
      }
    }
  }

  @Test func resumedStateContinuesWithTheSameBits() {
    let (count, settings) = (80, OptimizerSettings(weightDecay: 0.01))
    func steps(_ range: Range<Int>, _ optimizer: any Optimizer, _ weights: Matrix) {
      for step in range {
        var random = KeyedRandom(seed: 21, purpose: .test, time: UInt32(step))
        let gradient = Matrix(rows: 1, columns: count, (0..<count).map { _ in random.uniform(-1, 1) })
        optimizer.update(
          values: weights.pointer, gradients: gradient.pointer, count: count, learningRate: 3e-3, gradientScale: 0.7)
      }
    }
    for kind in OptimizerKind.allCases {
      let (straight, resumed) = (Matrix(rows: 1, columns: count), Matrix(rows: 1, columns: count))
      straight.fill(0.5)
      resumed.fill(0.5)
      steps(0..<9, kind.make(count: count, settings: settings), straight)
      let (first, second) = (kind.make(count: count, settings: settings), kind.make(count: count, settings: settings))
      steps(0..<4, first, resumed)
      for (from, to) in zip(first.slots, second.slots) { to.storage.base.update(from: from.storage.base, count: count) }
      second.step = first.step
      steps(4..<9, second, resumed)
      expectSameBits(resumed.elements, straight.elements, kind.rawValue)
    }
  }

  @Test func paddingStaysZeroAndTheCountIsKept() {
    for kind in OptimizerKind.allCases {
      let (weights, gradients) = (Matrix(rows: 1, columns: 48), Matrix(rows: 1, columns: 48))
      (weights.pointer[0], gradients.pointer[0]) = (1, 1)
      for i in 16..<48 { (weights.pointer[i], gradients.pointer[i]) = (7, 7) }
      let optimizer = kind.make(count: 16, settings: OptimizerSettings(weightDecay: 0.1))
      for _ in 0..<3 {
        optimizer.update(
          values: weights.pointer, gradients: gradients.pointer, count: 16, learningRate: 0.1, gradientScale: 1)
      }
      #expect(weights.elements[0] < 0.9995)
      #expect(weights.elements[1..<16].allSatisfy { $0 == 0 })
      #expect(weights.elements[16...].allSatisfy { $0 == 7 })
    }
  }
}

@Suite struct GradientClippingTests {
  @Test(arguments: [0.5, 5, 1000])
  func clipsAsPyTorch(maximum: Double) throws {
    let golden = try GoldenFile("optimizers")
    let gradients = try golden["gradients"].elements
    let slab = Matrix(rows: 1, columns: gradients.count, gradients)
    let expected = try golden["clip.\(maximum == 0.5 ? "0.5" : String(Int(maximum)))"].elements
    let norm = GradientClipping.norm(slab.pointer, count: slab.count)
    #expect(abs(norm - Double(expected[0])) <= 1e-6 * norm)
    let coefficient = GradientClipping(maximumNorm: maximum).coefficient(norm: norm)
    #expect(coefficient <= 1 && (maximum < norm) == (coefficient < 1))
    expectClose(gradients.map { $0 * coefficient }, Array(expected[1...]), relativeToMaximum: 1e-6)
  }

  @Test func normIsExactAndShowsBadGradients() {
    let slab = Matrix(rows: 1, columns: 48)
    (slab.pointer[1], slab.pointer[14], slab.pointer[40]) = (3e30, 0, -4e30)
    #expect(abs(GradientClipping.norm(slab.pointer, count: 48) / 5e30 - 1) < 1e-6)
    #expect(GradientClipping.norm(slab.pointer, count: 0) == 0)
    #expect(GradientClipping(maximumNorm: 1).coefficient(norm: 0) == 1)
    slab.pointer[33] = .nan
    #expect(GradientClipping.norm(slab.pointer, count: 48).isNaN)
    slab.pointer[33] = -.infinity
    #expect(GradientClipping.norm(slab.pointer, count: 48) == .infinity)
    for lane in 0..<16 {
      slab.fill(0)
      slab.pointer[16 + lane] = 2
      #expect(GradientClipping.norm(slab.pointer, count: 48) == 2)
    }
  }
}
