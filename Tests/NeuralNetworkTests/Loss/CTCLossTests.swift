import Foundation
import NeuralNetwork
import TestSupport
import Testing

@Suite struct CTCLossTests {
  struct Case: Decodable {
    let seed: Int
    let classes: Int
    let scale: Float
    let lengths: [Int]
    let labels: [[Int32]]
    let losses: [Float]
    let gradient: [Float]
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try sequenceFixture("ctc", as: Case.self) {
      let steps = golden.lengths.reduce(0, +)
      let x = numbers(seed: golden.seed * 100, count: steps * golden.classes, scale: golden.scale)
      let bench = CTCFixture(classes: golden.classes, lengths: golden.lengths, labels: golden.labels, logits: x)
      let outcome = bench.run()
      expectClose(bench.loss.losses.map { Float($0) }, golden.losses, relativeToMaximum: 1e-5, "losses \(golden.seed)")
      for (n, loss) in golden.losses.enumerated() {
        expectClose([Float(bench.loss.losses[n])], [loss], relativeToMaximum: 1e-5, "loss \(golden.seed) \(n)")
        expectClose(
          rows(of: n, in: bench.layout, bench.gradient, features: golden.classes),
          rows(of: n, in: bench.layout, golden.gradient, features: golden.classes), "gradient \(golden.seed) \(n)")
      }
      #expect(outcome.infeasible == 0 && outcome.nonFinite == 0)
      #expect(outcome.sum == bench.loss.losses.reduce(0, +))
    }
  }

  /// Every label of up to 3 letters out of 3, over 1 to 5 steps: those that fit, tightly or not, and those that do not.
  @Test(arguments: 1...5) func agreesWithEnumeratedAlignments(steps: Int) {
    let x = numbers(seed: steps, count: steps * 4, scale: 2)
    let expected = alignmentProbabilities(logits: x, steps: steps, classes: 4)
    var labels: [[Int32]] = [[]]
    for length in 0..<3 {
      for label in labels where label.count == length { labels += (1...3).map { label + [$0] } }
    }
    #expect(labels.count == 1 + 3 + 9 + 27)
    var (total, infeasible) = (0.0, 0)
    for label in labels {
      let bench = CTCFixture(classes: 4, lengths: [steps], labels: [label], logits: x)
      let outcome = bench.run()
      let repeats = zip(label, label.dropFirst()).filter { $0.0 == $0.1 }.count
      if label.count + repeats > steps {
        #expect(expected[label] == nil)
        #expect(outcome.infeasible == 1 && bench.loss.losses == [.infinity] && outcome.sum == .infinity)
        #expect(bench.gradient.allSatisfy { $0 == 0 })
        infeasible += 1
      } else {
        let p = Foundation.exp(-bench.loss.losses[0] * Double(max(1, label.count)))
        let truth = expected[label] ?? .nan
        #expect(abs(p - truth) <= 1e-5 * truth, "\(label): \(p), enumerated \(truth)")
        #expect(outcome.infeasible == 0)
        total += p
      }
    }
    let short = expected.filter { $0.key.count <= 3 }.values.reduce(0, +)
    #expect(abs(total - short) <= 1e-5)
    #expect((infeasible == 0) == (steps == 5))
  }

  @Test func agreesWithFiniteDifferences() {
    let x = numbers(seed: 5, count: 13 * 5, scale: 2)
    let bench = CTCFixture(classes: 5, lengths: [6, 4, 3], labels: [[1, 1, 4], [], [2, 3]], logits: x)
    _ = bench.run(scale: 3)
    expectSequenceGradient(
      bench.gradient, of: { 3 * bench.loss.run(scale: 3, gradient: false).sum }, at: bench.logits.value.pointer,
      tolerance: 1e-3, "logits")
  }

  @Test func memoryContentsChangeNoBitAndEvaluationLeavesTheGradient() {
    let x = numbers(seed: 6, count: 17 * 19, scale: 4)
    let bench = CTCFixture(
      classes: 19, lengths: [8, 5, 4], labels: [[1, 1, 18, 2], [7, 6], [3, 16, 17, 18]], logits: x)
    let clean = (bench.run(poison: 0), bench.loss.losses, bench.gradient)
    let poisoned = (bench.run(), bench.loss.losses, bench.gradient)
    #expect(clean == poisoned)
    #expect(bench.run(gradient: false, poison: 5) == clean.0)
    #expect(bench.gradient.allSatisfy { $0 == 5 })
  }

  @Test func scaleScalesOnlyTheGradient() {
    let x = numbers(seed: 7, count: 9 * 6, scale: 2)
    let bench = CTCFixture(classes: 6, lengths: [5, 4], labels: [[1, 2], [5]], logits: x)
    let once = (bench.run(), bench.gradient)
    #expect(bench.run(scale: 0.25) == once.0)
    #expect(bench.gradient == once.1.map { $0 / 4 })
  }

  @Test func eachImageAloneGivesTheSame() {
    let lengths = [40, 33, 33, 20]
    let labels: [[Int32]] = [
      (0..<17).map { 1 + $0 % 9 }, [4, 4, 4], [], (0..<15).map { 10 - $0 % 10 },
    ]
    let batch = CTCFixture(
      classes: 11, lengths: lengths, labels: labels, logits: numbers(seed: 8, count: 126 * 11, scale: 8))
    _ = batch.run()
    for n in lengths.indices {
      let x = rows(of: n, in: batch.layout, batch.logits.value.elements, features: 11)
      let alone = CTCFixture(classes: 11, lengths: [lengths[n]], labels: [labels[n]], logits: x)
      _ = alone.run()
      #expect(alone.loss.losses == [batch.loss.losses[n]])
      #expect(alone.gradient == rows(of: n, in: batch.layout, batch.gradient, features: 11))
    }
  }

  /// A gradient row sums to zero, also where probabilities lie far outside the range of floats.
  @Test func confidentlyWrongLogitsKeepTheirGradient() {
    let (steps, classes) = (600, 6)
    var x = [Float](repeating: 0, count: steps * classes)
    for t in 0..<steps { x[t * classes + 5] = 500 }  // certain of class 5; the label has none
    let bench = CTCFixture(
      classes: classes, lengths: [steps], labels: [(0..<300).map { 1 + $0 % 2 }], logits: x)
    let outcome = bench.run(scale: 300)
    #expect(outcome.nonFinite == 0)
    // Every step costs 500; the number of alignments, 900 choose 600, gives a little back.
    let alignments = lgamma(901.0) - lgamma(601.0) - lgamma(301.0)
    #expect(abs(bench.loss.losses[0] - (500 * 600 - alignments) / 300) < 1e-3)
    for t in 0..<steps {
      let row = bench.gradient[t * classes..<(t + 1) * classes]
      #expect(abs(row.reduce(0, +)) < 1e-4)
      #expect(abs(row[t * classes + 5] - 1) < 1e-5)
    }
  }

  @Test func badImagesShowAndLeaveTheOthersAlone() {
    let lengths = [5, 5, 5, 5, 4]
    var x = numbers(seed: 9, count: 24 * 4, scale: 2)
    x[(5 * 2 + 3) * 4 + 1] = .nan  // image 3, step 2
    x[(5 * 4 + 2) * 4 + 3] = -.infinity  // image 2, step 4
    let bench = CTCFixture(
      classes: 4, lengths: lengths, labels: [[1, 2], [1, 4], [1], [2], [3, 3, 3]], logits: x)
    let outcome = bench.run()
    #expect(outcome.infeasible == 2 && outcome.nonFinite == 2 && !outcome.sum.isFinite)
    #expect(bench.loss.losses[0].isFinite && bench.loss.losses[1] == .infinity && bench.loss.losses[4] == .infinity)
    #expect(bench.loss.losses[2].isNaN && bench.loss.losses[3].isNaN)
    let good = CTCFixture(
      classes: 4, lengths: [5], labels: [[1, 2]], logits: rows(of: 0, in: bench.layout, x, features: 4))
    _ = good.run()
    #expect(rows(of: 0, in: bench.layout, bench.gradient, features: 4) == good.gradient)
    for n in [1, 4] { #expect(rows(of: n, in: bench.layout, bench.gradient, features: 4).allSatisfy { $0 == 0 }) }
    for n in [2, 3] { #expect(rows(of: n, in: bench.layout, bench.gradient, features: 4).allSatisfy { $0.isNaN }) }
  }

  @Test func labelBatchCountsWhatALabelNeeds() {
    let batch = LabelBatch([[1, 1, 2, 2, 2], [], [3]])
    #expect(batch.count == 3)
    #expect((0..<3).map(batch.requiredSteps) == [8, 0, 1])
    #expect(Array(batch[0]) == [1, 1, 2, 2, 2] && batch[1].isEmpty && Array(batch[2]) == [3])
    batch.removeAll()
    #expect(batch.count == 0)
  }
}
