import NeuralNetwork
import TestSupport
import Testing

@Suite struct GroupNormalizationTests {
  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("group_normalization") {
      for mode in [Mode.training, .evaluation] {
        let parameters = Parameters()
        let layer = GroupNormalization(
          name: "cnn.2", channels: golden.channels, groups: golden.groups!, parameters: parameters)
        parameters.commit()
        #expect(parameters.tensors.map(\.name) == ["cnn.2.weight", "cnn.2.bias"])
        for (parameter, values) in zip(parameters.tensors, [golden.weight!, golden.bias!]) {
          parameter.value.pointer.update(from: values, count: values.count)
        }
        expectGolden(FeatureMapsFixture(layer, golden), golden, mode)
        for (parameter, gradient) in zip(parameters.tensors, [golden.weightGradient!, golden.biasGradient!]) {
          expectClose(parameter.gradient.elements, gradient, "\(golden.name): \(parameter.name)")
        }
      }
    }
  }
}
