import Foundation
import Recognition
import Reporting
import TestSupport
import Testing

@Suite struct CurveTests {
  private func curve(_ values: [Double]) -> Curve {
    var curve = Curve()
    for (i, value) in values.enumerated() { curve.add(value, at: Double(i + 1)) }
    return curve
  }

  @Test func shortCurvesHaveEveryPoint() {
    #expect(curve([]).points.isEmpty)
    let values = (0..<159).map { Double($0 * $0) }
    #expect(curve(values).points.map(\.y) == values)
    #expect(curve(values).points.map(\.x) == (1...159).map(Double.init))
  }

  /// At 160 points neighbors are averaged, at the place of the later one; what is left over is a point as well.
  @Test func longCurvesAreThinned() {
    let values = (0..<163).map { Double($0) }
    let points = curve(values).points
    #expect(points.count == 82)
    for i in 0..<81 { #expect(points[i] == curvePoint(2 * Double(i) + 2, 2 * Double(i) + 0.5), "\(i)") }
    #expect(points[81] == curvePoint(163, 162))
  }

  private func curvePoint(_ x: Double, _ y: Double) -> Curve.Point {
    var point = curve([0]).points[0]
    (point.x, point.y) = (x, y)
    return point
  }

  @Test(arguments: [160, 161, 320, 1000, 12_345]) func theSizeIsBoundedAndTheMeanStays(count: Int) {
    let points = curve((0..<count).map { _ in 2.5 }).points
    #expect(points.count <= Curve.limit && points.count >= Curve.limit / 2)
    #expect(points.allSatisfy { $0.y == 2.5 } && points.last?.x == Double(count))
    #expect(zip(points, points.dropFirst()).allSatisfy { $0.x < $1.x })
  }

  @Test func whatIsNoNumberIsLeftOut() {
    let points = curve([1, .nan, 2, .infinity, -.infinity, 1e100, -1e101, 3]).points
    #expect(points.map(\.y) == [1, 2, 3] && points.map(\.x) == [1, 3, 8])
    var curve = Curve()
    curve.add(1, at: .nan)
    #expect(curve.points.isEmpty)
  }
}

@Suite struct RunHistoryTests {
  private func evaluation(_ step: Int, edits: Int64, of length: Int64 = 10) -> EvaluationMetrics {
    var counts = RecognitionCounts()
    (counts.images, counts.scalarEdits, counts.scalarReference) = (2, edits, length)
    return EvaluationMetrics(EvaluationReport(counts, loss: nil), step: step, epoch: 0, time: nil)
  }

  private func step(_ number: Int, loss: Double = 1, skipped: Int = 0) -> StepMetrics {
    StepMetrics(
      step: number, epoch: 0, time: 5, loss: loss, learningRate: 0.5, gradientNorm: 2, imagesPerSecond: 3, seconds: 4,
      skipped: skipped, waiting: 0, reducing: nil)
  }

  @Test func theBestIsTheEarliestLowest() {
    var history = RunHistory()
    #expect(history.best == nil)
    for (step, edits) in [(10, 5), (20, 3), (30, 4), (40, 3), (50, 9)] {
      history.add(evaluation(step, edits: Int64(edits)))
    }
    #expect(history.best?.step == 20 && history.best?.cer == 0.3)
    #expect(history.cer.points.map(\.y) == [0.5, 0.3, 0.4, 0.3, 0.9])
    #expect(history.validationLoss.points.isEmpty, "a loss that is undefined is no point")
    history.add(evaluation(60, edits: 0))
    #expect(history.best?.step == 60)
  }

  @Test func theNewestEvaluationsAreKept() {
    var history = RunHistory()
    for i in 1...(RunHistory.kept + 5) { history.add(evaluation(i, edits: Int64(i), of: 100)) }
    #expect(history.evaluations.map(\.step) == Array(6...(RunHistory.kept + 5)))
    #expect(history.best?.step == 1, "which is no longer among them")
  }

  @Test func stepsAddUp() {
    var history = RunHistory()
    history.add(step(10, loss: 4, skipped: 2))
    history.add(step(20, loss: .nan, skipped: 10))
    history.add(step(30, loss: 2, skipped: 1))
    #expect(history.skipped == 13 && history.lastStep == step(30, loss: 2, skipped: 1))
    #expect(history.loss.points.map(\.x) == [10, 30] && history.learningRate.points.count == 3)
    #expect(history.reducing.points.isEmpty)
    history.add(step(40, skipped: .max))
    #expect(history.skipped == Int.min + 12, "a damaged file ends no program")
  }

  @Test func aFileIsReadWhereItCanBe() throws {
    let folder = try TemporaryDirectory()
    #expect(try RunHistory(folder.file("none")).lastStep == nil)
    do {
      let log = try MetricsLog(folder.file("metrics.jsonl"))
      try log.append(step(10))
      try log.append(["kind": "weather", "step": "sunny"])
      try log.append(evaluation(10, edits: 1))
      try log.append(step(20, loss: .infinity))
    }
    let text = try folder.text("metrics.jsonl")
    try folder.write("garbage\n{\"kind\":\"step\"}\n" + text + "{\"kind\":\"step\",\"st", "metrics.jsonl")
    let history = try RunHistory(folder.file("metrics.jsonl"))
    #expect(history.lastStep == step(20, loss: .infinity) && history.loss.points.map(\.x) == [10])
    #expect(history.evaluations.count == 1 && history.best?.cer == 0.1 && history.evaluations[0].loss.isNaN)
  }
}

@Suite struct MarkedTextTests {
  private func marked(_ reference: String, _ prediction: String) -> [String] {
    let both = MarkedText.html(reference: reference, prediction: prediction)
    return [both.reference.markup, both.prediction.markup]
  }

  @Test func differencesAreMarked() {
    #expect(
      marked("abcd", "abXd") == [
        "<bdi dir=\"ltr\" lang=\"\">ab<mark>c</mark>d</bdi>", "<bdi dir=\"ltr\" lang=\"\">ab<mark>X</mark>d</bdi>",
      ])
    #expect(marked("ab", "ab") == ["<bdi dir=\"ltr\" lang=\"\">ab</bdi>", "<bdi dir=\"ltr\" lang=\"\">ab</bdi>"])
    #expect(
      marked("abc", "") == ["<bdi dir=\"ltr\" lang=\"\"><mark>abc</mark></bdi>", "<i class=\"none\">nothing</i>"])
    #expect(
      marked("ac", "abc") == [
        "<bdi dir=\"ltr\" lang=\"\">ac</bdi>", "<bdi dir=\"ltr\" lang=\"\">a<mark>b</mark>c</bdi>",
      ])
    #expect(marked("<b", "&b")[0] == "<bdi dir=\"ltr\" lang=\"\"><mark>&lt;</mark>b</bdi>")
  }

  /// A joiner makes two clusters one sign, which is marked as a whole.
  @Test func joinersAreNotTornApart() {
    let sign = "\u{0D9A}\u{0DCA}\u{200D}\u{0DBB}"
    #expect(MarkedText.parts(of: "\u{0DC3}" + sign + "\u{0DB8}") == ["\u{0DC3}", sign, "\u{0DB8}"])
    let twice = "\u{0D9A}\u{0DCA}\u{200D}\u{0DBB}\u{0DCA}\u{200D}\u{0DBA}"
    #expect(MarkedText.parts(of: twice).map { Array($0.unicodeScalars) } == [Array(twice.unicodeScalars)])
    #expect(MarkedText.parts(of: "") == [] && MarkedText.parts(of: "\u{200D}").count == 1)
    let html = marked("\u{0DC3}" + sign, "\u{0DC3}\u{0D9A}")
    #expect(html[0] == "<bdi dir=\"ltr\" lang=\"si\">\u{0DC3}<mark>\(sign)</mark></bdi>")
    #expect(html[1] == "<bdi dir=\"ltr\" lang=\"si\">\u{0DC3}<mark>\u{0D9A}</mark></bdi>")
  }

  /// The same letter in two normal forms is no difference.
  @Test func textsAreComparedInOneForm() {
    #expect(!marked("e\u{301}", "\u{E9}")[0].contains("<mark>"))
    #expect(marked("\u{0DDA}", "\u{0DD9}")[0].contains("<mark>"))
  }

  @Test func theLanguageIsThatOfTheFirstLetterOfAScript() {
    #expect(MarkedText.language(of: "1 ක a") == "si" && MarkedText.language(of: "அක") == "ta")
    #expect(MarkedText.language(of: "abc") == "" && MarkedText.language(of: "") == "")
    #expect(MarkedText.html("x<").markup == "<bdi dir=\"ltr\" lang=\"\">x&lt;</bdi>")
  }
}
