/// What a random number is for: numbers for different purposes are independent.
public enum RandomPurpose: UInt32, Sendable {
  case weights = 1
  case shuffle = 2
  case augmentation = 3
  case dropout = 4
  case synthesis = 5
  case test = 1000
}

/// Random numbers that depend on a key only, never on who asks or in which order: Philox4x32-10 (Salmon et al. 2011,
/// "Parallel random numbers: as easy as 1, 2, 3").
///
/// The key is (seed, purpose, time, sample), where `time` is an epoch or a step. Each key gives a stream of its own.
public struct KeyedRandom: Sendable {
  private let seed: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>(repeating: 0)
  private var used = 4

  public init(seed: UInt64, purpose: RandomPurpose, time: UInt32 = 0, sample: UInt32 = 0) {
    self.seed = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(0, sample, time, purpose.rawValue)
  }

  /// The Philox4x32-10 block function.
  public static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x, k) = (counter, key)
    for _ in 0..<10 {
      let a = UInt64(0xD251_1F53) * UInt64(x.x)
      let b = UInt64(0xCD9E_8D57) * UInt64(x.z)
      x = SIMD4(
        UInt32(truncatingIfNeeded: b >> 32) ^ x.y ^ k.x, UInt32(truncatingIfNeeded: b),
        UInt32(truncatingIfNeeded: a >> 32) ^ x.w ^ k.y, UInt32(truncatingIfNeeded: a))
      k = SIMD2(k.x &+ 0x9E37_79B9, k.y &+ 0xBB67_AE85)
    }
    return x
  }

  public mutating func nextUInt32() -> UInt32 {
    if used == 4 {
      block = KeyedRandom.philox(counter: counter, key: seed)
      counter.x &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// Uniform in [0, 1), a multiple of 2^-24.
  public mutating func uniform() -> Float {
    Float(nextUInt32() >> 8) * 0x1p-24
  }

  /// Uniform in [low, high).
  public mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * uniform()
  }

  /// True with the given probability.
  public mutating func chance(_ probability: Float) -> Bool {
    uniform() < probability
  }

  /// Uniform in 0..<bound, without bias (Lemire 2019).
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= Int(UInt32.max))
    let n = UInt32(bound)
    let threshold = (0 &- n) % n
    while true {
      let product = UInt64(nextUInt32()) * UInt64(n)
      if UInt32(truncatingIfNeeded: product) >= threshold { return Int(product >> 32) }
    }
  }

  /// Mean 0, variance 1, within +-3.5: the sum of four uniforms. No libm call, so the same bits everywhere.
  public mutating func normal() -> Float {
    let sum = uniform() + uniform() + uniform() + uniform()
    return (sum - 2) * 1.732_050_8
  }

  /// Fisher-Yates.
  @inlinable public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for i in stride(from: elements.count - 1, through: 1, by: -1) {
      elements.swapAt(i, integer(below: i + 1))
    }
  }
}
