import Foundation
import Messages

/// Counts of a recognizer's errors. They are integers, so the sum over ranks is exact in any order.
///
/// Text is compared after NFC. Scalars are the unit of CER; grapheme clusters are Swift's `Character`s (UAX #29),
/// compared by their scalars; words are separated by white space.
package struct RecognitionCounts: Sendable, Equatable {
  package var images: Int64 = 0
  /// Images whose whole text is right.
  package var exactMatches: Int64 = 0
  package var scalarEdits: Int64 = 0
  /// Length of the references in Unicode scalars.
  package var scalarReference: Int64 = 0
  package var graphemeEdits: Int64 = 0
  package var graphemeReference: Int64 = 0
  package var wordEdits: Int64 = 0
  package var wordReference: Int64 = 0
  /// Sums over images of what the interval of the CER needs: squares of edits and of lengths, and their products.
  package var editSquares: Int64 = 0
  package var lengthSquares: Int64 = 0
  package var editsTimesLength: Int64 = 0

  package init() {}

  /// The length of ``values``.
  package static let valueCount = 11

  /// The counts as an array for a reduction over ranks.
  package var values: [Int64] {
    [
      images, exactMatches, scalarEdits, scalarReference, graphemeEdits, graphemeReference, wordEdits, wordReference,
      editSquares, lengthSquares, editsTimesLength,
    ]
  }

  /// The counts from ``values``; nil if there are not ``valueCount`` of them.
  package init?(values: [Int64]) {
    guard values.count == RecognitionCounts.valueCount else { return nil }
    (images, exactMatches, scalarEdits, scalarReference) = (values[0], values[1], values[2], values[3])
    (graphemeEdits, graphemeReference, wordEdits, wordReference) = (values[4], values[5], values[6], values[7])
    (editSquares, lengthSquares, editsTimesLength) = (values[8], values[9], values[10])
  }

  package static func += (a: inout RecognitionCounts, b: RecognitionCounts) {
    a.images += b.images
    a.exactMatches += b.exactMatches
    a.scalarEdits += b.scalarEdits
    a.scalarReference += b.scalarReference
    a.graphemeEdits += b.graphemeEdits
    a.graphemeReference += b.graphemeReference
    a.wordEdits += b.wordEdits
    a.wordReference += b.wordReference
    a.editSquares += b.editSquares
    a.lengthSquares += b.lengthSquares
    a.editsTimesLength += b.editsTimesLength
  }

  /// Counts one image.
  package mutating func add(reference: String, prediction: String) {
    let (reference, prediction) = (
      reference.precomposedStringWithCanonicalMapping, prediction.precomposedStringWithCanonicalMapping
    )
    let (referenceScalars, predictionScalars) = (Array(reference.unicodeScalars), Array(prediction.unicodeScalars))
    let edits = EditDistance.distance(referenceScalars, predictionScalars)
    images += 1
    exactMatches += edits == 0 ? 1 : 0
    scalarEdits += Int64(edits)
    scalarReference += Int64(referenceScalars.count)
    editSquares += Int64(edits) * Int64(edits)
    lengthSquares += Int64(referenceScalars.count) * Int64(referenceScalars.count)
    editsTimesLength += Int64(edits) * Int64(referenceScalars.count)

    let referenceGraphemes = RecognitionCounts.graphemes(of: reference)
    graphemeEdits += Int64(EditDistance.distance(referenceGraphemes, RecognitionCounts.graphemes(of: prediction)))
    graphemeReference += Int64(referenceGraphemes.count)

    let referenceWords = RecognitionCounts.words(of: referenceScalars)
    wordEdits += Int64(EditDistance.distance(referenceWords, RecognitionCounts.words(of: predictionScalars)))
    wordReference += Int64(referenceWords.count)
  }

  /// Edits per reference scalar (micro average). It can exceed 1. Without any reference scalar: 0 if nothing was
  /// predicted either, else 1; the other rates likewise.
  package var cer: Double { RecognitionCounts.rate(scalarEdits, scalarReference) }
  /// Edits per reference grapheme cluster.
  package var graphemeCER: Double { RecognitionCounts.rate(graphemeEdits, graphemeReference) }
  /// Edits per reference word.
  package var wer: Double { RecognitionCounts.rate(wordEdits, wordReference) }
  /// Share of the images whose whole text is right; 0 without images.
  package var exactMatch: Double { images == 0 ? 0 : Double(exactMatches) / Double(images) }

  /// The interval of 95 % of the CER, [low, high], as it would be for other images like these: that of a ratio of sums over
  /// images (linearized). Without an error, its end is that of the rule of three. Empty without images.
  package var cerInterval: [Double] {
    guard images > 0, scalarReference > 0 else { return [] }
    guard scalarEdits > 0 else { return [0, min(1, 3 / Double(scalarReference))] }
    let (count, rate) = (Double(images), cer)
    let squares = Double(editSquares) - 2 * rate * Double(editsTimesLength) + rate * rate * Double(lengthSquares)
    let reach = 1.96 * (max(0, squares) * count / max(1, count - 1)).squareRoot() / Double(scalarReference)
    return [max(0, rate - reach), rate + reach]
  }

  private static func rate(_ edits: Int64, _ reference: Int64) -> Double {
    reference == 0 ? (edits == 0 ? 0 : 1) : Double(edits) / Double(reference)
  }

  private static func graphemes(of text: String) -> [[Unicode.Scalar]] {
    text.map { Array($0.unicodeScalars) }
  }

  private static func words(of scalars: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
    scalars.split { $0.properties.isWhitespace }
  }
}

/// The output of `evaluate --json`: rates as fractions.
package struct EvaluationReport: Codable, Sendable, Equatable {
  package let cer: Double
  package let graphemeCER: Double
  package let wer: Double
  package let exactMatch: Double
  /// Mean of -ln p / max(1, label length) over the images whose text the model can spell; null if there are none.
  package let loss: Double?
  package let images: Int
  /// The interval of 95 % of the CER, see ``RecognitionCounts/cerInterval``. It is not encoded.
  package let cerInterval: [Double]?

  package init(_ counts: RecognitionCounts, loss: Double?) {
    cer = counts.cer
    graphemeCER = counts.graphemeCER
    wer = counts.wer
    exactMatch = counts.exactMatch
    self.loss = loss
    images = Int(counts.images)
    cerInterval = counts.cerInterval
  }

  /// Encodes the key of the loss even if it is null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cer, forKey: .cer)
    try container.encode(graphemeCER, forKey: .graphemeCER)
    try container.encode(wer, forKey: .wer)
    try container.encode(exactMatch, forKey: .exactMatch)
    try container.encode(loss, forKey: .loss)
    try container.encode(images, forKey: .images)
  }
}
