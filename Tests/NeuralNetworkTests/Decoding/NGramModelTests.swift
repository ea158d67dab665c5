import Foundation
import NeuralNetwork
import Tensors
import Testing

@Suite struct NGramModelTests {
  let model = NGramModel([[1, 2, 1], [1, 2], [3, NGramModel.unknown]], classes: 5, order: 3)!

  /// The context after letters.
  func context(_ letters: [Int32]) -> NGramModel.Context {
    letters.reduce(model.start) { model.extend($0, by: $1).context }
  }

  /// By hand: unigrams 1 1 1, 2 2, 3, unknown, end end end: N = 10, D = 5.
  @Test func interpolatesAsWittenAndBell() {
    let uniform = 1.0 / 5
    func unigram(_ count: Double) -> Double { (count + 5 * uniform) / (10 + 5) }
    // After 1: 2 twice, the end once. After the beginning and 1: 2 twice.
    let bigram = (2 + 2 * unigram(2)) / (3 + 2)
    let trigram = (2 + 1 * bigram) / (2 + 1)
    let found = exp(model.extend(context([1]), by: 2).logProbability)
    #expect(abs(found - trigram) <= 1e-12, "\(found) \(trigram)")
    // Never seen together: the history 4 says nothing, so the unigrams speak.
    let unseen = exp(model.extend(context([4, 4]), by: 1).logProbability)
    #expect(abs(unseen - unigram(3)) <= 1e-12, "\(unseen)")
  }

  @Test func probabilitiesSumToOne() {
    for history in [[], [1], [1, 2], [2, 1], [3], [4], [1, 2, 1, 2]] as [[Int32]] {
      let context = context(history)
      let letters = (1...4).reduce(0.0) { $0 + exp(model.extend(context, by: Int32($1)).logProbability) }
      let rest = exp(model.end(context)) + exp(model.extend(context, by: NGramModel.unknown).logProbability)
      // What an unknown letter takes from the uniform distribution is the model's own.
      #expect(abs(letters + rest - 1) <= 0.2 && letters + exp(model.end(context)) <= 1 + 1e-12, "\(history)")
    }
  }

  @Test func likesWhatItHasSeen() {
    let words = NGramModel([[1, 2, 3], [1, 2, 4]], classes: 6, order: 4)!
    func score(_ label: [Int32]) -> Double {
      var (sum, context) = (0.0, words.start)
      for letter in label {
        let next = words.extend(context, by: letter)
        (sum, context) = (sum + next.logProbability, next.context)
      }
      return sum + words.end(context)
    }
    #expect(score([1, 2, 3]) == score([1, 2, 4]))
    for other in [[1, 2, 5], [2, 1, 3], [1, 2], [3]] as [[Int32]] { #expect(score([1, 2, 3]) > score(other) + 1) }
  }
}
