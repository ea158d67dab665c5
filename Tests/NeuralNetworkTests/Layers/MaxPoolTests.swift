import NeuralNetwork
import Tensors
import Testing

@Suite struct MaxPoolTests {
  private func build(_ golden: LayerCase) -> MaxPool {
    MaxPool(
      .init(
        kernel: (golden.kernel![0], golden.kernel![1]), stride: (golden.stride![0], golden.stride![1]),
        padding: (golden.padding![0], golden.padding![1])))
  }

  /// The golden values hold many equal maxima, so the order among them is tested, too.
  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("max_pool") {
      let fixture = FeatureMapsFixture(build(golden), golden)
      expectGolden(fixture, golden)
      #expect(fixture.output.layout.widths == golden.widths.map(fixture.layer.outputWidth))
      #expect((fixture.output.layout === fixture.input.layout) == (golden.kernel == [2, 1]))
    }
  }

  @Test func finiteDifferences() throws {
    for golden in try LayerCase.load("max_pool") {
      let layer = build(golden)
      let fixture = FeatureMapsFixture(layer, channels: golden.channels, height: golden.height, widths: golden.widths)
      // Values 0.01 apart, so that a step of 0.004 changes no maximum.
      var levels = (0..<golden.images.reduce(0) { $0 + $1.count }).map { Float($0) * 0.01 }
      var random = KeyedRandom(seed: 1, purpose: .test)
      random.shuffle(&levels)
      let images = golden.images.map { image in
        defer { levels.removeFirst(image.count) }
        return Array(levels.prefix(image.count))
      }
      FeatureMapsFixture.write(images, to: fixture.input.value, fixture.input.layout)
      fixture.checkGradients(
        weights: golden.outputGradients.flatMap(\.self), parameters: [], step: 0.004, golden.name)
    }
  }

  @Test func sizes() {
    let crnn = MaxPool(.init(kernel: (2, 2), stride: (2, 1), padding: (0, 1)))
    #expect((crnn.outputWidth(10), crnn.outputHeight(8)) == (11, 4))
    let squares = MaxPool(.init(kernel: (2, 2), stride: (2, 2)))
    #expect([0, 1, 2, 3, 4].map(squares.outputWidth) == [0, 0, 1, 1, 2])
    #expect([0, 1, 2, 61].map(squares.outputHeight) == [0, 0, 1, 30])
    let wide = FeatureMapsFixture(
      MaxPool(.init(kernel: (2, 2), stride: (2, 2)), gap: 3), channels: 1, height: 2, widths: [8, 4])
    #expect(wide.output.layout.starts == [4, 12])
  }

  @Test func negativeInfinityNeverWinsOverAnImage() {
    let fixture = FeatureMapsFixture(
      MaxPool(.init(kernel: (2, 2), stride: (2, 1), padding: (0, 1))), channels: 1, height: 2, widths: [2])
    FeatureMapsFixture.write([[-3, -2, -5, -1]], to: fixture.input.value, fixture.input.layout)
    fixture.layer.forward(.training)
    #expect(FeatureMapsFixture.images(fixture.output.value, fixture.output.layout) == [[-3, -1, -1]])
  }

  /// Wherever in a window NaN stands, and whatever vector or remainder computes it, it comes out.
  @Test(arguments: [
    MaxPool.Shape(kernel: (2, 2), stride: (2, 2)), MaxPool.Shape(kernel: (2, 1), stride: (2, 1)),
    MaxPool.Shape(kernel: (2, 2), stride: (2, 1), padding: (0, 1)), MaxPool.Shape(kernel: (3, 2), stride: (2, 2)),
  ])
  func notANumberIsNeverLost(_ shape: MaxPool.Shape) {
    for width in [6, 70] {
      let fixture = FeatureMapsFixture(MaxPool(shape, gap: 2), channels: 1, height: 4, widths: [width])
      for place in 0..<4 * width {
        var image = (0..<4 * width).map { Float($0 % 7) }
        image[place] = .nan
        FeatureMapsFixture.write([image], to: fixture.input.value, fixture.input.layout)
        fixture.layer.forward(.training)
        let lost = shape.kernel.height == 3 && place >= 3 * width  // below the last window
        #expect(fixture.outputImages.contains(where: \.isNaN) != lost, "\(width) columns, place \(place)")
      }
    }
  }
}
