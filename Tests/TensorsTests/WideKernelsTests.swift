import Tensors
import TestSupport
import Testing

/// Kernels whose bits must not depend on the registers that the CPU has.
@Suite(.enabled(if: InstructionSet.hasWideRegisters)) struct WideKernelsTests {
  private func random(_ count: Int, _ sample: UInt32) -> [Float] {
    var random = KeyedRandom(seed: 4, purpose: .test, sample: sample)
    // Few values, for ties; some that are not numbers.
    return (0..<count).map { _ in
      let n = random.integer(below: 40)
      return n == 0 ? .nan : n == 1 ? .infinity : Float(n - 20) / 8
    }
  }

  @Test(arguments: [16, 17, 31, 32, 75])
  func poolSquares(count: Int) {
    let (first, second, gradient) = (random(2 * count, 1), random(2 * count, 2), random(count, 3))
    let results = [false, true].map { isWide in
      var (values, places) = ([Float](repeating: 9, count: count), [UInt8](repeating: 9, count: count))
      PoolingKernels.poolSquares(
        first, second, mean: 0.25, scale: -1.5, shift: 0.125, floor: 0, into: &values, &places, count: count,
        isWide: isWide)
      var (top, bottom) = ([Float](repeating: 9, count: 2 * count), [Float](repeating: 9, count: 2 * count))
      PoolingKernels.unpoolSquares(gradient, places, into: &top, &bottom, count: count, isWide: isWide)
      return (places, (values + top + bottom).map(\.bitPattern))
    }
    #expect(results[0] == results[1])
    #expect(results[0].0.allSatisfy { $0 <= 4 })
  }

  @Test(arguments: [0, 5, 16, 37, 512], [false, true])
  func exactSums(count: Int, overwriting: Bool) {
    let values = random(count, 5)
    let results = [false, true].map { isWide in
      var sums = (0..<count).map { Double($0) * 0x1p-40 }
      let (refused, squares) = ExactRounding.accumulate(
        values, count: count, limit: 2, magic: 0x1.8p12, into: &sums, overwriting: overwriting, isWide: isWide)
      return (refused, squares.bitPattern, sums.map(\.bitPattern))
    }
    #expect(results[0] == results[1])
    #expect(results[0].0 == values.count { !(abs($0) <= 2) })
  }

  /// Parts give the bits of the whole.
  @Test func squareSums() {
    let values = (0..<160).map { Float($0 % 37) / 7 }
    var (whole, parts) = (SquareSum(), SquareSum())
    whole.add(values, count: 160)
    values.withUnsafeBufferPointer {
      parts.add($0.baseAddress!, count: 48)
      parts.add($0.baseAddress! + 48, count: 0)
      parts.add($0.baseAddress! + 48, count: 112)
    }
    var sums = [Double](repeating: 0, count: 160)
    let (refused, squares) = ExactRounding.accumulate(
      values, count: 160, limit: 100, magic: 0x1.8p12, into: &sums, overwriting: true)
    #expect(whole.total == parts.total && squares == whole.total && refused == 0)
    let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(!(abs(whole.total - expected) > 1e-9 * expected))
  }
}
