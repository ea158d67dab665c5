import Datasets
import NeuralNetwork

extension LabelBatch {
  /// Replaces the labels by those of a micro-batch.
  package func fill(from microBatch: MicroBatch) {
    removeAll()
    for i in 0..<microBatch.count { append(microBatch.label(i)) }
  }
}

extension CRNN {
  /// Plans the network and its loss for a micro-batch and writes the images into the input.
  ///
  /// - Parameter targets: the labels of the images.
  package func load(_ microBatch: MicroBatch, targets: LabelBatch, loss: CTCLoss) throws {
    try plan(widths: microBatch.widths)
    plan(loss, targets: targets)
    clearInput()
    for i in 0..<microBatch.count {
      load(image: i, pixels: microBatch.pixels + microBatch.offsets[i], width: microBatch.widths[i])
    }
  }
}
