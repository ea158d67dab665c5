import NeuralNetwork
import TestSupport
import Testing

@Suite struct ActivationTests {
  @Test func agreesWithPyTorch() throws {
    let cases = try LayerCase.load("activation")
    #expect(Set(cases.map(\.name)) == Set(Activation.Function.allCases.map(\.rawValue)))
    for golden in cases {
      let function = try #require(Activation.Function(rawValue: golden.name))
      expectGolden(FeatureMapsFixture(Activation(function), golden), golden)
    }
  }
}
