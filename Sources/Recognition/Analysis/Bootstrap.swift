import Tensors

/// Bootstrap over images (Efron 1979): the uncertainty of a figure because the data set is a sample. The random numbers
/// are keyed, so the same images give the same intervals.
enum Bootstrap {
  static let resamples = 1000

  /// The interval of 95 % of the resamples' values: their 2.5 and 97.5 percentiles.
  static func interval(_ values: [Double]) -> [Double] {
    let sorted = values.sorted()
    let cut = sorted.count / 40
    return sorted.isEmpty ? [] : [sorted[cut], sorted[sorted.count - 1 - cut]]
  }

  /// The counts of resampled data sets of the same size, drawn with replacement from `images`, which has the counts of
  /// each image. The draws depend only on the number of images, so two models' resamples are paired.
  static func resample(_ images: [RecognitionCounts]) -> [RecognitionCounts] {
    guard !images.isEmpty else { return [] }
    return (0..<resamples).map { number in
      var random = KeyedRandom(seed: 1, purpose: .bootstrap, time: UInt32(number))
      var sum = RecognitionCounts()
      for _ in images.indices { sum += images[random.integer(below: images.count)] }
      return sum
    }
  }
}

/// 95 % bootstrap intervals, [low, high], as fractions.
package struct ErrorIntervals: Codable, Sendable, Equatable {
  package let cer: [Double]
  package let graphemeCER: [Double]
  package let wer: [Double]
  package let exactMatch: [Double]

  init(_ resamples: [RecognitionCounts]) {
    cer = Bootstrap.interval(resamples.map(\.cer))
    graphemeCER = Bootstrap.interval(resamples.map(\.graphemeCER))
    wer = Bootstrap.interval(resamples.map(\.wer))
    exactMatch = Bootstrap.interval(resamples.map(\.exactMatch))
  }
}
