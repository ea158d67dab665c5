import NeuralNetwork
import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionTests {
  private func build(_ golden: LayerCase) -> (Convolution, Parameters) {
    let parameters = Parameters()
    let layer = Convolution(
      name: "conv", in: golden.channels, out: golden.outChannels!, kernel: (golden.kernel![0], golden.kernel![1]),
      padding: (golden.padding![0], golden.padding![1]), bias: golden.hasBias!, relu: golden.relu!,
      parameters: parameters)
    parameters.commit()
    layer.weight.value.pointer.update(from: golden.weight!, count: golden.weight!.count)
    layer.bias?.value.pointer.update(from: golden.bias!, count: golden.bias!.count)
    return (layer, parameters)
  }

  @Test func agreesWithPyTorch() throws {
    for golden in try LayerCase.load("convolution") {
      let (layer, parameters) = build(golden)
      let fixture = FeatureMapsFixture(layer, golden, gap: max(1, golden.kernel![1] / 2))
      expectGolden(fixture, golden)
      expectClose(layer.weight.gradient.elements, golden.weightGradient!, "\(golden.name): weight gradient")
      if let bias = layer.bias {
        expectClose(bias.gradient.elements, golden.biasGradient!, "\(golden.name): bias gradient")
      }
      // Parameter gradients are added: a second pass doubles them.
      fixture.run(outputGradients: golden.outputGradients)
      expectClose(
        layer.weight.gradient.elements, golden.weightGradient!.map { 2 * $0 }, "\(golden.name): twice")
      #expect(parameters.tensors.map(\.name) == (golden.hasBias! ? ["conv.weight", "conv.bias"] : ["conv.weight"]))
    }
  }

  @Test func finiteDifferences() throws {
    for golden in try LayerCase.load("convolution") where golden.widths.reduce(0, +) < 40 {
      var linear = golden
      linear.relu = false
      let before = FeatureMapsFixture(build(linear).0, golden)
      before.layer.forward(.training)
      let weights = golden.outputGradients.flatMap(\.self)
      let (layer, parameters) = build(golden)
      FeatureMapsFixture(layer, golden).checkGradients(
        weights: golden.relu! ? withoutKinks(weights, before: before.outputImages, margin: 0.1) : weights,
        parameters: parameters.tensors, golden.name)
    }
  }

  struct Shape: Sendable, CustomTestStringConvertible {
    var inputs, outputs, height: Int
    var kernel, padding: [Int]
    var widths: [Int]
    var testDescription: String { "\(inputs) -> \(outputs), \(kernel), \(widths)" }
  }

  /// Shapes that need several tiles or blocks, against a convolution in Double written as its definition.
  @Test(arguments: [
    Shape(inputs: 1, outputs: 16, height: 3, kernel: [3, 3], padding: [1, 1], widths: [601, 513, 99, 7]),
    Shape(inputs: 1, outputs: 6, height: 4, kernel: [2, 3], padding: [1, 1], widths: [1029, 1011]),
    Shape(inputs: 1, outputs: 3, height: 2, kernel: [3, 3], padding: [1, 1], widths: [14, 12]),
    Shape(inputs: 2, outputs: 3, height: 1, kernel: [3, 3], padding: [1, 1], widths: [12]),
    Shape(inputs: 61, outputs: 5, height: 3, kernel: [3, 3], padding: [1, 1], widths: [301, 256, 255, 31]),
    Shape(inputs: 3, outputs: 13, height: 5, kernel: [5, 3], padding: [2, 1], widths: [601, 520, 40, 1]),
    Shape(inputs: 7, outputs: 6, height: 2, kernel: [3, 3], padding: [0, 1], widths: [70, 13]),
    Shape(inputs: 3, outputs: 13, height: 5, kernel: [3, 13], padding: [1, 6], widths: [601, 520, 40, 1]),
    Shape(inputs: 17, outputs: 5, height: 3, kernel: [3, 9], padding: [1, 4], widths: [33, 14, 3]),
    Shape(inputs: 2, outputs: 8, height: 1, kernel: [1, 5], padding: [0, 2], widths: [70, 13, 5]),
    Shape(inputs: 5, outputs: 3, height: 2, kernel: [2, 15], padding: [1, 7], widths: [1040, 2]),
    Shape(inputs: 33, outputs: 35, height: 3, kernel: [3, 11], padding: [0, 5], widths: [1100]),
    Shape(inputs: 2, outputs: 8, height: 4, kernel: [1, 3], padding: [0, 1], widths: [33, 14]),
    Shape(inputs: 130, outputs: 3, height: 2, kernel: [2, 2], padding: [0, 0], widths: [533, 257]),
    Shape(inputs: 90, outputs: 4, height: 2, kernel: [2, 3], padding: [1, 1], widths: [271, 255, 5, 2, 1]),
  ])
  func agreesWithItsDefinition(_ shape: Shape) throws {
    let parameters = Parameters()
    let layer = Convolution(
      name: "conv", in: shape.inputs, out: shape.outputs, kernel: (shape.kernel[0], shape.kernel[1]),
      padding: (shape.padding[0], shape.padding[1]), bias: true, relu: true, parameters: parameters)
    parameters.commit()
    var random = KeyedRandom(seed: 3, purpose: .test)
    for i in 0..<parameters.count { parameters.values.base[i] = random.uniform(-0.3, 0.3) }
    let fixture = FeatureMapsFixture(
      layer, channels: shape.inputs, height: shape.height, widths: shape.widths, gap: max(2, shape.padding[1]))
    let images = FeatureMapsFixture.randomImages(rows: fixture.input.value.rows, fixture.input.layout, sample: 1)
    let gradients = FeatureMapsFixture.randomImages(rows: fixture.output.value.rows, fixture.output.layout, sample: 2)
    FeatureMapsFixture.write(images, to: fixture.input.value, fixture.input.layout)
    fixture.run(outputGradients: gradients)

    let expected = Definition(layer, shape: shape, images: images, gradients: gradients)
    let (input, output) = (fixture.input, fixture.output)
    expectClose(fixture.outputImages, expected.outputs, "output")
    expectClose(
      FeatureMapsFixture.images(input.gradient!, input.layout).flatMap(\.self), expected.inputGradients,
      "input gradient")
    expectClose(layer.weight.gradient.elements, expected.weightGradient, "weight gradient")
    expectClose(layer.bias!.gradient.elements, expected.biasGradient, "bias gradient")
    expectZeroGaps(output.value, output.layout, "output")
    expectZeroGaps(input.gradient!, input.layout, "input gradient")
  }

  /// What memory held before changes no bit, and neither does running again.
  @Test func bitsDoNotDependOnMemory() throws {
    for golden in try LayerCase.load("convolution") {
      var results: [[Float]] = []
      for poison in [Float.nan, 1e30, 0] {
        let (layer, parameters) = build(golden)
        let fixture = FeatureMapsFixture(
          layer, channels: golden.channels, height: golden.height, widths: golden.widths, poison: poison)
        FeatureMapsFixture.write(golden.images, to: fixture.input.value, fixture.input.layout)
        fixture.run(outputGradients: golden.outputGradients)
        let gradients = Matrix(storage: parameters.gradients, rows: 1, columns: parameters.count).elements
        results.append(fixture.output.value.elements + fixture.input.gradient!.elements + gradients)
      }
      #expect(results[0].map(\.bitPattern) == results[1].map(\.bitPattern), "\(golden.name)")
      #expect(results[0].map(\.bitPattern) == results[2].map(\.bitPattern), "\(golden.name)")
    }
  }

  @Test(arguments: [1, 3]) func withoutInputGradient(inputs: Int) {
    let parameters = Parameters()
    let layer = Convolution(
      name: "conv", in: inputs, out: 2, kernel: (3, 3), padding: (1, 1), bias: false, relu: false,
      parameters: parameters,
      inputNeedsGradient: false)
    parameters.commit()
    parameters.values.fill(0.5)
    let fixture = FeatureMapsFixture(layer, channels: inputs, height: 3, widths: [7, 5], poison: 4)
    FeatureMapsFixture.write(
      FeatureMapsFixture.randomImages(rows: 3 * inputs, fixture.input.layout, sample: 0), to: fixture.input.value,
      fixture.input.layout)
    fixture.run(outputGradients: FeatureMapsFixture.randomImages(rows: 6, fixture.output.layout, sample: 1))
    #expect(fixture.input.gradient!.elements.allSatisfy { $0 == 4 }, "left alone")
    #expect(layer.weight.gradient.elements.allSatisfy { $0.isFinite && $0 != 0 })
    #expect(fixture.output.layout === fixture.input.layout)
  }

  /// One layer, planned for ever other micro-batches, computes what a new one does.
  @Test func planningAgain() throws {
    let cases = try LayerCase.load("convolution").filter { $0.channels == 6 || $0.outChannels == 5 }
    #expect(cases.count == 2)
    for golden in cases {
      let (layer, _) = build(golden)
      let other = FeatureMapsFixture(layer, channels: golden.channels, height: 9, widths: [47, 31, 30], gap: 1)
      FeatureMapsFixture.write(
        FeatureMapsFixture.randomImages(rows: golden.channels * 9, other.input.layout, sample: 5),
        to: other.input.value,
        other.input.layout)
      layer.forward(.training)
      expectGolden(FeatureMapsFixture(layer, golden), golden)
    }
  }
}

/// Convolution, bias and ReLU with all gradients, in Double, as the definition reads.
private struct Definition {
  var outputs: [Float] = []
  var inputGradients: [Float] = []
  var weightGradient: [Float]
  var biasGradient: [Float]

  init(_ layer: Convolution, shape: ConvolutionTests.Shape, images: [[Float]], gradients: [[Float]]) {
    let (weight, bias) = (layer.weight.value.elements.map(Double.init), layer.bias!.value.elements)
    let (kh, kw, height, outHeight) = (shape.kernel[0], shape.kernel[1], shape.height, layer.outputHeight(shape.height))
    var weightSums = [Double](repeating: 0, count: weight.count)
    var biasSums = [Double](repeating: 0, count: bias.count)
    for (n, width) in shape.widths.enumerated() {
      let outWidth = layer.outputWidth(width)
      let image = images[n].map(Double.init)
      var imageGradient = [Double](repeating: 0, count: image.count)
      for o in 0..<shape.outputs {
        for y in 0..<outHeight {
          for x in 0..<outWidth {
            var value = Double(bias[o])
            var pairs: [(place: Int, weight: Int)] = []
            for c in 0..<shape.inputs {
              for ky in 0..<kh where (0..<height).contains(y + ky - shape.padding[0]) {
                for kx in 0..<kw where (0..<width).contains(x + kx - shape.padding[1]) {
                  let place = (c * height + y + ky - shape.padding[0]) * width + x + kx - shape.padding[1]
                  pairs.append((place, ((o * shape.inputs + c) * kh + ky) * kw + kx))
                }
              }
            }
            for pair in pairs { value += image[pair.place] * weight[pair.weight] }
            outputs.append(Float(max(0, value)))
            guard value > 0 else { continue }
            let gradient = Double(gradients[n][(o * outHeight + y) * outWidth + x])
            biasSums[o] += gradient
            for pair in pairs {
              imageGradient[pair.place] += gradient * weight[pair.weight]
              weightSums[pair.weight] += gradient * image[pair.place]
            }
          }
        }
      }
      inputGradients += imageGradient.map { Float($0) }
    }
    weightGradient = weightSums.map { Float($0) }
    biasGradient = biasSums.map { Float($0) }
  }
}
