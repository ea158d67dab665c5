import Recognition
import Testing

@Suite struct EvaluationDetailsTests {
  /// Images of four letters, of which every `period`-th has its last letter wrong.
  func images(_ count: Int, wrongEvery period: Int) -> [EvaluatedImage] {
    (0..<count).map { i in
      EvaluatedImage(path: "\(i).png", reference: "abca", prediction: i % period == 0 ? "abcx" : "abca")
    }
  }

  func report(_ images: [EvaluatedImage]) -> DetailedReport {
    var counts = RecognitionCounts()
    for image in images { counts.add(reference: image.reference, prediction: image.prediction) }
    return DetailedReport(
      report: EvaluationReport(counts, loss: nil), details: EvaluationDetails(images), images: images)
  }

  @Test func intervalsAreTheBinomials() {
    // 400 images, each wrong with 10 %: 10 % +- 1.96 * sqrt(0.1 * 0.9 / 400) = 2.9 points.
    let intervals = EvaluationDetails(images(400, wrongEvery: 10)).intervals
    for (found, expected) in zip(intervals.exactMatch, [0.871, 0.929]) {
      #expect(abs(found - expected) <= 0.006, "\(intervals.exactMatch)")
    }
    for (found, expected) in zip(intervals.cer, [0.025 - 0.00735, 0.025 + 0.00735]) {
      #expect(abs(found - expected) <= 0.0015, "\(intervals.cer)")
    }
    #expect(intervals == EvaluationDetails(images(400, wrongEvery: 10)).intervals)
    let perfect = EvaluationDetails(images(50, wrongEvery: 1000).dropFirst().map { $0 }).intervals
    #expect(perfect.cer == [0, 0] && perfect.exactMatch == [1, 1])
  }

  @Test func confusionsAreSortedAndNameImages() {
    let read = [
      ("abc", "abd"), ("abc", "abd"), ("abc", "abd"), ("abc", "ab"), ("abc", "abdd"), ("ක", "ග"), ("a", "a"),
    ]
    let details = EvaluationDetails(
      read.enumerated().map { EvaluatedImage(path: "\($0).png", reference: $1.0, prediction: $1.1) })
    let confusions = details.confusions
    #expect(confusions.map { "\($0.count) \($0.reference)>\($0.prediction)" } == ["4 c>d", "1 >d", "1 c>", "1 ක>ග"])
    #expect(confusions[0].images == ["0.png", "1.png", "2.png"] && confusions[2].images == ["3.png"])
    // The letters a and b occur five times or more but less than ten; nothing more often.
    #expect(details.byLetterFrequency.map(\.from) == [1])
    let group = details.byLetterFrequency[0]
    #expect(group.letters == 4 && group.occurrences == 17 && group.errors == 6)
    #expect(details.byLength.map(\.images) == [2, 5] && details.byLength.map(\.from) == [1, 3])
    #expect(details.byLength[0].cer == 0.5 && details.byLength[1].exactMatch == 0)
    #expect(details.lines.contains { $0.hasSuffix("4 times c (U+0063) as d (U+0064), in 0.png, 1.png, 2.png") })
  }

  /// Signs stand on a dotted circle, and what cannot be seen is named.
  @Test func confusionsNameWhatDoesNotShow() {
    let read = [("\u{0D9A}\u{0DCA}", "\u{0D9A}"), ("\u{0D9A}\u{200D}", "\u{0D9A}")]
    let details = EvaluationDetails(
      read.enumerated().map { EvaluatedImage(path: "\($0).png", reference: $1.0, prediction: $1.1) })
    for line in ["1 time \u{25CC}\u{0DCA} (U+0DCA) as nothing, in 0.png", "1 time U+200D as nothing, in 1.png"] {
      #expect(details.lines.contains("  " + line), "\(details.lines)")
    }
  }

  @Test func fiftyConfusionsAtMost() {
    let letters = (0..<80).map { String(Unicode.Scalar(0x4E00 + $0)!) }
    let details = EvaluationDetails(
      letters.enumerated().map { EvaluatedImage(path: "\($0)", reference: $1, prediction: "x") })
    #expect(details.confusions.map(\.reference) == Array(letters.prefix(50)))
  }

  @Test func aModelDoesNotDifferFromItself() throws {
    let one = report(images(100, wrongEvery: 7))
    let same = try Comparison(one, one)
    #expect(same.cer.value == 0 && same.cer.interval == [0, 0] && same.cer.p == 1 && !same.cer.significant)
  }

  @Test func clearDifferencesAreSignificantAndChanceIsNot() throws {
    let (bad, good) = (report(images(400, wrongEvery: 4)), report(images(400, wrongEvery: 10)))
    let clear = try Comparison(bad, good)
    #expect(clear.cer.significant && clear.cer.value < 0 && clear.cer.p < 0.01)
    #expect(clear.exactMatch.significant && clear.exactMatch.value > 0)
    // As many errors in other images: nothing to tell them apart.
    let shifted = report(
      (0..<400).map {
        EvaluatedImage(path: "\($0).png", reference: "abca", prediction: $0 % 10 == 3 ? "abcx" : "abca")
      })
    let chance = try Comparison(good, shifted)
    #expect(!chance.cer.significant && chance.cer.p > 0.5 && chance.cer.interval[0] < 0)
    #expect(
      clear.lines(names: ["x", "y"]).contains { $0.hasPrefix("  CER: -3.75 points") && $0.hasSuffix(": significant") })
  }
}
