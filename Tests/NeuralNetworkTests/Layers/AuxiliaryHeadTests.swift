import NeuralNetwork
import TestSupport
import Testing

@Suite struct AuxiliaryHeadTests {
  private func build(_ golden: LayerCase) -> (AuxiliaryHead, Parameters) {
    let parameters = Parameters()
    let head = AuxiliaryHead(
      name: "cnn.0", weight: golden.share!, channels: golden.channels, height: golden.height, classes: golden.classes!,
      parameters: parameters)
    parameters.commit()
    for (parameter, values) in zip(parameters.tensors, [golden.weight!, golden.bias!]) {
      parameter.value.pointer.update(from: values, count: values.count)
    }
    return (head, parameters)
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("auxiliary_head") {
      let (head, parameters) = build(golden)
      let fixture = FeatureMapsFixture(head, golden)
      FeatureMapsFixture.write(golden.images, to: fixture.input.value, fixture.input.layout)
      head.plan(targets: LabelBatch(golden.labels!))
      head.scale(by: Float(golden.scale!))
      expectGolden(fixture, golden, .training)
      for (parameter, gradient) in zip(parameters.tensors, [golden.weightGradient!, golden.biasGradient!]) {
        expectClose(parameter.gradient.elements, gradient, "\(golden.name): \(parameter.name)")
      }
    }
  }

  /// Without a loss, as in evaluation, maps and gradients pass unchanged.
  @Test func addsNothingWithoutALoss() throws {
    for golden in try LayerCase.load("auxiliary_head") {
      let (head, parameters) = build(golden)
      let fixture = FeatureMapsFixture(head, golden)
      fixture.layer.forward(.evaluation)
      fixture.run(outputGradients: golden.outputGradients)
      #expect(fixture.outputImages == golden.images.flatMap(\.self))
      let gradients = FeatureMapsFixture.images(fixture.input.gradient!, fixture.input.layout)
      #expect(gradients == golden.outputGradients)
      #expect(parameters.tensors.allSatisfy { $0.gradient.elements.allSatisfy { $0 == 0 } })
    }
  }
}
