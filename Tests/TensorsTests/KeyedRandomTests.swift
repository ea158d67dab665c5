import Tensors
import Testing

private func draws(_ count: Int, _ random: KeyedRandom) -> [UInt32] {
  var random = random
  return (0..<count).map { _ in random.nextUInt32() }
}

@Suite struct KeyedRandomTests {
  /// Many numbers at once are the same numbers, from any place in the stream.
  @Test func fillGivesTheStream() {
    for skipped in 0..<6 {
      for count in [0, 1, 3, 4, 5, 8, 31, 64, 130, 1001] {
        var one = KeyedRandom(seed: 0x1234_5678_9ABC, purpose: .test, time: 3, sample: 8)
        for _ in 0..<skipped { _ = one.nextUInt32() }
        var many = one
        let expected = (0..<count + 3).map { _ in one.nextUInt32() }
        var numbers = [UInt32](repeating: 0, count: count + 1)
        numbers.withUnsafeMutableBufferPointer { many.fill($0.baseAddress!, count: count) }
        #expect(numbers.last == 0, "no number beyond the end")
        #expect(numbers.dropLast() + (0..<3).map { _ in many.nextUInt32() } == expected, "\(skipped), \(count)")
      }
    }
  }

  /// Known answers from Random123's `kat_vectors`.
  @Test(arguments: [
    (
      SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4(repeating: UInt32.max), SIMD2(repeating: UInt32.max),
      SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func philoxKnownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>) {
    #expect(KeyedRandom.philox(counter: counter, key: key) == expected)
  }

  @Test func streamIsTheBlocksOfItsKey() {
    let random = KeyedRandom(seed: 0x0123_4567_89ab_cdef, purpose: .dropout, time: 7, sample: 9)
    let blocks = (0..<3).map { i in
      KeyedRandom.philox(
        counter: SIMD4(UInt32(i), 9, 7, RandomPurpose.dropout.rawValue), key: SIMD2(0x89ab_cdef, 0x0123_4567))
    }
    #expect(draws(12, random) == blocks.flatMap { [$0.x, $0.y, $0.z, $0.w] })
  }

  @Test func everyPartOfTheKeyMatters() {
    let keys = [
      KeyedRandom(seed: 1, purpose: .test), KeyedRandom(seed: 2, purpose: .test),
      KeyedRandom(seed: 1 << 32 | 1, purpose: .test),
      KeyedRandom(seed: 1, purpose: .shuffle), KeyedRandom(seed: 1, purpose: .test, time: 1),
      KeyedRandom(seed: 1, purpose: .test, sample: 1),
    ]
    let streams = keys.map { draws(64, $0) }
    for i in streams.indices {
      #expect(draws(64, keys[i]) == streams[i])
      for j in 0..<i {
        #expect(zip(streams[i], streams[j]).allSatisfy { $0 != $1 }, "keys \(i) and \(j) share a number")
      }
    }
  }

  @Test func neighboringKeysAreUncorrelated() {
    let count = 20_000
    var sum = 0.0
    for sample in 0..<UInt32(count) {
      var (a, b) = (
        KeyedRandom(seed: 5, purpose: .test, sample: sample), KeyedRandom(seed: 5, purpose: .test, sample: sample + 1)
      )
      sum += Double(a.uniform() - 0.5) * Double(b.uniform() - 0.5) * 12
    }
    #expect(abs(sum / Double(count)) < 0.03)  // standard deviation 0.007
  }

  @Test func uniformFillsItsRange() {
    var random = KeyedRandom(seed: 3, purpose: .test)
    let count = 100_000
    let values = (0..<count).map { _ in random.uniform() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 && $0 * 0x1p24 == ($0 * 0x1p24).rounded() })
    var bins = [Int](repeating: 0, count: 20)
    for value in values { bins[Int(value * 20)] += 1 }
    let chiSquare = bins.reduce(0.0) { $0 + (Double($1) - 5000) * (Double($1) - 5000) / 5000 }
    #expect(chiSquare < 45)  // 19 degrees of freedom: above 43.8 once in 1,000 seeds
    #expect(chiSquare > 4)
    let shifted = (0..<1000).map { _ in random.uniform(-3, -1) }
    #expect(shifted.allSatisfy { $0 >= -3 && $0 <= -1 } && shifted.min()! < -2.9 && shifted.max()! > -1.1)
  }

  @Test func normalHasMeanZeroAndVarianceOne() {
    var random = KeyedRandom(seed: 4, purpose: .test)
    let values = (0..<100_000).map { _ in Double(random.normal()) }
    let mean = values.reduce(0, +) / 1e5
    #expect(abs(mean) < 0.015)
    #expect(abs(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1e5 - 1) < 0.02)
    #expect(values.allSatisfy { abs($0) <= 3.5 } && values.max()! > 2.9 && values.min()! < -2.9)
  }

  @Test func integersAreBelowTheirBoundAndUnbiased() {
    var random = KeyedRandom(seed: 6, purpose: .test)
    for bound in [1, 2, 7, 1000, Int(UInt32.max)] {
      #expect((0..<1000).allSatisfy { _ in (0..<bound).contains(random.integer(below: bound)) })
    }
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 400 })
    // Three quarters of the range: without rejection the low third would come twice as often.
    let bound = 3 << 30
    let low = (0..<30_000).filter { _ in random.integer(below: bound) < 1 << 30 }.count
    #expect(abs(low - 10_000) < 350)
  }

  @Test func chanceIsFair() {
    var random = KeyedRandom(seed: 8, purpose: .test)
    let hits = (0..<20_000).filter { _ in random.chance(0.3) }.count
    #expect(abs(hits - 6000) < 280)
    #expect((0..<1000).allSatisfy { _ in !random.chance(0) && random.chance(1) })
  }

  @Test func shufflesAreFairPermutations() {
    var counts: [[Int]: Int] = [:]
    for sample in 0..<12_000 {
      var random = KeyedRandom(seed: 9, purpose: .shuffle, sample: UInt32(sample))
      var elements = [1, 2, 3]
      random.shuffle(&elements)
      counts[elements, default: 0] += 1
    }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 2000) < 180 })
    var (empty, one) = ([Int](), [5])
    var random = KeyedRandom(seed: 9, purpose: .shuffle)
    random.shuffle(&empty)
    random.shuffle(&one)
    #expect(empty == [] && one == [5])
  }
}
