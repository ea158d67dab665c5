import Foundation
import Tensors
import Testing

/// Applies a vector function to any number of floats.
private func apply(_ function: (Vector) -> Vector, to inputs: [Float]) -> [Float] {
  let count = (inputs.count + 15) & ~15
  let (source, result) = (Matrix(rows: 1, columns: count), Matrix(rows: 1, columns: count))
  for (i, x) in inputs.enumerated() { source.pointer[i] = x }
  for i in stride(from: 0, to: count, by: Vector.width) {
    function(Vector(source.pointer + i)).store(result.pointer + i)
  }
  return Array(result.elements.prefix(inputs.count))
}

/// `count` floats from `low` to `high`.
private func range(_ low: Float, _ high: Float, count: Int = 40_003) -> [Float] {
  (0..<count).map { low + (high - low) * Float($0) / Float(count - 1) }
}

/// The largest distance to the true values, in units in the last place of the true value.
private func worstUnits(_ actual: [Float], _ expected: [Double]) -> Double {
  zip(actual, expected).reduce(0.0) { worst, pair in
    let error = abs(Double(pair.0) - pair.1) / Double(Float(pair.1).ulp)
    return error.isNaN ? .infinity : max(worst, error)
  }
}

@Suite struct VectorMathTests {
  @Test func exponentialIsWithinTwoUnits() {
    for inputs in [range(-87, 88), range(-1, 1), range(-1e-6, 1e-6)] {
      #expect(worstUnits(apply(exp, to: inputs), inputs.map { Foundation.exp(Double($0)) }) <= 2)
    }
  }

  @Test func exponentialClampsAndIsExactAtZero() {
    let results = apply(exp, to: [0, -0.0, -1000, -Float.infinity, 1000, Float.infinity])
    #expect(results[0] == 1 && results[1] == 1)
    #expect(results[2] == results[3] && results[2] > 0 && results[2] < 2e-38)
    #expect(results[4] == results[5] && results[4] > 1e38 && results[4].isFinite)
  }

  @Test func logarithmIsWithinTwoUnits() {
    let powers = (-125...126).flatMap { e in
      (0..<64).map { Float(sign: .plus, exponent: e, significand: 1 + Float($0) / 64) }
    }
    for inputs in [powers, range(1e-3, 2), range(0.99, 1.01), range(1, 1e6)] {
      #expect(worstUnits(apply(log, to: inputs), inputs.map { Foundation.log(Double($0)) }) <= 2)
    }
    #expect(apply(log, to: [1]) == [0])
  }

  @Test func sigmoidAndHyperbolicTangentAreClose() {
    for inputs in [range(-100, 100), range(-9, 9), range(-0.01, 0.01)] {
      for (y, x) in zip(apply(sigmoid, to: inputs), inputs) {
        #expect(abs(Double(y) - 1 / (1 + Foundation.exp(-Double(x)))) < 1.5e-7, "sigmoid \(x)")
        #expect(y >= 0 && y <= 1)
      }
      for (y, x) in zip(apply(tanh, to: inputs), inputs) {
        #expect(abs(Double(y) - Foundation.tanh(Double(x))) < 2e-7, "tanh \(x)")
        #expect(y >= -1 && y <= 1)
      }
    }
  }

  @Test func everyLaneIsComputedAlike() {
    let inputs = range(-20, 20, count: 333)
    let functions: [(Vector) -> Vector] = [{ exp($0) }, { sigmoid($0) }, { tanh($0) }]
    for function in functions {
      let together = apply(function, to: inputs)
      for (i, x) in inputs.enumerated() { #expect(apply(function, to: [x])[0].bitPattern == together[i].bitPattern) }
    }
  }

  @Test func loadsAndStoresAtAnyAddress() {
    let numbers = (0..<48).map { Float($0) }
    let memory = Matrix(rows: 1, columns: 48, numbers)
    let v = Vector(memory.pointer + 3)
    #expect(v == Vector(numbers[3..<19]))
    v.store(memory.pointer + 25)
    let expected = Array(numbers[0..<25] + numbers[3..<19] + numbers[41..<48])
    #expect(memory.elements == expected)
  }

  @Test func multiplyAddAndSum() {
    let lanes: [Float] = (0..<16).map { Float($0) }
    let (a, b) = (Vector(lanes), Vector(lanes.map { 3 - $0 }))
    let expected: [Float] = lanes.map { 5 + $0 * (3 - $0) }
    #expect(Vector(repeating: 5).multiplyAdd(a, b) == Vector(expected))
    #expect(horizontalSum(a) == 120)
    // One rounding: (1 + 2^-12)^2 - 1 = 2^-11 + 2^-24 needs the product unrounded.
    #if arch(x86_64)
      let x = Vector(repeating: 1 + 0x1p-12)
      #expect(Vector(repeating: -1).multiplyAdd(x, x) == Vector(repeating: 0x1p-11 + 0x1p-24))
    #endif
  }
}
