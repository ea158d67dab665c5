import Tensors

/// The samples that an epoch draws if the folders of a data set have weights.
///
/// A folder of n samples with weight w gives round(w n) draws per epoch: each sample floor(w) times, and some samples
/// once more for the fractional part of w. These extra samples rotate in a fixed order, keyed by (seed, folder), so
/// that they differ between epochs and over time all samples are drawn equally often (the counts differ by at most
/// one). With weight 1 every sample is drawn exactly once per epoch. All of this is a pure function of (seed, epoch,
/// counts, weights).
///
/// A draw is a number: its sample is `draw % sampleCount`, and draws of the same sample have different numbers, which
/// key their augmentation. The first draw of a sample is the sample's own number.
package struct Mixture: Sendable {
  /// Samples of all folders.
  package let sampleCount: Int
  /// Draws of each epoch.
  package let drawCount: Int
  /// The largest number of draws of a sample in an epoch.
  package let mostDraws: Int
  private let parts: [Part]

  /// A folder.
  private struct Part {
    var samples: Range<Int>
    /// The number of draws of every sample.
    var whole: Int
    /// The number of samples that are drawn once more.
    var extra: Int
  }

  /// All weights are 1.
  package init(samples: Int) {
    (sampleCount, drawCount, mostDraws) = (samples, samples, 1)
    parts = [Part(samples: 0..<samples, whole: 1, extra: 0)]
  }

  /// - Parameters:
  ///   - counts: samples of each folder, in the order of the samples.
  ///   - weights: the weight of each folder, above 0, with up to 6 decimals.
  /// - Throws: ``DataSetError/invalid(reason:)`` if draws exceed the limits, or a folder has none.
  package init(counts: [Int], weights: [Double]) throws(DataSetError) {
    guard counts.count == weights.count else {
      throw .invalid(reason: "there are \(weights.count) weights for \(counts.count) folders; give one for each")
    }
    var (parts, start, draws, most) = ([Part](), 0, 0, 1)
    for (count, weight) in zip(counts, weights) {
      guard weight > 0 && weight <= DataSetArgument.largestWeight else {
        throw .invalid(reason: "weight \(weight): must be above 0, and at most 1000")
      }
      let (whole, rest) = Int((weight * 1e6).rounded()).quotientAndRemainder(dividingBy: 1_000_000)
      let extra = (rest * count + 500_000) / 1_000_000
      guard whole + extra > 0 || count == 0 else {
        throw .invalid(reason: "weight \(weight) of \(count) images draws none of them; raise it")
      }
      parts.append(Part(samples: start..<start + count, whole: whole, extra: extra))
      start += count
      draws += whole * count + extra
      most = max(most, whole + (extra > 0 ? 1 : 0))
    }
    guard draws <= DataSetLimits.records, start * most < Int(Int32.max) else {
      throw .invalid(reason: "the weights make \(draws) draws an epoch, beyond the limit of 50 million; lower them")
    }
    (self.parts, sampleCount, drawCount, mostDraws) = (parts, start, draws, most)
  }

  /// The draws of an epoch, in no particular order.
  package func draws(seed: UInt64, epoch: Int) -> [Int32] {
    var draws: [Int32] = []
    draws.reserveCapacity(drawCount)
    for (number, part) in parts.enumerated() {
      for copy in 0..<part.whole { draws += part.samples.map { Int32($0 + copy * sampleCount) } }
      guard part.extra > 0 else { continue }
      var circle = part.samples.map { Int32($0 + part.whole * sampleCount) }
      // The plan uses sample numbers 0 and 1.
      var random = KeyedRandom(seed: seed, purpose: .shuffle, time: 0, sample: UInt32(2 + number))
      random.shuffle(&circle)
      let start = (epoch % circle.count) * part.extra % circle.count
      for i in 0..<part.extra { draws.append(circle[(start + i) % circle.count]) }
    }
    return draws
  }

  /// Repeats per-sample values for each draw, for example widths and lengths.
  package func repeated<Value>(_ values: [Value]) -> [Value] {
    precondition(values.count == sampleCount)
    return mostDraws == 1 ? values : Array(repeatElement(values, count: mostDraws).joined())
  }
}
