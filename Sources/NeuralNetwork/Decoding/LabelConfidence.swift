import Foundation
import Tensors

/// A network's confidence in a label that it read.
public struct LabelConfidence: Sendable, Equatable {
  /// p(label | logits): the sum over all paths to the label. 0 if a logit is NaN.
  public let probability: Double
  /// ln ``probability``, also where that is too small for a number; -infinity if it is 0.
  public let logProbability: Double
  /// The highest probability of each letter in the steps that the label's best path (Viterbi) assigns to it; with
  /// greedy decoding that path is the decoded one.
  public let letters: [Double]
  /// The time steps of each letter on that path; empty ones if ``probability`` is 0.
  public let steps: [Range<Int>]

  /// Measures the label of sequence `n`. A label that does not fit its steps has probability 0, and letters of probability 0
  /// without steps.
  public init(_ label: some Collection<Int32>, in logits: PackedSequence, sequence n: Int) {
    let (layout, classes) = (logits.layout, logits.features)
    let steps = layout.lengths[n]
    // The states: blanks around and between the letters.
    var states: [Int] = [0]
    for letter in label { states += [Int(letter), 0] }
    let count = states.count
    var sums = [Double](repeating: -.infinity, count: count)
    var bests = sums
    // For each step and state, how many states back its best path came from.
    var moves = [UInt8](repeating: 0, count: steps * count)
    // p(state's class) in each step, for the letters.
    var probabilities = [Float](repeating: 0, count: steps * count)
    for t in 0..<steps {
      let row = logits.value.row(layout.offsets[t] + n)
      let softmax = LogSoftmax(row, classes: classes)
      let (oldSums, oldBests) = (sums, bests)
      for s in 0..<count {
        let logProbability = Double(row[states[s]] - softmax.maximum) - Double(softmax.logAddExp)
        probabilities[t * count + s] = Float(exp(logProbability))
        if t == 0 {
          let value = s < 2 ? logProbability : -.infinity
          (sums[s], bests[s]) = (value, value)
          continue
        }
        var (sum, best, move) = (oldSums[s], oldBests[s], 0)
        // From the previous state, or skipping a blank unless that would join equal letters.
        let furthest = s % 2 == 1 && s >= 2 && states[s] != states[s - 2] ? 2 : min(1, s)
        for back in 1..<(furthest + 1) {
          sum = logAddExp(sum, oldSums[s - back])
          if oldBests[s - back] > best { (best, move) = (oldBests[s - back], back) }
        }
        (sums[s], bests[s], moves[t * count + s]) = (sum + logProbability, best + logProbability, UInt8(move))
      }
    }
    let last = count - 1
    let total = last > 0 ? logAddExp(sums[last], sums[last - 1]) : sums[last]
    guard total.isFinite, steps > 0 else {
      (probability, logProbability) = (0, -.infinity)
      (letters, self.steps) = (label.map { _ in 0 }, label.map { _ in 0..<0 })
      return
    }
    (probability, logProbability) = (min(1, exp(total)), min(0, total))
    var found = [Double](repeating: 0, count: label.count)
    var spans = [Range<Int>](repeating: 0..<0, count: label.count)
    var s = last > 0 && bests[last - 1] > bests[last] ? last - 1 : last
    for t in (0..<steps).reversed() {
      if s % 2 == 1 {
        found[s / 2] = max(found[s / 2], Double(probabilities[t * count + s]))
        spans[s / 2] = t..<(spans[s / 2].isEmpty ? t + 1 : spans[s / 2].upperBound)
      }
      s -= Int(moves[t * count + s])
    }
    letters = found
    self.steps = spans
  }
}
