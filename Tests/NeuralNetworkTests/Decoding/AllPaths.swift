import Foundation
import NeuralNetwork
import Tensors

/// One sequence of few steps and classes, all of whose paths can be counted.
struct AllPaths {
  let logits: NeuralNetwork.PackedSequence
  /// p(label) by its classes.
  let labels: [[Int32]: Double]

  init(steps: Int, classes: Int, seed: UInt64, spread: Float = 3) {
    let layout = SequenceLayout()
    layout.place([steps])
    var random = KeyedRandom(seed: seed, purpose: .test)
    let scores = (0..<steps * classes).map { _ in random.uniform(-spread, spread) }
    logits = NeuralNetwork.PackedSequence(
      layout: layout, features: classes, value: Matrix(rows: steps, columns: classes, scores),
      gradient: Matrix(rows: steps, columns: classes))
    let probabilities = (0..<steps).map { t in
      let row = scores[t * classes..<(t + 1) * classes].map { Double($0) }
      let exponentials = row.map { exp($0) }
      let sum = exponentials.reduce(0, +)
      return exponentials.map { $0 / sum }
    }
    var labels: [[Int32]: Double] = [:]
    var path = [Int](repeating: 0, count: steps)
    repeat {
      let collapsed = path.enumerated().filter { $1 != 0 && ($0 == 0 || path[$0 - 1] != $1) }.map { Int32($1) }
      labels[collapsed, default: 0] += path.enumerated().reduce(1) { $0 * probabilities[$1.offset][$1.element] }
    } while Self.advance(&path, classes: classes)
    self.labels = labels
  }

  /// Counts up with digits below `classes`; false after the last number.
  private static func advance(_ path: inout [Int], classes: Int) -> Bool {
    for i in path.indices {
      path[i] += 1
      if path[i] < classes { return true }
      path[i] = 0
    }
    return false
  }

  /// The best label under a score.
  func best(_ score: (_ label: [Int32], _ probability: Double) -> Double) -> [Int32] {
    labels.max { score($0.key, $0.value) < score($1.key, $1.value) }?.key ?? []
  }
}
