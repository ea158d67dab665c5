import NeuralNetwork
import TestSupport
import Testing

@Suite struct StridedConvolutionTests {
  private func build(_ golden: LayerCase) -> (StridedConvolution, Parameters) {
    let parameters = Parameters()
    func pair(_ sizes: [Int]?) -> (Int, Int) { (sizes![0], sizes![1]) }
    let layer = StridedConvolution(
      name: "cnn.0", in: golden.channels, out: golden.outChannels!,
      .init(kernel: pair(golden.kernel), stride: pair(golden.stride), dilation: pair(golden.dilation)),
      bias: golden.hasBias!, relu: golden.relu!, parameters: parameters)
    parameters.commit()
    for (parameter, values) in zip(parameters.tensors, [golden.weight, golden.bias]) {
      parameter.value.pointer.update(from: values!, count: values!.count)
    }
    return (layer, parameters)
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("strided_convolution") {
      let (layer, parameters) = build(golden)
      expectGolden(FeatureMapsFixture(layer, golden, gap: 1), golden)
      for (parameter, gradient) in zip(parameters.tensors, [golden.weightGradient, golden.biasGradient]) {
        expectClose(parameter.gradient.elements, gradient!, "\(golden.name): \(parameter.name)")
      }
    }
  }

  @Test func sizes() {
    let parameters = Parameters()
    let layer = StridedConvolution(
      name: "c", in: 1, out: 1, .init(kernel: (3, 13), stride: (2, 3), dilation: (1, 2)), bias: false, relu: false,
      parameters: parameters)
    // floor((w + 2 * 12 - 2 * 12 - 1) / 3) + 1
    #expect([1, 3, 4, 100].map(layer.outputWidth) == [1, 1, 2, 34])
    #expect([1, 2, 3, 120].map(layer.outputHeight) == [1, 1, 2, 60])
  }
}
