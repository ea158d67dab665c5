/// The purpose of random numbers: numbers for different purposes are independent.
public enum RandomPurpose: UInt32, Sendable {
  case weights = 1
  case shuffle = 2
  case augmentation = 3
  case dropout = 4
  case synthesis = 5
  case bootstrap = 8
  case labels = 9
  case sheet = 10
  case samples = 11
  case test = 1000
}

/// Random numbers that depend on a key only, never on rank or order of use: Philox4x32-10 (Salmon et al. 2011,
/// "Parallel random numbers: as easy as 1, 2, 3").
///
/// The key is (seed, purpose, time, sample), where `time` is an epoch or a step. `stream` distinguishes several streams
/// of one purpose. Each key gives a separate stream.
public struct KeyedRandom: Sendable {
  private let seed: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>(repeating: 0)
  private var used = 4

  public init(seed: UInt64, purpose: RandomPurpose, time: UInt32 = 0, sample: UInt32 = 0, stream: UInt16 = 0) {
    self.seed = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(0, sample, time, purpose.rawValue | UInt32(stream) << 16)
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

  /// The next 32 random bits.
  public mutating func nextUInt32() -> UInt32 {
    if used == 4 {
      block = KeyedRandom.philox(counter: counter, key: seed)
      counter.x &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// Writes the next `count` numbers, the same as `count` calls of ``nextUInt32()``, in a quarter of the time.
  public mutating func fill(_ numbers: UnsafeMutablePointer<UInt32>, count: Int) {
    var done = 0
    while used < 4 && done < count {
      numbers[done] = nextUInt32()
      done += 1
    }
    let blocks = (count - done) / 4
    KeyedRandom.philox(counter: counter, key: seed, blocks: blocks, into: numbers + done)
    counter.x &+= UInt32(truncatingIfNeeded: blocks)
    done += 4 * blocks
    while done < count {
      numbers[done] = nextUInt32()
      done += 1
    }
  }

  /// The blocks of `counter` and the ones that follow it. The loop uses scalars only, so that the compiler
  /// vectorizes across blocks.
  private static func philox(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>, blocks: Int, into numbers: UnsafeMutablePointer<UInt32>
  ) {
    let (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    for block in 0..<blocks {
      var (x0, x1, x2, x3) = (c0 &+ UInt32(truncatingIfNeeded: block), c1, c2, c3)
      var (k0, k1) = (key.x, key.y)
      for _ in 0..<10 {
        let a = UInt64(0xD251_1F53) &* UInt64(x0)
        let b = UInt64(0xCD9E_8D57) &* UInt64(x2)
        (x0, x2) = (UInt32(truncatingIfNeeded: b &>> 32) ^ x1 ^ k0, UInt32(truncatingIfNeeded: a &>> 32) ^ x3 ^ k1)
        (x1, x3) = (UInt32(truncatingIfNeeded: b), UInt32(truncatingIfNeeded: a))
        (k0, k1) = (k0 &+ 0x9E37_79B9, k1 &+ 0xBB67_AE85)
      }
      let target = numbers + 4 &* block
      (target[0], target[1], target[2], target[3]) = (x0, x1, x2, x3)
    }
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
    require(bound > 0 && bound <= Int(UInt32.max), "a random number below \(bound)")
    let n = UInt32(bound)
    let threshold = (0 &- n) % n
    while true {
      let product = UInt64(nextUInt32()) * UInt64(n)
      if UInt32(truncatingIfNeeded: product) >= threshold { return Int(product >> 32) }
    }
  }

  /// Mean 0, variance 1, within +-3.5: the sum of four uniforms. Without calls of libm, so the same bits everywhere.
  public mutating func normal() -> Float {
    let sum = uniform() + uniform() + uniform() + uniform()
    return (sum - 2) * 1.732_050_8
  }

  /// Shuffles by Fisher and Yates's method.
  @inlinable public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for i in stride(from: elements.count - 1, through: 1, by: -1) {
      elements.swapAt(i, integer(below: i + 1))
    }
  }
}
