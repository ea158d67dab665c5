import NeuralNetwork
import Tensors
import Testing

@Suite struct MapToSequenceTests {
  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("map_to_sequence") {
      for gap in [1, 3] {
        let workspace = Workspace()
        let layout = ColumnLayout(gap: gap)
        layout.place(golden.widths)
        let rows = golden.channels * golden.height
        let input = FeatureMaps(
          layout: layout, channels: golden.channels, height: golden.height,
          value: workspace.activation(rows: rows, columns: layout.stride),
          gradient: workspace.gradient(rows: rows, columns: layout.stride))
        let layer = MapToSequence()
        let output = layer.plan(input, in: workspace)
        workspace.commit()
        workspace.poison(.nan)
        FeatureMapsFixture.write(golden.images, to: input.value, layout)
        layer.forward(.training)
        #expect(output.layout.lengths == golden.widths)
        #expect(output.features == rows)
        #expect(output.value.elements == golden.outputs[0], "\(golden.name)")
        output.gradient.pointer.update(from: golden.outputGradients[0], count: output.gradient.count)
        layer.backward()
        #expect(FeatureMapsFixture.images(input.gradient!, layout) == golden.inputGradients, "\(golden.name)")
        expectZeroGaps(input.gradient!, layout, golden.name)
      }
    }
  }
}
