/// The gradient noise scale: the batch size at which the noise of a gradient is as large as the gradient. Larger batches pay
/// hardly in steps, smaller ones hardly in images (McCandlish et al. 2018, arXiv 1812.06162, equation 2.8 and appendix A.1).
///
/// It is trace(covariance of an image's gradient) / |mean gradient|^2. Both are estimated without bias from a step of M
/// micro-batches: of n_i images with gradient g_i, together B images with gradient g,
///
///     sum_i n_i |g_i|^2 = B |G|^2 + M trace,    B |g|^2 = B |G|^2 + trace    in the mean.
///
/// Single steps are noisy, so sums over some steps are divided by each other.
package struct GradientNoise: Sendable, Equatable {
  /// Sum of the estimates of trace(covariance).
  package private(set) var trace = 0.0
  /// Sum of the estimates of |mean gradient|^2.
  package private(set) var square = 0.0

  package init() {}

  /// - Parameters:
  ///   - sumOfSquares: the sum over the micro-batches of |their part of g|^2 B / n_i; their part of g is g_i n_i / B.
  ///   - squaredNorm: |g|^2.
  /// - Returns: nil for fewer than two micro-batches.
  package init?(sumOfSquares: Double, squaredNorm: Double, microBatches: Int, images: Int) {
    guard microBatches > 1 else { return nil }
    let traceOfMean = (sumOfSquares - squaredNorm) / Double(microBatches - 1)
    trace = traceOfMean * Double(images)
    square = squaredNorm - traceOfMean
  }

  package static func += (sum: inout GradientNoise, step: GradientNoise) {
    sum.trace += step.trace
    sum.square += step.square
  }

  /// The noise scale in images; nil if the noise hides the gradient, or without steps.
  package var scale: Double? { trace > 0 && square > 0 ? trace / square : nil }
}
