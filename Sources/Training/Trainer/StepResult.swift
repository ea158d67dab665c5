import NeuralNetwork

/// The result of one step.
struct StepResult {
  /// Images in the step, over all ranks.
  let images: Int
  /// Images that this rank computed.
  var imagesHere = 0
  /// Mean loss per image.
  var loss = 0.0
  var learningRate: Float = 0
  /// Global norm of the gradient before clipping.
  var gradientNorm = 0.0
  /// The parts of the gradient noise scale; nil if the step has one micro-batch, or was skipped.
  var gradientNoise: GradientNoise?
  var duration = Duration.zero
  /// Time this rank waited for the loader.
  var loadWait = Duration.zero
  /// Time this rank spent in the allreduce, including waits for other ranks.
  var reduceTime = Duration.zero
  var stopRequested = false
  var checkpointRequested = false
  /// True if the step was skipped, because a loss or gradient was not finite or too large to be summed exactly.
  var skipped = false

  init(images: Int) {
    self.images = images
  }
}
