import NeuralNetwork
import TestSupport
import Testing

@Suite struct ResidualBlockTests {
  private func build(_ golden: LayerCase) -> (ResidualBlock, Parameters) {
    let parameters = Parameters()
    let layer = ResidualBlock(
      name: "cnn.3", channels: golden.channels, kernel: (golden.kernel![0], golden.kernel![1]), gap: 2,
      parameters: parameters)
    parameters.commit()
    for (parameter, values) in zip(parameters.tensors, [golden.weight!, golden.bias!, golden.filters!]) {
      parameter.value.pointer.update(from: values, count: values.count)
    }
    for (buffer, values) in zip(parameters.buffers, [golden.runningMean!, golden.runningVariance!]) {
      buffer.value.pointer.update(from: values, count: values.count)
    }
    return (layer, parameters)
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("residual") {
      let (layer, parameters) = build(golden)
      expectGolden(FeatureMapsFixture(layer, golden), golden, golden.training! ? .training : .evaluation)
      let expected = [golden.weightGradient!, golden.biasGradient!, golden.filterGradient!]
      for (parameter, gradient) in zip(parameters.tensors, expected) {
        expectClose(parameter.gradient.elements, gradient, "\(golden.name): \(parameter.name)")
      }
    }
  }

  @Test func namesAndShapes() {
    let parameters = Parameters()
    _ = ResidualBlock(name: "cnn.3", channels: 4, kernel: (3, 5), parameters: parameters)
    #expect(parameters.tensors.map(\.name) == ["cnn.3.0.weight", "cnn.3.0.bias", "cnn.3.2.weight"])
    #expect(parameters.tensors.map(\.shape) == [[4], [4], [4, 4, 3, 5]])
    #expect(parameters.buffers.map(\.name) == ["cnn.3.0.running_mean", "cnn.3.0.running_var"])
  }
}
