import Foundation
import Messages
import Recognition
import Testing

private func counts(_ pairs: (String, String)...) -> RecognitionCounts {
  pairs.reduce(into: RecognitionCounts()) { $0.add(reference: $1.0, prediction: $1.1) }
}

@Suite struct RecognitionMetricsTests {
  /// ශ්‍රී: the letter, virama, joiner, letter, vowel sign: five scalars, two clusters.
  @Test func sinhalaConjunct() {
    let whole = counts(("ශ්‍රී", "ශ්‍රී"))
    #expect(whole.values.prefix(8) == [1, 1, 0, 5, 0, 2, 0, 1])
    // The vowel sign is missing: one scalar, one cluster, one word.
    let cut = counts(("ශ්‍රී", "ශ්‍ර"))
    #expect(cut.values.prefix(8) == [1, 0, 1, 5, 1, 2, 1, 1])
    // Without the joiner: one scalar and the first cluster.
    #expect(counts(("ශ්‍රී", "ශ්රී")).values.prefix(8) == [1, 0, 1, 5, 1, 2, 1, 1])
  }

  @Test func rates() {
    let sum = counts(("ab cd", "ab cd"), ("abc", "axc"), ("x y z", "x z"), ("q", ""))
    #expect(sum.images == 4 && sum.exactMatches == 1)
    #expect(sum.scalarEdits == 0 + 1 + 2 + 1 && sum.scalarReference == 5 + 3 + 5 + 1)
    #expect(sum.wordEdits == 0 + 1 + 1 + 1 && sum.wordReference == 2 + 1 + 3 + 1)
    #expect(sum.cer == 4.0 / 14 && sum.graphemeCER == 4.0 / 14 && sum.wer == 3.0 / 7 && sum.exactMatch == 0.25)
    #expect(counts(("a", "bcd")).cer == 3)
  }

  @Test func emptyReferences() {
    let none = RecognitionCounts()
    #expect(none.cer == 0 && none.graphemeCER == 0 && none.wer == 0 && none.exactMatch == 0)
    let right = counts(("", ""))
    #expect(right.cer == 0 && right.exactMatch == 1)
    let wrong = counts(("", "ab"))
    #expect(wrong.cer == 1 && wrong.graphemeCER == 1 && wrong.wer == 1 && wrong.exactMatch == 0)
  }

  /// Composed and decomposed forms are the same text (values of Python's unicodedata).
  @Test(arguments: [
    ("\u{DD9}\u{DCF}\u{DCA}", "\u{DDD}"), ("\u{DD9}\u{DCF}", "\u{DDC}"), ("\u{DD9}\u{DCA}", "\u{DDA}"),
    ("\u{958}", "\u{915}\u{93C}"), ("e\u{323}\u{302}", "\u{1EC7}"), ("a\u{302}\u{323}", "\u{1EAD}"),
    ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{212B}", "\u{C5}"), ("\u{344}", "\u{308}\u{301}"),
    ("\u{B92}\u{BD7}", "\u{B94}"), ("\u{11099}\u{110BA}", "\u{1109A}"),
  ])
  func canonicallyEqualTextIsEqual(_ raw: String, _ composed: String) {
    let length = Int64(composed.unicodeScalars.count)
    for (reference, prediction) in [(raw, composed), (composed, raw), (raw, raw)] {
      let sum = counts((reference, prediction))
      #expect(sum.scalarEdits == 0 && sum.graphemeEdits == 0 && sum.exactMatches == 1)
      #expect(sum.scalarReference == length)
    }
    #expect(counts((raw, "")).scalarEdits == length)
  }

  /// A joiner is no white space; a no-break space and an ideographic space are.
  @Test func wordsAreSeparatedByWhiteSpace() {
    #expect(counts((" ක්‍ය\u{A0}b\t\nc\u{3000}", "x")).wordReference == 3)
    #expect(counts(("a  b", "a b")).wordEdits == 0)
    #expect(counts(("ab", "a b")).wordEdits == 2)
    #expect(counts(("   ", "")).wer == 0)
  }

  @Test func sumsOverRanks() throws {
    let (a, b) = (("abc d", "abd"), ("ශ්‍රී ලංකා", "ශ්රී ලංකා"))
    var sum = counts(a)
    sum += counts(b)
    #expect(sum == counts(a, b))
    let reduced = zip(counts(a).values, counts(b).values).map { $0 + $1 }
    #expect(RecognitionCounts(values: reduced) == sum)
    #expect(reduced.count == RecognitionCounts.valueCount)
    // Each number has a place of its own.
    let distinct = (1...11).map(Int64.init)
    #expect(try #require(RecognitionCounts(values: distinct)).values == distinct)
    #expect(RecognitionCounts(values: []) == nil)
  }

  @Test func reportHasTheStableKeys() throws {
    let report = EvaluationReport(counts(("ab", "ab"), ("ab", "b")), loss: 0.5)
    #expect(
      try RunJSON.line(report)
        == #"{"cer":0.25,"exactMatch":0.5,"graphemeCER":0.25,"images":2,"loss":0.5,"wer":0.5}"#)
    let again = try RunJSON.decode(EvaluationReport.self, from: RunJSON.line(report))
    #expect(try RunJSON.line(again) == RunJSON.line(report))
    let diverged = try RunJSON.line(EvaluationReport(RecognitionCounts(), loss: .nan))
    #expect(diverged.contains(#""loss":"NaN""#))
    #expect(try RunJSON.decode(EvaluationReport.self, from: diverged).loss?.isNaN == true)
  }

  @Test func exitCodesAreTheDocumentedOnes() {
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 2, 3, 4, 5, 85, 86, 87, 88])
  }
}
