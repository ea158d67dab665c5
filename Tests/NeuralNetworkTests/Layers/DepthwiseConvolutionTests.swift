import NeuralNetwork
import TestSupport
import Testing

@Suite struct DepthwiseConvolutionTests {
  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("depthwise") {
      let parameters = Parameters()
      let layer = DepthwiseConvolution(
        name: "cnn.0", channels: golden.channels, kernel: (golden.kernel![0], golden.kernel![1]), parameters: parameters
      )
      parameters.commit()
      let weight = parameters.tensors[0]
      #expect(weight.name == "cnn.0.weight" && weight.shape == [golden.channels, 1] + golden.kernel!)
      weight.value.pointer.update(from: golden.weight!, count: golden.weight!.count)
      expectGolden(FeatureMapsFixture(layer, golden, gap: 3), golden, .training)
      expectClose(weight.gradient.elements, golden.weightGradient!, "\(golden.name): weight")
    }
  }
}
