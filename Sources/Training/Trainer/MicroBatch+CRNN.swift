import Datasets
import NeuralNetwork
import Tensors

extension CRNN {
  /// Plans the network and its loss for a micro-batch and writes the images into the input.
  func load(_ microBatch: MicroBatch, targets: LabelBatch, loss: CTCLoss, dropping: LabelDropout? = nil) throws {
    targets.removeAll()
    for i in 0..<microBatch.count {
      let label = microBatch.label(i)
      if let dropping {
        dropping.append(label, sample: microBatch.samples[i], to: targets)
      } else {
        targets.append(label)
      }
    }
    try plan(widths: microBatch.widths)
    loss.plan(logits, targets: targets, in: workspace)
    workspace.commit()
    clearInput()
    for i in 0..<microBatch.count {
      load(image: i, pixels: microBatch.pixels + microBatch.offsets[i], width: microBatch.widths[i])
    }
  }
}

/// Letters left out of training labels at random, so that a network trusts the image more than the words it has seen. The
/// letters are a function of (seed, step, sample).
struct LabelDropout {
  let share: Float
  let seed: UInt64
  let step: Int

  func append(_ label: ArraySlice<Int32>, sample: Int32, to targets: LabelBatch) {
    var random = KeyedRandom(
      seed: seed, purpose: .labels, time: UInt32(truncatingIfNeeded: step), sample: UInt32(bitPattern: sample))
    for letter in label where !random.chance(share) { targets.extend(letter) }
    targets.endLabel()
  }
}
