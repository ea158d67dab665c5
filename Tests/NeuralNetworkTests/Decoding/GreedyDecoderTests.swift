import NeuralNetwork
import Tensors
import Testing

@Suite struct GreedyDecoderTests {
  /// Logits whose largest class at step t of sequence n is `paths[n][t]`.
  func logits(_ paths: [[Int]], classes: Int) -> NeuralNetwork.PackedSequence {
    let layout = SequenceLayout()
    layout.place(paths.map(\.count))
    let value = Matrix(rows: layout.rows, columns: classes, numbers(seed: 3, count: layout.rows * classes))
    for (n, path) in paths.enumerated() {
      for (t, k) in path.enumerated() { value.row(layout.offsets[t] + n)[k] = 2 }
    }
    return NeuralNetwork.PackedSequence(
      layout: layout, features: classes, value: value, gradient: Matrix(rows: layout.rows, columns: classes))
  }

  func decode(_ logits: NeuralNetwork.PackedSequence, into batch: LabelBatch = LabelBatch()) -> [[Int32]] {
    GreedyDecoder().decode(logits, into: batch)
    return (0..<batch.count).map { Array(batch[$0]) }
  }

  @Test func collapsesRepeatsThenDropsBlanks() {
    let paths = [[1, 1, 0, 1, 2, 2, 0], [0, 0, 0, 18, 18], [3, 3, 3, 3, 3], [4, 0, 4], [0]]
    #expect(decode(logits(paths, classes: 19)) == [[1, 1, 2], [18], [3], [4, 4], []])
  }

  @Test func lowestClassWinsTies() {
    let batch = logits([[3, 5], [2]], classes: 7)
    batch.value.row(0)[5] = 2
    batch.value.row(1)[1] = 2
    batch.value.row(2)[0] = 2
    #expect(decode(batch) == [[3], [1]])
  }

  @Test func negativeInfinityIsNeverChosenAndNaNReadsAsBlank() {
    let batch = logits([[1, 2, 3]], classes: 5)
    for k in 0..<4 { batch.value.row(0)[k] = -.infinity }
    batch.value.row(1)[4] = .nan
    #expect(decode(batch) == [[4, 3]])
  }

  @Test func replacesWhatTheBatchHeld() {
    let batch = LabelBatch([[9, 9, 9], [8]])
    #expect(decode(logits([[2, 0, 1]], classes: 4), into: batch) == [[2, 1]])
  }
}
