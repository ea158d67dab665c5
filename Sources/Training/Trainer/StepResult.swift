/// What one step did.
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
  var duration = Duration.zero
  /// Time this rank waited for the loader.
  var loadWait = Duration.zero
  /// Time this rank spent on the allreduce, and waited in it for other ranks.
  var reduceTime = Duration.zero
  var stopRequested = false
  var checkpointRequested = false
  /// The step was not taken, because a loss or gradient was not finite or too large to be summed exactly.
  var skipped = false

  init(images: Int) {
    self.images = images
  }
}
