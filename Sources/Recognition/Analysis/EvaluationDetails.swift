import Foundation
import Messages

/// An image with its reference and the prediction.
package struct EvaluatedImage: Sendable, Equatable {
  package let path: String
  package let reference: String
  package let prediction: String

  package init(path: String, reference: String, prediction: String) {
    (self.path, self.reference, self.prediction) = (path, reference, prediction)
  }
}

/// The output of `akuru evaluate` besides ``EvaluationReport``: confidence intervals, and the places of errors. A
/// function of the images alone.
package struct EvaluationDetails: Codable, Sendable, Equatable {
  package let intervals: ErrorIntervals
  package let confusions: [Confusion]
  package let byLength: [LengthGroup]
  package let byLetterFrequency: [FrequencyGroup]

  package init(_ images: [EvaluatedImage]) {
    var (confusions, lengths, frequencies) = (ConfusionTable(), LengthTable(), FrequencyTable())
    var counts: [RecognitionCounts] = []
    counts.reserveCapacity(images.count)
    for (number, image) in images.enumerated() {
      let count = RecognitionCounts(image)
      counts.append(count)
      lengths.add(count)
      let reference = Array(image.reference.precomposedStringWithCanonicalMapping.unicodeScalars)
      let prediction = Array(image.prediction.precomposedStringWithCanonicalMapping.unicodeScalars)
      let edits = EditAlignment(reference: reference, prediction: prediction).edits
      confusions.add(edits, image: number)
      frequencies.add(reference, edits)
    }
    intervals = ErrorIntervals(Bootstrap.resample(counts))
    self.confusions = confusions.top { images[$0].path }
    (byLength, byLetterFrequency) = (lengths.groups, frequencies.groups)
  }

  /// Tables for people.
  package var lines: [String] {
    func range(_ from: Int, _ to: Int?) -> String {
      guard let to else { return "\(from) and more" }
      return from == to ? "\(from)" : "\(from) to \(to)"
    }
    func letter(_ text: String) -> String {
      guard let scalar = text.unicodeScalars.first else { return "nothing" }
      let shown = scalar.shownAlone
      return shown == scalar.codePoint ? shown : "\(shown) (\(scalar.codePoint))"
    }
    var lines = ["By length of the text:"]
    lines += byLength.map {
      "  \(range($0.from, $0.to)) letters: CER \(percent($0.cer)), exact \(percent($0.exactMatch)), \($0.images) images"
    }
    lines.append("By how often a letter occurs in the texts:")
    lines += byLetterFrequency.map {
      "  \(range($0.from, $0.to)) times: \(percent($0.errorRate)) wrong, \($0.errors) of \($0.occurrences), "
        + "\($0.letters) letters"
    }
    lines.append("What is taken for what:")
    lines += confusions.map {
      "  \($0.count) \($0.count == 1 ? "time" : "times") \(letter($0.reference)) as \(letter($0.prediction)), in \($0.images.joined(separator: ", "))"
    }
    return lines
  }
}

extension RecognitionCounts {
  /// The counts of one image.
  init(_ image: EvaluatedImage) {
    self.init()
    add(reference: image.reference, prediction: image.prediction)
  }
}

/// A report with its details, in one JSON object.
package struct DetailedReport: Encodable, Sendable {
  package let report: EvaluationReport
  package let details: EvaluationDetails
  package let images: [EvaluatedImage]

  package init(report: EvaluationReport, details: EvaluationDetails, images: [EvaluatedImage]) {
    (self.report, self.details, self.images) = (report, details, images)
  }

  package func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    try details.encode(to: encoder)
  }

  /// One line for people, with 95 % intervals.
  package var summary: String {
    func figure(_ name: String, _ value: Double, _ interval: [Double]) -> String {
      let ends = interval.map { (100 * $0).formatted(decimals: 2) }.joined(separator: "-")
      return "\(name) \(percent(value)) (\(ends))"
    }
    let intervals = details.intervals
    return [
      figure("CER", report.cer, intervals.cer), figure("grapheme CER", report.graphemeCER, intervals.graphemeCER),
      figure("WER", report.wer, intervals.wer), figure("exact", report.exactMatch, intervals.exactMatch),
      "loss \(report.loss?.formatted(decimals: 4) ?? "undefined")", "\(report.images) images",
    ].joined(separator: ", ")
  }
}
