import Foundation
import NeuralNetwork
import Tensors
import TestSupport

/// A CTC loss with logits of its own. Memory is NaN before each run, so a read of unwritten memory shows.
final class CTCFixture {
  let loss: CTCLoss
  let layout = SequenceLayout()
  let workspace = Workspace()
  let logits: NeuralNetwork.PackedSequence

  init(classes: Int, lengths: [Int], labels: [[Int32]], logits values: [Float]) {
    loss = CTCLoss(classes: classes)
    layout.place(lengths)
    logits = NeuralNetwork.PackedSequence(
      layout: layout, features: classes, value: Matrix(rows: layout.rows, columns: classes, values),
      gradient: Matrix(rows: layout.rows, columns: classes))
    loss.plan(logits, targets: LabelBatch(labels), in: workspace)
    workspace.commit()
  }

  func run(scale: Float = 1, gradient: Bool = true, poison: Float = .nan) -> CTCLoss.Outcome {
    workspace.poison(poison)
    logits.gradient.fill(poison)
    return loss.run(scale: scale, gradient: gradient)
  }

  var gradient: [Float] { logits.gradient.elements }
}

/// Probabilities of all labels, by enumerating every alignment of `logits` [steps, classes] in Double.
func alignmentProbabilities(logits: [Float], steps: Int, classes: Int) -> [[Int32]: Double] {
  let probabilities = (0..<steps).map { t in
    let row = logits[t * classes..<(t + 1) * classes].map(Double.init)
    let exponentials = row.map { Foundation.exp($0 - row.max()!) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
  var labels: [[Int32]: Double] = [:]
  var path = [Int](repeating: 0, count: steps)
  while true {
    var (label, before, p) = ([Int32](), 0, 1.0)
    for (t, k) in path.enumerated() {
      p *= probabilities[t][k]
      if k != before && k != 0 { label.append(Int32(k)) }
      before = k
    }
    labels[label, default: 0] += p
    var t = 0
    while t < steps && path[t] == classes - 1 {
      path[t] = 0
      t += 1
    }
    if t == steps { return labels }
    path[t] += 1
  }
}
