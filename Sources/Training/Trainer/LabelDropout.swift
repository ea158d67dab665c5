import Datasets
import NeuralNetwork
import Tensors

/// Drops letters of training labels at random, so that a network trusts the image more than memorized words. The
/// dropped letters are a function of (seed, step, sample).
package struct LabelDropout {
  let rate: Float
  let seed: UInt64
  let step: Int

  package func append(_ label: ArraySlice<Int32>, sample: Int32, to targets: LabelBatch) {
    var random = KeyedRandom(
      seed: seed, purpose: .labels, time: UInt32(truncatingIfNeeded: step), sample: UInt32(bitPattern: sample))
    for letter in label where !random.chance(rate) { targets.extend(letter) }
    targets.endLabel()
  }

  /// Replaces the labels in `targets` by those of a micro-batch.
  package func fill(_ targets: LabelBatch, from microBatch: MicroBatch) {
    targets.removeAll()
    for i in 0..<microBatch.count { append(microBatch.label(i), sample: microBatch.samples[i], to: targets) }
  }
}
