import Foundation
import NeuralNetwork
import Tensors
import Testing

/// Prefix beam search against the count of all paths.
@Suite struct PrefixBeamSearchTests {
  func decode(_ search: PrefixBeamSearch, _ logits: NeuralNetwork.PackedSequence) -> [Int32] {
    let labels = LabelBatch([[7]])
    search.decode(logits, into: labels)
    return labels.count == 1 ? Array(labels[0]) : [-1]
  }

  @Test func aWideBeamFindsTheMostProbableLabel() {
    let search = PrefixBeamSearch(PrefixBeamSearch.Settings(width: 1000, smallestProbability: 0))
    var differsFromGreedy = 0
    for seed in 0..<40 as Range<UInt64> {
      let paths = AllPaths(steps: 5, classes: 4, seed: seed, spread: 1.5)
      let best = paths.best { $1 }
      #expect(decode(search, paths.logits) == best, "seed \(seed)")
      let greedy = LabelBatch()
      GreedyDecoder().decode(paths.logits, into: greedy)
      differsFromGreedy += Array(greedy[0]) == best ? 0 : 1
    }
    #expect(differsFromGreedy > 0, "the cases are too easy")
  }

  @Test func aLanguageModelWeighsIn() {
    let model = NGramModel([[1, 2, 1], [1, 2], [3, 1, 1]], classes: 4, order: 3)!
    let settings = PrefixBeamSearch.Settings(
      width: 1000, languageWeight: 0.7, letterBonus: 0.4, smallestProbability: 0)
    var differsFromPlain = 0
    for seed in 0..<40 as Range<UInt64> {
      let paths = AllPaths(steps: 5, classes: 4, seed: seed, spread: 1.5)
      let best = paths.best { label, probability in
        var (prior, context) = (0.0, model.start)
        for letter in label {
          let next = model.extend(context, by: letter)
          (prior, context) = (prior + next.logProbability, next.context)
        }
        return log(probability) + 0.7 * (prior + model.end(context)) + 0.4 * Double(label.count)
      }
      #expect(decode(PrefixBeamSearch(settings, model: model), paths.logits) == best, "seed \(seed)")
      differsFromPlain += paths.best { $1 } == best ? 0 : 1
    }
    #expect(differsFromPlain > 0, "the model changes nothing")
  }

  @Test func longAndNarrow() {
    // A beam of one label is at least as sure as the greedy one where steps are clear.
    let paths = AllPaths(steps: 7, classes: 3, seed: 5, spread: 12)
    let greedy = LabelBatch()
    GreedyDecoder().decode(paths.logits, into: greedy)
    #expect(decode(PrefixBeamSearch(PrefixBeamSearch.Settings(width: 1)), paths.logits) == Array(greedy[0]))
  }

  @Test func aStepThatIsNoNumberReadsAsBlank() {
    let paths = AllPaths(steps: 4, classes: 3, seed: 1, spread: 9)
    for k in 0..<3 { paths.logits.value.row(1)[k] = k == 1 ? 9 : -9 }
    for t in [0, 2] { for k in 0..<3 { paths.logits.value.row(t)[k] = .nan } }
    for k in 0..<3 { paths.logits.value.row(3)[k] = k == 1 ? 9 : -9 }
    #expect(decode(PrefixBeamSearch(), paths.logits) == [1, 1])
  }
}

@Suite struct LabelConfidenceTests {
  @Test func isTheSumOfAllPaths() {
    for seed in 0..<10 as Range<UInt64> {
      let paths = AllPaths(steps: 5, classes: 3, seed: seed, spread: 2)
      #expect(paths.labels.count > 20)
      for (label, probability) in paths.labels {
        let confidence = LabelConfidence(label, in: paths.logits, sequence: 0)
        #expect(abs(confidence.probability - probability) <= 1e-5 * probability, "\(label)")
        #expect(confidence.letters.count == label.count && confidence.letters.allSatisfy { $0 > 0 && $0 <= 1 })
      }
    }
  }

  @Test func lettersTakeTheirBestStep() {
    // Steps: blank, 1 twice, 2; the softmax of (0, x) with the third class far away is 1 / (1 + e^-x).
    let paths = AllPaths(steps: 4, classes: 3, seed: 0)
    let rows: [[Float]] = [[9, 0, -90], [0, 1, -90], [0, 3, -90], [0, -90, 2]]
    for (t, row) in rows.enumerated() { for k in 0..<3 { paths.logits.value.row(t)[k] = row[k] } }
    let confidence = LabelConfidence([1, 2] as [Int32], in: paths.logits, sequence: 0)
    let letters = confidence.letters
    #expect(letters.count == 2 && confidence.steps == [1..<3, 3..<4])
    for (found, expected) in zip(letters, [1 / (1 + exp(-3.0)), 1 / (1 + exp(-2.0))]) {
      #expect(abs(found - expected) <= 1e-6)
    }
  }

  @Test func whatDoesNotFitHasNone() {
    let paths = AllPaths(steps: 2, classes: 3, seed: 4)
    for label in [[1, 2, 1], [1, 1]] as [[Int32]] {
      let confidence = LabelConfidence(label, in: paths.logits, sequence: 0)
      #expect(confidence.probability == 0 && confidence.letters == label.map { _ in 0 })
      #expect(confidence.steps == label.map { _ in 0..<0 })
    }
    paths.logits.value.row(1)[2] = .nan
    #expect(LabelConfidence([1] as [Int32], in: paths.logits, sequence: 0).probability == 0)
  }
}
