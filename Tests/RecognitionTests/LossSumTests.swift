import Testing

import Recognition

@Suite struct LossSumTests {
  /// Losses of every size, also of several ranks, add up as integers do.
  @Test(arguments: [1, 2, 3, 7])
  func theSumIsExactForAnyNumberOfRanks(ranks: Int) {
    let losses = (0..<1001).map { i in
      [1e-12, 0.1, 1.5, 19.75, 2107.58, -3e-8, 1e9 / 3, 0x1p63][i % 8] * Double(1 + i % 13)
    }
    var (whole, parts) = (LossSum(), [LossSum](repeating: LossSum(), count: ranks))
    for (i, loss) in losses.enumerated() {
      whole.add(loss)
      parts[i % ranks].add(loss)
    }
    let limbs = (0..<LossSum.limbCount).map { i in parts.reduce(0) { $0 + $1.limbs[i] } }
    #expect(LossSum(limbs: limbs) == whole)
    let expected = losses.reduce(Int128(0)) { $0 + Int128((min($1, 0x1p64) * 0x1p30).rounded(.toNearestOrEven)) }
    #expect(whole.units == expected && whole.value == Double(expected) * 0x1p-30)
  }

  @Test func aNegativeSumIsKept() {
    var sum = LossSum()
    sum.add(-0.75)
    #expect(LossSum(limbs: sum.limbs).value == -0.75)
    #expect(LossSum(limbs: LossSum().limbs).value == 0)
  }

  /// What an ExactReducer leaves out: 2^21 / images was the largest loss.
  @Test func manyImagesAndLargeLossesAreCounted() {
    var sum = LossSum()
    for _ in 0..<3_000_000 { sum.add(2107.58) }
    let mean = sum.value / 3_000_000
    #expect(abs(mean - 2107.58) <= 1e-9, "\(mean)")
    sum.add(.infinity)
    #expect(sum.value > 0x1p63)
  }
}
