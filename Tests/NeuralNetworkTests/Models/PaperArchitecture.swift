import NeuralNetwork

extension Architecture {
  /// Shi, Bai and Yao 2015 in another size: pools that widen, a convolution that narrows, two LSTMs, normalised
  /// convolutions with a bias. It uses what the two built-in models do not.
  static func paper(channels: [Int], hidden: Int, height: Int = 32) -> Architecture {
    var next = channels.makeIterator()
    func convolution(_ i: Int, kernel: Int = 3, padding: Int = 1, relu: Bool = true) -> Stage {
      .convolution(
        name: "cnn.\(i)", out: next.next() ?? 0, kernel: Extent(kernel, kernel), padding: Extent(padding, padding),
        bias: true, relu: relu)
    }
    func normalisation(_ i: Int) -> Stage { .batchNormalization(name: "cnn.\(i)", relu: true) }
    let pool = Stage.maxPool(kernel: Extent(2, 2), stride: Extent(2, 2), padding: Extent(0, 0))
    let tall = Stage.maxPool(kernel: Extent(2, 2), stride: Extent(2, 1), padding: Extent(0, 1))
    return Architecture(
      name: "paper", inputHeight: height,
      stages: [
        convolution(0), pool, convolution(3), pool, convolution(6), convolution(8), tall,
        convolution(11, relu: false), normalisation(12), convolution(14, relu: false), normalisation(15), tall,
        convolution(18, kernel: 2, padding: 0), .lstm(name: "rnn", layer: 0, hidden: hidden),
        .lstm(name: "rnn", layer: 1, hidden: hidden), .linear(name: "fc"),
      ])
  }
}
