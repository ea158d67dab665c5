import NeuralNetwork
import Tensors
import Testing

@Suite struct GradientNoiseTests {
  /// Images whose gradients have a known mean and covariance.
  @Test func theEstimateHasNoBias() throws {
    let (dimensions, deviation, mean) = (40, 2.0, 0.5)
    var random = KeyedRandom(seed: 4, purpose: .test)
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double(random.uniform(0, 1)) } }
    var noise = GradientNoise()
    for _ in 0..<400 {
      let sizes = [4, 4, 4, 4, 3]
      let images = sizes.reduce(0, +)
      var (whole, squares) = ([Double](repeating: 0, count: dimensions), 0.0)
      for size in sizes {
        var part = [Double](repeating: 0, count: dimensions)
        for _ in 0..<size { for i in 0..<dimensions { part[i] += (mean + deviation * normal()) / Double(images) } }
        squares += part.reduce(0) { $0 + $1 * $1 } * Double(images) / Double(size)
        for i in 0..<dimensions { whole[i] += part[i] }
      }
      noise += try #require(
        GradientNoise(
          sumOfSquares: squares, squaredNorm: whole.reduce(0) { $0 + $1 * $1 }, microBatches: sizes.count,
          images: images))
    }
    let (trace, square) = (deviation * deviation * Double(dimensions), mean * mean * Double(dimensions))
    #expect(abs(noise.trace / 400 - trace) <= 0.05 * trace && abs(noise.square / 400 - square) <= 0.1 * square)
    let scale = try #require(noise.scale)
    #expect(abs(scale - 16) <= 2)
  }

  @Test func withoutAGradientThereIsNoScale() {
    #expect(GradientNoise().scale == nil)
    #expect(GradientNoise(sumOfSquares: 1, squaredNorm: 1, microBatches: 1, images: 8) == nil)
    #expect(GradientNoise(sumOfSquares: 8, squaredNorm: 0.5, microBatches: 2, images: 8)?.scale == nil)
  }
}
