import MessagePassing
import Tensors
import Testing

/// Rounding and sums against integer arithmetic, in one process. ``MPIRunTests`` does it on several ranks.
@Suite struct ExactReducerTests {
  let alone = Communicator()

  /// The definition: x as a multiple of 2^exponent, ties to even; nil is overflow.
  func multiple(_ x: Double, of exponent: Int, limit: Double) -> Int128? {
    guard x.isFinite, x.magnitude <= limit else { return nil }
    return Int128((x * Double(sign: .plus, exponent: -exponent, significand: 1)).rounded(.toNearestOrEven))
  }

  /// Values of very different size and both signs, with ties and zeros among them, all within 0.3 * 2^11 / M.
  func variedGradient(_ count: Int, sample: Int, microBatches: Int) -> [Float] {
    var random = KeyedRandom(seed: 3, purpose: .test, sample: UInt32(sample))
    return (0..<count).map { i in
      let size = random.integer(below: 52)
      let value = random.uniform(-1, 1)
      switch i % 7 {
      case 0: return -0.0
      case 1: return Float(random.integer(below: 9) - 4) * 0x1p-41  // half-way between two multiples
      default: return value * 600 / Float(microBatches) * Float(sign: .plus, exponent: -size, significand: 1)
      }
    }
  }

  func gradients(_ reducer: ExactReducer) -> [Float] {
    var values = [Float](repeating: .nan, count: reducer.gradientCount)
    values.withUnsafeMutableBufferPointer { reducer.gradients(into: $0.baseAddress!) }
    return values
  }

  @Test(arguments: [1, 3, 24, 4096], [1, 7, 8, 9, 16, 43])
  func sumsAreExactInAnyOrder(microBatches: Int, count: Int) throws {
    let all = (0..<microBatches).map { variedGradient(count, sample: $0, microBatches: microBatches) }
    let limit = 0x1p11 / Double(microBatches)
    let expected = (0..<count).map { i in
      // An Int128 sum below 2^53 is a Double without rounding.
      Float(Double(all.reduce(Int128(0)) { $0 + multiple(Double($1[i]), of: -40, limit: limit)! }) * 0x1p-40)
    }
    #expect(expected.contains { $0 != 0 } || count == 1)
    var order = Array(0..<microBatches)
    var random = KeyedRandom(seed: 11, purpose: .test)
    let reducer = try ExactReducer(gradientCount: count, statisticCount: 0, integerCount: 0, over: alone)
    for _ in 0..<4 {
      try reducer.begin(microBatches: microBatches)
      for m in order { try reducer.addGradients(all[m], count: count) }
      try reducer.reduce()
      #expect(gradients(reducer).map(\.bitPattern) == expected.map(\.bitPattern))
      #expect(reducer.overflowCount == 0)
      random.shuffle(&order)
    }
  }

  /// Gradients come in pieces, of which the first of a step overwrite the last step's sums.
  @Test(arguments: [
    [[0..<20]], [[12..<20, 5..<12, 0..<5]], [[0..<7, 7..<20]], [[12..<20, 0..<12]], [[3..<9, 12..<20, 0..<3, 9..<12]],
    [[12..<20, 3..<12, 0..<3], [0..<20]], [[12..<20, 5..<12, 0..<5], [0..<4, 4..<20]],
  ])
  func piecesComeInAnyOrder(microBatches: [[Range<Int>]]) throws {
    let reducer = try ExactReducer(gradientCount: 80, statisticCount: 0, integerCount: 0, over: alone)
    for step in 0..<3 {
      try reducer.begin(microBatches: microBatches.count)
      var expected = [Float](repeating: 0, count: 80)
      for (m, pieces) in microBatches.enumerated() {
        let values = (0..<80).map { Float(1 + $0 + 30 * step + 200 * m) }
        for quarter in pieces {
          let piece = 4 * quarter.lowerBound..<4 * quarter.upperBound
          try reducer.addGradients(Array(values[piece]), count: piece.count, at: piece.lowerBound)
        }
        for i in 0..<80 { expected[i] += values[i] }
      }
      try reducer.reduce()
      #expect(gradients(reducer) == expected, "step \(step)")
    }
  }

  /// A refused gradient counts as zero, in place of the last step's sum too.
  @Test func refusedGradientsLeaveNothingOfTheLastStep() throws {
    for count in [16, 21, 5] {
      let reducer = try ExactReducer(gradientCount: count, statisticCount: 0, integerCount: 0, over: alone)
      for (value, sum) in [(Float(7), Float(7)), (.nan, 0), (.infinity, 0)] {
        try reducer.begin(microBatches: 1)
        try reducer.addGradients([Float](repeating: value, count: count), count: count)
        try reducer.reduce()
        #expect(gradients(reducer) == [Float](repeating: sum, count: count))
      }
    }
  }

  @Test func largestSumsAreExact() throws {
    // Every value at the limit and an odd last place: the hardest case for 53 bits.
    for (microBatches, value) in [(1, Float(0x1p11)), (4096, 0.5), (3, 0x1.555554p9), (4095, 0x1.001p-1)] {
      for sign in [Float(1), -1] {
        let reducer = try ExactReducer(gradientCount: 2, statisticCount: 0, integerCount: 0, over: alone)
        try reducer.begin(microBatches: microBatches)
        #expect(Double(value) <= reducer.gradientLimit)
        for m in 0..<microBatches {
          try reducer.addGradients([sign * value, m % 2 == 0 ? 0x1p-40 : -0x1p-40], count: 2)
        }
        try reducer.reduce()
        let units = Int128(Double(value) * 0x1p40) * Int128(microBatches)
        #expect(units < Int128(1) << 52)
        #expect(gradients(reducer)[0] == sign * Float(Double(units) * 0x1p-40))
        #expect(gradients(reducer)[1] == (microBatches % 2 == 0 ? 0 : 0x1p-40))
        #expect(reducer.overflowCount == 0)
      }
    }
  }

  /// The compiler must not fold (x + magic) - magic, neither in the loop over vectors nor in the remainder.
  @Test func everyLaneRounds() throws {
    for count in [16, 21, 5] {
      let reducer = try ExactReducer(gradientCount: count, statisticCount: 0, integerCount: 0, over: alone)
      try reducer.begin(microBatches: 1)
      try reducer.addGradients([Float](repeating: 0x1.8p-41, count: count), count: count)
      try reducer.reduce()
      #expect(gradients(reducer) == [Float](repeating: 0x1p-40, count: count))
      try reducer.begin(microBatches: 1)
      try reducer.addGradients([Float](repeating: -0x1p-41, count: count), count: count)
      try reducer.reduce()
      #expect(gradients(reducer).allSatisfy { $0.bitPattern == 0 }, "a tie goes to even, and zero is never -0")
    }
  }

  @Test(arguments: [1, 3, 24, 4096])
  func overflowIsCountedAndNotAdded(microBatches: Int) throws {
    let limit = 0x1p11 / Double(microBatches)
    let largest =
      Float(limit).magnitude <= 0x1p11 && Double(Float(limit)) <= limit ? Float(limit) : Float(limit).nextDown
    let bad: [Float] = [.nan, .infinity, -.infinity, largest.nextUp, -largest.nextUp, .greatestFiniteMagnitude, -.nan]
    let good: [Float] = [largest, -largest, 0.25, -0.0, .leastNonzeroMagnitude]
    for length in [1, 8, 19] {
      for position in 0..<length {
        for (values, expected) in [(bad, Int64(1)), (good, 0)] {
          for value in values {
            let reducer = try ExactReducer(gradientCount: length, statisticCount: 0, integerCount: 0, over: alone)
            try reducer.begin(microBatches: microBatches)
            var gradient = [Float](repeating: 0.125, count: length)
            gradient[position] = value
            try reducer.addGradients(gradient, count: length)
            for _ in 1..<max(microBatches, 1) {
              try reducer.addGradients([Float](repeating: 0, count: length), count: length)
            }
            try reducer.reduce()
            let sums = gradients(reducer)
            #expect(reducer.overflowCount == expected, "\(value) at \(position) of \(length)")
            #expect(sums.indices.allSatisfy { $0 == position || sums[$0] == 0.125 })
            let rounded = expected == 1 ? 0 : Float(multiple(Double(value), of: -40, limit: limit)!) * 0x1p-40
            #expect(sums[position] == rounded)
          }
        }
        if microBatches == 4096 { break }
      }
    }
  }

  @Test func statisticsAreExactInAnyOrder() throws {
    let (microBatches, count) = (50, 13)
    var random = KeyedRandom(seed: 5, purpose: .test)
    let floats = (0..<microBatches).map { _ in (0..<count).map { _ in random.uniform(-900, 900) } }
    let doubles = floats.map { $0.map { Double($0) / 3 } }
    let weights = (0..<microBatches).map { _ in Double(random.integer(below: 64) + 1) / 1601 }
    let limit = 0x1p21 / Double(microBatches)
    func expected(_ i: Int, _ value: (Int, Int) -> Double) -> Double {
      let units = (0..<microBatches).reduce(Int128(0)) {
        $0 + multiple(value($1, i) * weights[$1], of: -30, limit: limit)!
      }
      return Double(units) * 0x1p-30
    }
    let reducer = try ExactReducer(gradientCount: 0, statisticCount: 2 * count + 2, integerCount: 0, over: alone)
    var order = Array(0..<microBatches)
    for _ in 0..<3 {
      try reducer.begin(microBatches: microBatches)
      for m in order {
        reducer.addStatistics(floats[m], count: count, weight: weights[m], at: 1)
        reducer.addStatistics(doubles[m], count: count, weight: weights[m], at: 1 + count)
        reducer.addStatistic(doubles[m][0], weight: weights[m], at: 1 + 2 * count)
      }
      try reducer.reduce()
      for i in 0..<count {
        #expect(reducer.statistic(at: 1 + i) == expected(i) { Double(floats[$0][$1]) })
        #expect(reducer.statistic(at: 1 + count + i) == expected(i) { doubles[$0][$1] })
      }
      #expect(reducer.statistic(at: 0) == 0)
      #expect(reducer.statistic(at: 1 + 2 * count) == expected(0) { doubles[$0][$1] })
      random.shuffle(&order)
    }
  }

  @Test func statisticsOverflow() throws {
    let reducer = try ExactReducer(gradientCount: 0, statisticCount: 9, integerCount: 0, over: alone)
    try reducer.begin(microBatches: 2)
    let limit = 0x1p20
    for values: [Double] in [[limit, -limit, 1], [limit.nextUp, .nan, -.infinity]] {
      reducer.addStatistics(values, count: 3, weight: 1, at: 0)
    }
    reducer.addStatistics([Float(limit), Float.nan, -Float.infinity], count: 3, weight: 2, at: 3)
    reducer.addStatistic(limit, weight: 0.5, at: 6)
    reducer.addStatistic(1, weight: .nan, at: 7)
    try reducer.reduce()
    #expect(reducer.overflowCount == 3 + 3 + 1)
    #expect((0..<9).map { reducer.statistic(at: $0) } == [limit, -limit, 1, 0, 0, 0, limit / 2, 0, 0])
  }

  @Test func integersAreSummed() throws {
    let reducer = try ExactReducer(gradientCount: 0, statisticCount: 1, integerCount: 3, over: alone)
    try reducer.begin(microBatches: 1)
    reducer.addInteger(1 << 52, at: 0)
    reducer.addInteger((1 << 52) - 1, at: 0)
    reducer.addInteger(-7, at: 2)
    reducer.addInteger(3, at: 2)
    try reducer.reduce()
    let greatest: Int64 = (1 << 53) - 1
    #expect((0..<3).map { reducer.integer(at: $0) } == [greatest, 0, -4])
    try reducer.begin(microBatches: 1)
    for _ in 0..<2 { reducer.addInteger(1 << 52, at: 1) }
    #expect(throws: ExactReducerError.integerTooLarge) { try reducer.reduce() }
  }

  @Test func partsGiveTheWhole() throws {
    let (microBatches, count) = (6, 29)
    let all = (0..<microBatches).map { variedGradient(count, sample: $0, microBatches: microBatches) }
    let reducer = try ExactReducer(gradientCount: count, statisticCount: 1, integerCount: 1, over: alone)
    try reducer.begin(microBatches: microBatches)
    for gradient in all { try reducer.addGradients(gradient, count: count) }
    try reducer.reduce()
    let whole = gradients(reducer)

    try reducer.begin(microBatches: microBatches)
    // The last layers' gradients come first, in parts that are no multiple of eight.
    for range in [17..<29, 10..<17, 0..<10] {
      for gradient in all {
        try reducer.addGradients(Array(gradient[range]), count: range.count, at: range.lowerBound)
      }
      try reducer.complete(from: range.lowerBound)
      try reducer.pollProgress()
    }
    reducer.addInteger(5, at: 0)
    try reducer.reduce()
    #expect(gradients(reducer).map(\.bitPattern) == whole.map(\.bitPattern))
    #expect(reducer.integer(at: 0) == 5)
  }

  @Test func stepsOfAnotherSizeAreErrors() throws {
    let reducer = try ExactReducer(gradientCount: 4, statisticCount: 0, integerCount: 0, over: alone)
    for count in [0, -1, 4097, .max] {
      #expect(throws: ExactReducerError.microBatches(count, maximum: 4096)) { try reducer.begin(microBatches: count) }
    }
    try ExactReducer(gradientCount: 0, statisticCount: 1, integerCount: 0, over: alone).begin(microBatches: 1 << 20)
    for added in [1, 3] {
      try reducer.begin(microBatches: 2)
      for _ in 0..<added { try reducer.addGradients([1, 2, 3, 4], count: 4) }
      #expect(throws: ExactReducerError.incomplete(expected: 8, found: 4 * added)) { try reducer.reduce() }
    }
  }

  @Test func aNewStepStartsFromZero() throws {
    let reducer = try ExactReducer(gradientCount: 1, statisticCount: 1, integerCount: 1, over: alone)
    for _ in 0..<2 {
      try reducer.begin(microBatches: 1)
      try reducer.addGradients([Float.nan], count: 1)
      reducer.addStatistic(1, at: 0)
      reducer.addInteger(1, at: 0)
      try reducer.reduce()
      #expect(reducer.overflowCount == 1 && reducer.statistic(at: 0) == 1 && reducer.integer(at: 0) == 1)
    }
  }
}
