import Messages

extension StepBenchmark {
  /// The measurements; the keys of `akuru bench step --json`.
  package struct Result: Codable, Sendable {
    /// A part of the step. Parts that are not layers have only a forward time.
    package struct Layer: Codable, Sendable {
      package let name: String
      package let forwardMilliseconds: Double
      package let backwardMilliseconds: Double
      /// Billions of floating-point operations per second, forward and backward; 0 for layers without multiplications.
      package let gflops: Double
    }
    package let model: String
    package let ranks: Int
    package let batchSize: Int
    package let microBatch: Int
    package let height: Int
    package let width: Int
    /// Images of a step over the median time of a step, all ranks together.
    package let imagesPerSecond: Double
    /// Median time of a step.
    package let stepMilliseconds: Double
    /// The fastest step.
    package let minimumStepMilliseconds: Double
    /// Time from the end of the last backward pass to the end of the sums, on the rank that waits least for others: the
    /// part of the sums that is not overlapped. Median.
    package let exposedSumMilliseconds: Double
    /// The rate of one rank.
    package let gflops: Double
    /// Largest sgemm rate measured on this rank.
    package let peakGflops: Double
    /// gflops / peakGflops.
    package let peakShare: Double
    /// The parts of a step on rank 0, medians over the steps: the layers, each with all micro-batches of the rank;
    /// `loss` (log-softmax and CTC); `accumulate` (rounding and adding of gradients); `reduce` (the sum over
    /// the ranks, including the wait for the slowest); `update` (gradient norm and optimizer). They add up to the step.
    package let layers: [Layer]
    /// Peak resident memory of a rank.
    package let peakMegabytes: Double
  }
}

extension StepBenchmark.Result {
  /// The results as a table for people.
  package var lines: [String] {
    let step = stepMilliseconds
    var table = TextTable("ms of a step", "forward", "backward", "share", "GFLOP/s")
    for layer in layers {
      let (forward, backward) = (layer.forwardMilliseconds, layer.backwardMilliseconds)
      table.append(
        layer.name, forward.formatted(decimals: 3), backward > 0 ? backward.formatted(decimals: 3) : "",
        percent((forward + backward) / step), layer.gflops > 0 ? layer.gflops.formatted(decimals: 1) : "")
    }
    return [
      "\(model), \(counted(ranks, "rank")), batch \(batchSize) in micro-batches of \(microBatch), images \(height) x \(width)",
      "\(imagesPerSecond.formatted(decimals: 1)) images/s, \(step.formatted(decimals: 2)) ms a step (at best "
        + "\(minimumStepMilliseconds.formatted(decimals: 2))), \(peakMegabytes.formatted(decimals: 0)) MB a rank",
      "\(gflops.formatted(decimals: 1)) GFLOP/s a rank, \(percent(peakShare)) of sgemm's "
        + peakGflops.formatted(decimals: 1)
        + (ranks > 1 ? "; \(exposedSumMilliseconds.formatted(decimals: 2)) ms for sums after the backward pass" : ""),
    ] + table.lines
  }
}
