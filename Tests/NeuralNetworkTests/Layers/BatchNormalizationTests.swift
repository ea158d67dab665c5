import NeuralNetwork
import Tensors
import TestSupport
import Testing

@Suite struct BatchNormalizationTests {
  private func build(_ golden: LayerCase) -> (BatchNormalization, Parameters) {
    let parameters = Parameters()
    let layer = BatchNormalization(name: "norm", channels: golden.channels, relu: golden.relu!, parameters: parameters)
    parameters.commit()
    let count = golden.channels
    layer.weight.value.pointer.update(from: golden.weight!, count: count)
    layer.bias.value.pointer.update(from: golden.bias!, count: count)
    layer.runningMean.value.pointer.update(from: golden.runningMean!, count: count)
    layer.runningVariance.value.pointer.update(from: golden.runningVariance!, count: count)
    return (layer, parameters)
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("batch_normalization") {
      let (layer, _) = build(golden)
      layer.runningMean.statistic.fill(-9)
      layer.runningVariance.statistic.fill(-9)
      expectGolden(FeatureMapsFixture(layer, golden), golden, golden.training! ? .training : .evaluation)
      expectClose(layer.weight.gradient.elements, golden.weightGradient!, "\(golden.name): weight gradient")
      expectClose(layer.bias.gradient.elements, golden.biasGradient!, "\(golden.name): bias gradient")
      #expect(layer.runningMean.value.elements == golden.runningMean!, "left to the trainer")
      #expect(layer.runningVariance.value.elements == golden.runningVariance!, "left to the trainer")
      if golden.training! {
        expectClose(layer.runningMean.statistic.elements, golden.mean!, "\(golden.name): mean")
        expectClose(layer.runningVariance.statistic.elements, golden.unbiasedVariance!, "\(golden.name): variance")
      } else {
        #expect(layer.runningMean.statistic.elements.allSatisfy { $0 == -9 }, "evaluation measures nothing")
      }
    }
  }

  @Test func finiteDifferences() throws {
    for golden in try LayerCase.load("batch_normalization") {
      let mode: Mode = golden.training! ? .training : .evaluation
      var linear = golden
      linear.relu = false
      let before = FeatureMapsFixture(build(linear).0, golden)
      before.layer.forward(mode)
      let weights = golden.outputGradients.flatMap(\.self)
      let (layer, parameters) = build(golden)
      FeatureMapsFixture(layer, golden).checkGradients(
        mode, weights: golden.relu! ? withoutKinks(weights, before: before.outputImages, margin: 0.1) : weights,
        parameters: parameters.tensors, golden.name)
    }
  }

  @Test func namesAndInitialValues() {
    let parameters = Parameters()
    _ = BatchNormalization(name: "cnn.1", channels: 3, relu: true, parameters: parameters)
    parameters.commit()
    #expect(parameters.tensors.map(\.name) == ["cnn.1.weight", "cnn.1.bias"])
    #expect(parameters.tensors.map(\.shape) == [[3], [3]])
    #expect(parameters.buffers.map(\.name) == ["cnn.1.running_mean", "cnn.1.running_var"])
    #expect(parameters.buffers.map { $0.value.elements } == [[0, 0, 0], [1, 1, 1]])
  }

  /// A mean a thousand times the deviation costs no accuracy, and one pixel has variance 0.
  @Test func offsetsAndSinglePixels() {
    let parameters = Parameters()
    let layer = BatchNormalization(name: "norm", channels: 1, relu: false, parameters: parameters)
    parameters.commit()
    parameters.values.fill(1)
    let fixture = FeatureMapsFixture(layer, channels: 1, height: 3, widths: [411, 300])
    let images = FeatureMapsFixture.randomImages(rows: 3, fixture.input.layout, sample: 3)
    let raised = images.map { $0.map { 1024 + $0 } }
    FeatureMapsFixture.write(raised, to: fixture.input.value, fixture.input.layout)
    layer.forward(.training)
    let values = raised.flatMap(\.self).map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    expectClose(layer.runningMean.statistic.elements, [Float(mean)], relativeToMaximum: 1e-6)
    expectClose(layer.runningVariance.statistic.elements, [Float(squares / Double(values.count - 1))])
    let deviation = (squares / Double(values.count) + 1e-5).squareRoot()
    expectClose(
      fixture.outputImages,
      values.map { Float(($0 - mean) / deviation + 1) })

    let single = FeatureMapsFixture(layer, channels: 1, height: 1, widths: [1])
    FeatureMapsFixture.write([[5]], to: single.input.value, single.input.layout)
    single.run(outputGradients: [[2]])
    #expect(layer.runningMean.statistic.elements == [5])
    #expect(layer.runningVariance.statistic.elements == [0])
    #expect(FeatureMapsFixture.images(single.output.value, single.output.layout) == [[1]])
    #expect(FeatureMapsFixture.images(single.input.gradient!, single.input.layout) == [[0]])
  }

  /// As PyTorch's, and with these bits: runs that go on from a checkpoint rely on them.
  @Test func runningStatisticsMoveByTheMomentum() {
    let parameters = Parameters()
    let first = BatchNormalization(name: "a", channels: 3, relu: false, parameters: parameters)
    let second = BatchNormalization(name: "b", channels: 17, relu: false, parameters: parameters)
    parameters.commit()
    #expect(1 - BatchNormalization.momentum == Float(0.9), "rounding takes nothing from the other factor")
    var random = KeyedRandom(seed: 12, purpose: .test)
    for i in 0..<parameters.bufferCount { parameters.bufferValues.base[i] = random.normal() * 100 }
    let before = (0..<parameters.bufferCount).map { parameters.bufferValues.base[$0] }
    let statistics = before.map { _ in random.normal() * 3 }
    let ranges = [first.runningMean, second.runningVariance].map { $0.value.offset..<$0.value.offset + $0.value.count }
    #expect(ranges.map(\.count) == [3, 17])
    parameters.updateRunningStatistics(in: ranges) { statistics[$0] }
    for i in 0..<parameters.bufferCount {
      let isIn = ranges.contains { $0.contains(i) }
      let expected = isIn ? 0.9 * before[i] + 0.1 * statistics[i] : before[i]
      #expect(parameters.bufferValues.base[i].bitPattern == expected.bitPattern, "place \(i)")
      #expect(!isIn || expected != before[i])
    }
  }
}
