import Datasets
import NeuralNetwork

extension CRNN {
  /// Plans the network and its loss for a micro-batch and writes the images into the input.
  func load(_ microBatch: MicroBatch, targets: LabelBatch, loss: CTCLoss) throws {
    targets.removeAll()
    for i in 0..<microBatch.count { targets.append(microBatch.label(i)) }
    try plan(widths: microBatch.widths)
    loss.plan(logits, targets: targets, in: workspace)
    workspace.commit()
    clearInput()
    for i in 0..<microBatch.count {
      load(image: i, pixels: microBatch.pixels + microBatch.offsets[i], width: microBatch.widths[i])
    }
  }
}
