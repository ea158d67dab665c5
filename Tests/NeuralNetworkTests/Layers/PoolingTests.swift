import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// Layers that end in a pool, against the same layer and a ``MaxPool`` behind it.
@Suite struct PoolingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var pool: MaxPool.Shape
    var inputs, outputs, height: Int
    var kernel = [3, 3]
    var relu = true
    var widths: [Int]
    var testDescription: String { "\(inputs) -> \(outputs), height \(height), \(kernel), \(pool), \(widths)" }
  }

  private static let squares = MaxPool.Shape(kernel: (2, 2), stride: (2, 2))
  private static let lines = MaxPool.Shape(kernel: (2, 1), stride: (2, 1))
  private static let neighbors = MaxPool.Shape(kernel: (2, 2), stride: (2, 1), padding: (0, 1))

  /// Odd heights and widths, narrow images, several tiles and blocks, channels in fours and singly.
  @Test(arguments: [
    Case(pool: squares, inputs: 1, outputs: 6, height: 7, widths: [61, 35, 34, 3, 2]),
    Case(pool: squares, inputs: 1, outputs: 5, height: 4, kernel: [2, 3], widths: [1029, 1011]),
    Case(pool: squares, inputs: 3, outputs: 4, height: 5, kernel: [2, 3], relu: false, widths: [47, 33, 32, 31, 2]),
    Case(pool: squares, inputs: 61, outputs: 5, height: 4, widths: [301, 257, 256, 255, 31]),
    Case(pool: squares, inputs: 2, outputs: 3, height: 3, kernel: [2, 2], widths: [40, 9]),
    Case(pool: lines, inputs: 1, outputs: 4, height: 5, widths: [513, 99, 7, 1]),
    Case(pool: lines, inputs: 70, outputs: 3, height: 6, widths: [231, 130, 129]),
  ])
  func convolution(_ test: Case) throws {
    func build(_ pool: MaxPool.Shape?, _ parameters: Parameters) -> Convolution {
      Convolution(
        name: "conv", in: test.inputs, out: test.outputs, kernel: (test.kernel[0], test.kernel[1]),
        padding: (1, (test.kernel[1] - 1) / 2),
        bias: true, relu: test.relu, pool: pool, parameters: parameters)
    }
    compare(test, together: { build(test.pool, $0) }, apart: { build(nil, $0) })
  }

  @Test(arguments: [
    Case(pool: squares, inputs: 3, outputs: 3, height: 7, widths: [61, 35, 34, 3, 2]),
    Case(pool: squares, inputs: 2, outputs: 2, height: 4, relu: false, widths: [33, 32]),
    Case(pool: lines, inputs: 3, outputs: 3, height: 5, widths: [47, 16, 1]),
    Case(pool: neighbors, inputs: 3, outputs: 3, height: 6, widths: [61, 18, 17, 16, 15, 2, 1]),
    Case(pool: neighbors, inputs: 2, outputs: 2, height: 5, relu: false, widths: [33]),
  ])
  func normalization(_ test: Case) throws {
    func build(_ pool: MaxPool.Shape?, _ parameters: Parameters) -> BatchNormalization {
      BatchNormalization(name: "norm", channels: test.inputs, relu: test.relu, pool: pool, parameters: parameters)
    }
    compare(test, together: { build(test.pool, $0) }, apart: { build(nil, $0) })
    // A maximum says nothing of the value that a weight of zero made it of.
    // One weight is as small as may be said to be large.
    compare(test, firstWeights: [0.001, 0.0205], together: { build(test.pool, $0) }, apart: { build(nil, $0) })
    compare(test, firstWeights: [0], together: { build(test.pool, $0) }, apart: { build(nil, $0) })
  }

  private func compare(
    _ test: Case, firstWeights: [Float] = [], together: (Parameters) -> any ImageLayer,
    apart: (Parameters) -> any ImageLayer
  ) {
    let (parameters, otherStore) = (Parameters(), Parameters())
    let (layer, first, second) = (together(parameters), apart(otherStore), MaxPool(test.pool, gap: 2))
    for parameters in [parameters, otherStore] {
      parameters.commit()
      var random = KeyedRandom(seed: 3, purpose: .test)
      for i in 0..<parameters.count { parameters.values.base[i] = random.uniform(-0.5, 0.5) }
      for (i, weight) in firstWeights.enumerated() { parameters.values.base[i] = weight }
    }
    let fixture = FeatureMapsFixture(layer, channels: test.inputs, height: test.height, widths: test.widths)
    let chain = FeatureMapsFixture(
      Chain(first, second), channels: test.inputs, height: test.height, widths: test.widths)
    #expect(fixture.output.layout.widths == chain.output.layout.widths)
    #expect(fixture.output.height == chain.output.height)
    #expect(test.widths.map(layer.outputWidth) == fixture.output.layout.widths)
    #expect(layer.outputHeight(test.height) == fixture.output.height)
    let images = FeatureMapsFixture.randomImages(rows: fixture.input.value.rows, fixture.input.layout, sample: 1)
    let gradients = FeatureMapsFixture.randomImages(rows: fixture.output.value.rows, fixture.output.layout, sample: 2)
    for fixture in [fixture, chain] {
      FeatureMapsFixture.write(images, to: fixture.input.value, fixture.input.layout)
      fixture.run(outputGradients: gradients)
    }
    expectClose(fixture.outputImages, chain.outputImages, "output")
    expectClose(
      FeatureMapsFixture.images(fixture.input.gradient!, fixture.input.layout).flatMap(\.self),
      FeatureMapsFixture.images(chain.input.gradient!, chain.input.layout).flatMap(\.self), "input gradient")
    for (parameter, other) in zip(parameters.tensors, otherStore.tensors) {
      expectClose(parameter.gradient.elements, other.gradient.elements, parameter.name)
    }
    for (buffer, other) in zip(parameters.buffers, otherStore.buffers) {
      #expect(buffer.statistic.elements == other.statistic.elements)
    }
    expectZeroGaps(fixture.output.value, fixture.output.layout, "output")
    expectZeroGaps(fixture.input.gradient!, fixture.input.layout, "input gradient")
  }
}

/// Two layers as one.
final class Chain: ImageLayer {
  private let first, second: any ImageLayer

  init(_ first: any ImageLayer, _ second: any ImageLayer) {
    (self.first, self.second) = (first, second)
  }

  func outputWidth(_ width: Int) -> Int { second.outputWidth(first.outputWidth(width)) }
  func outputHeight(_ height: Int) -> Int { second.outputHeight(first.outputHeight(height)) }
  func plan(_ input: FeatureMaps, in workspace: Workspace) -> FeatureMaps {
    second.plan(first.plan(input, in: workspace), in: workspace)
  }
  func forward(_ mode: Mode) {
    first.forward(mode)
    second.forward(mode)
  }
  func backward() {
    second.backward()
    first.backward()
  }
}
