import Datasets
import TestSupport
import Testing

/// How often each sample is drawn in an epoch.
private func counts(_ mixture: Mixture, seed: UInt64 = 1, epoch: Int) -> [Int] {
  var counts = [Int](repeating: 0, count: mixture.sampleCount)
  for draw in mixture.draws(seed: seed, epoch: epoch) { counts[Int(draw) % mixture.sampleCount] += 1 }
  return counts
}

@Suite struct MixtureTests {
  @Test func weightOneIsEverySampleOnce() throws {
    let plain = Mixture(samples: 7)
    #expect(plain.draws(seed: 5, epoch: 3) == Array(0..<7) && plain.drawCount == 7 && plain.mostDraws == 1)
    let mixture = try Mixture(counts: [4, 3], weights: [1, 1])
    #expect(mixture.draws(seed: 5, epoch: 3) == Array(0..<7))
  }

  @Test(arguments: [0.1, 0.25, 0.3, 0.5, 0.7, 0.999, 1, 1.5, 2, 2.25, 3.7])
  func weightsAreRealisedExactly(_ weight: Double) throws {
    let (n, other) = (20, 13)
    let mixture = try Mixture(counts: [other, n], weights: [1, weight])
    #expect(mixture.sampleCount == 33 && mixture.drawCount == other + Int((weight * Double(n)).rounded()))
    var total = [Int](repeating: 0, count: n)
    for epoch in 0..<20 {
      let drawn = counts(mixture, epoch: epoch)
      #expect(drawn[..<other].allSatisfy { $0 == 1 })
      let mine = Array(drawn[other...])
      #expect(mine.reduce(0, +) == mixture.drawCount - other)
      // Within an epoch the samples of a folder differ by at most one draw, and so they do in the long run.
      #expect(mine.max()! - mine.min()! <= 1)
      total = zip(total, mine).map { $0 + $1 }
      #expect(total.max()! - total.min()! <= 1)
      let draws = mixture.draws(seed: 1, epoch: epoch)
      #expect(draws.count == mixture.drawCount && Set(draws).count == draws.count)
      #expect(draws.allSatisfy { Int($0) < mixture.sampleCount * mixture.mostDraws })
    }
    // After 20 epochs of 20 samples every part has gone round a whole number of times.
    #expect(total.allSatisfy { $0 == (mixture.drawCount - other) })
  }

  @Test func isPureAndDependsOnTheSeed() throws {
    let mixture = try Mixture(counts: [50, 40], weights: [0.5, 1])
    #expect(counts(mixture, epoch: 0) == counts(mixture, epoch: 0))
    #expect(counts(mixture, epoch: 0) != counts(mixture, epoch: 1))
    #expect(counts(mixture, seed: 1, epoch: 0) != counts(mixture, seed: 2, epoch: 0))
    // The halves of two epochs are all.
    #expect(zip(counts(mixture, epoch: 0), counts(mixture, epoch: 1)).prefix(50).allSatisfy { $0 + $1 == 1 })
  }

  @Test func repeatsHaveTheirSamplesValues() throws {
    let mixture = try Mixture(counts: [2, 1], weights: [2, 1])
    #expect(mixture.repeated([7, 8, 9]) == [7, 8, 9, 7, 8, 9])
    #expect(mixture.draws(seed: 1, epoch: 0).sorted() == [0, 1, 2, 3, 4])
  }

  @Test func weightsThatCannotBe() {
    for (counts, weights) in [
      ([3], [0.0]), ([3], [-1]), ([3], [1001]), ([3], [.nan]), ([3], [0.1]), ([3, 4], [1]), ([50_000_000], [1.5]),
    ] {
      #expect(dataSetError { _ = try Mixture(counts: counts, weights: weights) } != nil, "\(weights)")
    }
  }

  @Test func argument() throws {
    let folder = try TemporaryDirectory().add("a:2/x", "").add("b/x", "")
    func parse(_ text: String) throws -> ([String], [Double]) {
      let parsed = try DataSetArgument(text)
      return (parsed.folders, parsed.weights)
    }
    #expect(try parse("a:2,b:0.5,c") == (["a", "b", "c"], [2, 0.5, 1]))
    #expect(try parse("a:b,c:") == (["a:b", "c:"], [1, 1]))
    // What is a folder is taken as such.
    let colon = folder.path + "/a:2"
    #expect(try parse(colon) == ([colon], [1]))
    #expect(try parse(colon + ":3," + folder.path + "/b:1.25") == ([colon, folder.path + "/b"], [3, 1.25]))
    for text in ["a:0", "a:1001", "a:1.1234567", "a:2,", "", ":2"] {
      #expect(dataSetError { _ = try DataSetArgument(text) } != nil, "\(text)")
    }
    expectLoadError("a:2,b:1", ["weights go with --train only"])
  }
}
