import Tensors

/// LAMB (You et al. 2020, algorithm 2, arXiv 1904.00962): Adam's direction plus decay, whose length is made that of the weights
/// of its tensor. A step then changes each tensor by the same share, also with batches of thousands of images. Tensors of one
/// dimension, such as biases, get Adam's step.
///
/// As other implementations do, the lengths are used as they are (no bounds), and a tensor or a direction of length 0 counts as
/// one with the factor 1.
public final class LAMB: Optimizer {
  public let name = "lamb"
  public var step: Int {
    get { moments.step }
    set { moments.step = newValue }
  }
  public var slots: [(name: String, storage: Storage)] { moments.slots }
  private let moments: AdamMoments
  /// The tensors whose steps are scaled.
  private let scaled: [Range<Int>]
  /// The factor of each.
  private var factors: [Float]
  private let directions: Storage

  /// For slabs of `count` floats.
  ///
  /// - Parameter scaled: the floats of each tensor whose step gets the length of its weights; bounds are multiples of 16, and the
  ///   rest of a tensor is 0.
  public init(count: Int, scaled: [Range<Int>], settings: OptimizerSettings = OptimizerSettings()) {
    moments = AdamMoments(count: count, settings: settings)
    directions = Storage(count: count)
    self.scaled = scaled.sorted { $0.lowerBound < $1.lowerBound }
    factors = [Float](repeating: 1, count: scaled.count)
  }

  public func update(
    values: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, ranges: [Range<Int>], learningRate: Float,
    gradientScale: Float
  ) {
    moments.average(
      values: values, gradients: gradients, ranges: ranges, gradientScale: gradientScale, directions: directions.base)
    // Before any weight moves.
    for (i, tensor) in scaled.enumerated() { factors[i] = factor(of: tensor, ranges, values) }
    func move(_ range: Range<Int>, _ factor: Float) {
      let stepSize = Vector(repeating: -learningRate * factor)
      let directions = directions.base
      forEachVector([range]) { i in
        Vector(values + i).multiplyAdd(stepSize, Vector(directions + i)).store(values + i)
      }
    }
    for range in ranges {
      var place = range.lowerBound
      for (i, tensor) in scaled.enumerated() where tensor.overlaps(range) {
        let part = tensor.clamped(to: range)
        if place < part.lowerBound { move(place..<part.lowerBound, 1) }
        move(part, factors[i])
        place = part.upperBound
      }
      if place < range.upperBound { move(place..<range.upperBound, 1) }
    }
  }

  /// The length of a tensor's trained weights, divided by that of their direction. Weights that are not trained have none.
  private func factor(of tensor: Range<Int>, _ ranges: [Range<Int>], _ values: UnsafeMutablePointer<Float>) -> Float {
    var (weights, direction) = (0.0, 0.0)
    for range in ranges where range.overlaps(tensor) {
      let part = range.clamped(to: tensor)
      weights += square(GradientClipping.norm(values + part.lowerBound, count: part.count))
      direction += square(GradientClipping.norm(directions.base + part.lowerBound, count: part.count))
    }
    return weights > 0 && direction > 0 ? Float((weights / direction).squareRoot()) : 1
  }

  private func square(_ x: Double) -> Double { x * x }
}
