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

  /// Both reports must be of the same images in the same order.
  package init(_ a: DetailedReport, _ b: DetailedReport) {
    precondition(a.images.map(\.path) == b.images.map(\.path), "the images differ")
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
