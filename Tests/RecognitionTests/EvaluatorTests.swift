import Console
import DataPreparation
import Datasets
import Foundation
import MessagePassing
import Messages
import NeuralNetwork
import Recognition
import TestSupport
import Testing

/// An evaluation whose every figure is known, see ``BarReader``.
@Suite struct EvaluatorTests {
  private let folder = try! TemporaryDirectory()
  private let communicator = Communicator()

  private func data(_ images: [(drawn: String, says: String)], _ recognizer: Recognizer) throws -> AuditedDataSet {
    try AuditedDataSet(
      BarReader.write(images, to: folder), ReadingOptions(), alphabet: nil, geometry: recognizer.description.geometry,
      use: .evaluation,
      skipBad: false, communicator: communicator, output: .silent)
  }

  private func evaluate(
    _ images: [(drawn: String, says: String)], _ recognizer: Recognizer, microBatch: Int = 2
  ) throws -> Evaluator.Evaluation {
    let evaluator = Evaluator(
      recognizer.network, recognizer.description.codec, microBatch: microBatch, communicator)
    return try #require(
      try evaluator.evaluate(data(images, recognizer), keepsPredictions: true, collectsFindings: true))
  }

  /// 5 images: "ab" right, "aa" for "ab", "abc" for "a", "c" for "x" (which the alphabet lacks), "ba b" as "bab".
  private let mixed: [(drawn: String, says: String)] = [
    ("ab", "ab"), ("aa", "ab"), ("abc", "a"), ("c", "x"), ("bab", "ba b"),
  ]

  @Test(arguments: [1, 2, 3, 7]) func errorsAreCounted(microBatch: Int) throws {
    let evaluation = try evaluate(mixed, BarReader.recognizer(), microBatch: microBatch)
    #expect(evaluation.predictions == [0: "ab", 1: "aa", 2: "abc", 3: "c", 4: "bab"])
    let report = evaluation.report
    // Edits 0 + 1 + 2 + 1 + 1 of 2 + 2 + 1 + 1 + 4 letters; words wrong: 0, 1, 1, 1, and two became one other.
    #expect(report.images == 5 && report.cer == 0.5 && report.graphemeCER == 0.5 && report.exactMatch == 0.2)
    #expect(report.wer == 5.0 / 6)
    let findings = try #require(evaluation.findings)
    #expect(findings.samples.map(\.sample) == [0, 1, 2, 3, 4])
    #expect(findings.worst.map(\.sample).first == 2 && findings.worst.count == 4)
  }

  /// The counts are those of the edit distance, worked out apart.
  @Test func theCountsAreThoseOfTheEditDistance() throws {
    let images = (0..<11).map { i in
      (drawn: ["ab", "cab", "bb", "a", "ccab"][i % 5], says: ["ab", "ba", "b", "abcabc", "cb", "bb"][i % 6])
    }
    let report = try evaluate(images, BarReader.recognizer(), microBatch: 4).report
    let edits = images.map { EditDistance.distance(Array($0.drawn), Array($0.says)) }.reduce(0, +)
    let letters = images.map(\.says.count).reduce(0, +)
    #expect(report.cer == Double(edits) / Double(letters) && edits > 0)
    #expect(report.exactMatch == Double(images.count { $0.drawn == $0.says }) / 11)
  }

  /// With all weights zero each step has every class with probability 1/4. Of 4^T paths, those of one letter with T steps are
  /// T (T + 1) / 2: the letter's run begins and ends somewhere.
  @Test func theLossIsTheMeanOfThoseThatCanBeSpelled() throws {
    let recognizer = try Recognizer(BarReader.description())
    // Margins of 2, 3 and 4 columns around one bar: 5, 7 and 9 steps. The second image has a letter that is not known.
    let evaluation = try evaluate([("a", "a"), ("a", "x"), ("a", "b")], recognizer)
    func loss(steps: Double) -> Double { -log(steps * (steps + 1) / 2 / pow(4, steps)) }
    let expected = (loss(steps: 5) + loss(steps: 9)) / 2
    let measured = try #require(evaluation.report.loss)
    #expect(abs(measured - expected) <= 1e-5 * expected, "\(measured), expected \(expected)")
    #expect(
      evaluation.report.cer == 1 && evaluation.predictions == [0: "", 1: "", 2: ""], "of equal classes the blank")
  }

  @Test func withoutATextThatCanBeSpelledThereIsNoLoss() throws {
    let report = try evaluate([("a", "x"), ("b", "yz")], BarReader.recognizer()).report
    #expect(report.loss == nil && report.cer == 1 && report.exactMatch == 0)
    #expect(report.summary.contains("loss undefined, 2 images"))
  }

  /// As `akuru evaluate` does it.
  @Test func aRecognizerEvaluates() throws {
    let recognizer = try BarReader.recognizer()
    let report = try #require(
      try recognizer.evaluate(BarReader.write(mixed, to: folder), over: communicator, output: .silent))
    #expect(report.report.cer == 0.5 && report.images.map(\.prediction) == ["ab", "aa", "abc", "c", "bab"])
    #expect(report.images.map(\.reference) == mixed.map(\.says))
  }
}
