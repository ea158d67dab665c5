import Datasets
import Messages

/// A test of whether two models differ by more than chance on the same images. `akuru evaluate --compare A B`.
package struct Comparison: Encodable, Sendable {
  package let a: DetailedReport
  package let b: DetailedReport
  /// B's rate minus A's.
  package let cer: Difference
  package let graphemeCER: Difference
  package let wer: Difference
  package let exactMatch: Difference

  /// A paired bootstrap: both models are measured on the same resampled images.
  package struct Difference: Codable, Sendable, Equatable {
    package let value: Double
    /// [low, high] of 95 % of the resamples.
    package let interval: [Double]
    /// Twice the share of resamples in which the sign is the opposite, at most 1.
    package let p: Double
    /// Whether the interval excludes zero.
    package let significant: Bool

    init(_ value: Double, _ resamples: [Double]) {
      self.value = value
      interval = Bootstrap.interval(resamples)
      let (notAbove, notBelow) = (resamples.count { $0 <= 0 }, resamples.count { $0 >= 0 })
      p = min(1, 2 * Double(min(notAbove, notBelow)) / Double(max(1, resamples.count)))
      significant = interval.allSatisfy { $0 > 0 } || interval.allSatisfy { $0 < 0 }
    }
  }

  /// Compares two reports on the images that both have, in the order of `a`.
  ///
  /// - Parameter warn: gets what to say of images that only one of them has.
  /// - Throws: `DataSetError` if they have none in common.
  package init(_ a: DetailedReport, _ b: DetailedReport, warn: (String) -> Void = { _ in }) throws(DataSetError) {
    let (a, b) = try Comparison.common(a, b, warn: warn)
    (self.a, self.b) = (a, b)
    let pairs = [a, b].map { Bootstrap.resample($0.images.map(RecognitionCounts.init)) }
    func difference(_ before: Double, _ after: Double, _ figure: (RecognitionCounts) -> Double) -> Difference {
      Difference(after - before, zip(pairs[0], pairs[1]).map { figure($1) - figure($0) })
    }
    cer = difference(a.report.cer, b.report.cer, \.cer)
    graphemeCER = difference(a.report.graphemeCER, b.report.graphemeCER, \.graphemeCER)
    wer = difference(a.report.wer, b.report.wer, \.wer)
    exactMatch = difference(a.report.exactMatch, b.report.exactMatch, \.exactMatch)
  }

  private static func common(
    _ a: DetailedReport, _ b: DetailedReport, warn: (String) -> Void
  ) throws(DataSetError) -> (DetailedReport, DetailedReport) {
    if a.images.map(\.path) == b.images.map(\.path) { return (a, b) }
    let ofB = Dictionary(b.images.map { ($0.path, $0) }) { first, _ in first }
    let known = Set(a.images.map(\.path))
    let pairs = a.images.compactMap { image in ofB[image.path].map { (image, $0) } }
    guard !pairs.isEmpty else { throw .invalid(reason: "the two have no image in common") }
    let others = a.images.map(\.path).filter { ofB[$0] == nil } + b.images.map(\.path).filter { !known.contains($0) }
    warn(
      "\(counted(others.count, "image")) only one of the two could use, and no rate counts them, such as \(others[0])")
    func report(_ images: [EvaluatedImage]) -> DetailedReport {
      var counts = RecognitionCounts()
      for image in images { counts.add(reference: image.reference, prediction: image.prediction) }
      return DetailedReport(
        report: EvaluationReport(counts, loss: nil), details: EvaluationDetails(images), images: images)
    }
    return (report(pairs.map(\.0)), report(pairs.map(\.1)))
  }

  /// The comparison as text for people.
  package func lines(names: [String]) -> [String] {
    func line(_ name: String, _ difference: Difference) -> String {
      func points(_ value: Double) -> String { (value > 0 ? "+" : "") + (100 * value).formatted(decimals: 2) }
      let ends = difference.interval.map(points).joined(separator: " to ")
      let p = difference.p == 0 ? "p < 0.002" : "p = \(difference.p.formatted(decimals: 3))"
      return "\(name): \(points(difference.value)) points (95 % interval \(ends)), \(p): "
        + (difference.significant ? "significant" : "not significant")
    }
    return [
      "A: \(names[0]): \(a.summary)", "B: \(names[1]): \(b.summary)", "B minus A:",
      line("  CER", cer), line("  grapheme CER", graphemeCER), line("  WER", wer), line("  exact", exactMatch),
    ]
  }
}
