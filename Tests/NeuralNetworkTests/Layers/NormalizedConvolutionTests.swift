import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// ``NormalizedConvolution`` against the two layers of which it is made, which have golden values of PyTorch.
@Suite struct NormalizedConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var kernel: [Int]
    var padding: [Int]
    var outputs, height: Int
    var pool = MaxPool.Shape(kernel: (2, 2), stride: (2, 2))
    var bias = false
    var relu = true
    var widths: [Int]
    var mode = Mode.training
    var isFrozen = false
    var kernelsAreFrozen = false
    /// A summand of all inputs.
    var offset: Float = 0
    var testDescription: String { "\(kernel), \(padding), \(outputs), height \(height), \(widths), \(mode)" }
  }

  private static let lines = MaxPool.Shape(kernel: (2, 1), stride: (2, 1))

  /// Odd heights, whose last line only the statistics see; narrow images, several blocks, channels in fours and singly.
  @Test(arguments: [
    Case(kernel: [3, 3], padding: [1, 1], outputs: 16, height: 8, widths: [61, 35, 34, 3, 2]),
    Case(kernel: [3, 3], padding: [1, 1], outputs: 5, height: 7, bias: true, widths: [1029, 1011]),
    Case(kernel: [3, 3], padding: [1, 1], outputs: 4, height: 5, pool: lines, relu: false, widths: [513, 99, 7, 1]),
    Case(kernel: [3, 3], padding: [0, 0], outputs: 3, height: 6, bias: true, widths: [40, 9, 5]),
    Case(kernel: [2, 3], padding: [1, 1], outputs: 6, height: 4, widths: [33, 32]),
    Case(kernel: [5, 3], padding: [2, 1], outputs: 4, height: 3, widths: [47, 31, 2]),
    Case(kernel: [3, 1], padding: [1, 0], outputs: 4, height: 6, widths: [50]),
    Case(kernel: [3, 3], padding: [1, 1], outputs: 4, height: 7, bias: true, widths: [61, 34], mode: .evaluation),
    Case(kernel: [3, 3], padding: [1, 1], outputs: 5, height: 6, bias: true, widths: [61, 34], isFrozen: true),
    Case(
      kernel: [3, 3], padding: [1, 1], outputs: 4, height: 6, bias: true, widths: [61, 34], isFrozen: true,
      kernelsAreFrozen: true),
    Case(kernel: [3, 3], padding: [1, 1], outputs: 4, height: 6, widths: [61, 34], offset: 3),
  ])
  func isTheSameAsTwoLayers(_ test: Case) throws {
    let (store, otherStore) = (Parameters(), Parameters())
    let (first, second) = build(test, store)
    let joined = try #require(NormalizedConvolution(first, second))
    let (third, fourth) = build(test, otherStore)
    for parameters in [store, otherStore] {
      parameters.commit()
      var random = KeyedRandom(seed: 3, purpose: .test)
      for i in 0..<parameters.count { parameters.values.base[i] = random.uniform(-0.5, 0.5) }
      for i in 0..<parameters.bufferCount { parameters.bufferValues.base[i] = random.uniform(0.1, 0.5) }
    }
    let fixture = FeatureMapsFixture(joined, channels: 1, height: test.height, widths: test.widths)
    let chain = FeatureMapsFixture(Chain(third, fourth), channels: 1, height: test.height, widths: test.widths)
    #expect(fixture.output.layout.widths == chain.output.layout.widths)
    #expect(fixture.output.height == chain.output.height)
    #expect(test.widths.map(joined.outputWidth) == fixture.output.layout.widths)
    #expect(joined.outputHeight(test.height) == fixture.output.height)
    let images = FeatureMapsFixture.randomImages(rows: test.height, fixture.input.layout, sample: 1)
      .map { $0.map { $0 + test.offset } }
    let gradients = FeatureMapsFixture.randomImages(rows: fixture.output.value.rows, fixture.output.layout, sample: 2)
    for layer in [second, fourth] { layer.isFrozen = test.isFrozen }
    joined.kernelsAreFrozen = test.kernelsAreFrozen
    let measures = test.mode == .training && !test.isFrozen
    for fixture in [fixture, chain] {
      FeatureMapsFixture.write(images, to: fixture.input.value, fixture.input.layout)
      fixture.run(test.mode, outputGradients: gradients)
    }
    expectClose(fixture.outputImages, chain.outputImages, "output")
    for (parameter, other) in zip(store.tensors, otherStore.tensors) {
      if parameter.name == "conv.bias" && measures {
        #expect(parameter.gradient.elements.allSatisfy { $0 == 0 }, "the normalization takes away what a bias adds")
      } else if parameter.name == "conv.weight" && test.kernelsAreFrozen {
        #expect(parameter.gradient.elements.allSatisfy { $0 == 0 }, "no gradient for kernels; the bias has its own")
      } else {
        expectClose(parameter.gradient.elements, other.gradient.elements, parameter.name)
      }
    }
    for (buffer, other) in zip(store.buffers, otherStore.buffers) where measures {
      expectClose(buffer.statistic.elements, other.statistic.elements, buffer.name)
    }
    expectZeroGaps(fixture.output.value, fixture.output.layout, "output")
  }

  /// A second micro-batch must not see the sums of the first.
  @Test func forgetsTheLastMicroBatch() throws {
    let store = Parameters()
    let (first, second) = build(
      Case(kernel: [3, 3], padding: [1, 1], outputs: 4, height: 6, widths: [20, 11]), store)
    let joined = try #require(NormalizedConvolution(first, second))
    store.commit()
    var random = KeyedRandom(seed: 3, purpose: .test)
    for i in 0..<store.count { store.values.base[i] = random.uniform(-0.5, 0.5) }
    let fixture = FeatureMapsFixture(joined, channels: 1, height: 6, widths: [20, 11])
    let gradients = FeatureMapsFixture.randomImages(rows: fixture.output.value.rows, fixture.output.layout, sample: 2)
    let runs = (0..<2).map { _ in
      FeatureMapsFixture.write(
        FeatureMapsFixture.randomImages(rows: 6, fixture.input.layout, sample: 1), to: fixture.input.value,
        fixture.input.layout)
      store.zeroGradients()
      fixture.run(outputGradients: gradients)
      return fixture.outputImages + store.tensors.flatMap(\.gradient.elements)
    }
    #expect(runs[0] == runs[1])
  }

  @Test func aNetworkJoinsAndFreezesItsFirstLayers() throws {
    let model = try CRNN(architecture: .akuru(height: 32, channels: [3, 4, 2, 3], hidden: 6), classes: 7)
    model.initialize(seed: 5)
    try model.plan(widths: [40])
    #expect(model.forwardTimed(.training).map(\.name).prefix(2) == ["cnn.0", "cnn.4"], "cnn.1 is part of cnn.0")
    let tensors = model.parameters.tensors
    for frozen in ["cnn.0.", "cnn.1."] {
      model.freeze { $0.hasPrefix(frozen) }
      try model.plan(widths: [40])
      model.clearInput()
      model.load(image: 0, pixels: (0..<40 * 32).map { UInt8($0 * 7 % 256) }, width: 40)
      for buffer in model.parameters.buffers { buffer.statistic.fill(-1) }
      model.forward(.training)
      model.logits.gradient.fill(0.5)
      model.logits.gradient.row(0)[0] = 1
      model.backward(overwriting: true) { _ in }
      let kernel = try #require(tensors.first { $0.name == "cnn.0.weight" })
      #expect(kernel.gradient.elements.contains { $0 != 0 } == (frozen == "cnn.1."))
      let statistic = try #require(model.parameters.buffers.first { $0.name == "cnn.1.running_mean" }?.statistic)
      #expect((statistic.elements == [-1, -1, -1]) == (frozen == "cnn.1."), "running averages are used")
    }
  }

  /// A diverged network must not look healthy.
  @Test func notANumberStaysOne() throws {
    let test = Case(kernel: [3, 3], padding: [1, 1], outputs: 4, height: 6, widths: [20, 11])
    let store = Parameters()
    let (first, second) = build(test, store)
    let joined = try #require(NormalizedConvolution(first, second))
    store.commit()
    for i in 0..<store.count { store.values.base[i] = 0.25 }
    let fixture = FeatureMapsFixture(joined, channels: 1, height: 6, widths: [20, 11])
    FeatureMapsFixture.write(
      FeatureMapsFixture.randomImages(rows: 6, fixture.input.layout, sample: 1), to: fixture.input.value,
      fixture.input.layout)
    fixture.input.value.row(2)[fixture.input.layout.starts[0] + 5] = .nan
    fixture.run(
      outputGradients: FeatureMapsFixture.randomImages(
        rows: fixture.output.value.rows, fixture.output.layout, sample: 2))
    #expect(fixture.outputImages.contains { $0.isNaN })
    #expect(store.buffers.allSatisfy { $0.statistic.elements.allSatisfy(\.isNaN) })
    #expect(store.tensors.first { $0.name == "norm.weight" }?.gradient.elements.allSatisfy(\.isNaN) == true)
  }

  /// Layers that cannot be joined stay two.
  @Test func joinsOnlyWhatItCan() {
    let one = Case(kernel: [3, 3], padding: [1, 1], outputs: 4, height: 6, widths: [20])
    func joins(_ test: Case, inputs: Int = 1, relu: Bool = false, gradient: Bool = false, pools: Bool = true) -> Bool {
      let (first, second) = build(test, Parameters(), inputs: inputs, relu: relu, gradient: gradient, pools: pools)
      return NormalizedConvolution(first, second) != nil
    }
    #expect(joins(one))
    #expect(!joins(one, inputs: 2), "several channels")
    #expect(!joins(one, relu: true), "a ReLU before the normalization")
    #expect(!joins(one, gradient: true), "the input's gradient is asked for")
    #expect(!joins(one, pools: false), "values that are kept")
    var neighbors = one
    neighbors.pool = MaxPool.Shape(kernel: (2, 2), stride: (2, 1), padding: (0, 1))
    #expect(!joins(neighbors), "windows that overlap")
    var wide = one
    (wide.kernel, wide.padding) = ([3, 5], [1, 2])
    #expect(!joins(wide), "a kernel that is computed otherwise")
    let (first, second) = build(one, Parameters())
    #expect(NormalizedConvolution(second, first) == nil)
  }

  private func build(
    _ test: Case, _ parameters: Parameters, inputs: Int = 1, relu: Bool = false, gradient: Bool = false,
    pools: Bool = true
  ) -> (Convolution, BatchNormalization) {
    let convolution = Convolution(
      name: "conv", in: inputs, out: test.outputs, kernel: (test.kernel[0], test.kernel[1]),
      padding: (test.padding[0], test.padding[1]), bias: test.bias, relu: relu, gap: 2, parameters: parameters,
      inputNeedsGradient: gradient)
    let normalization = BatchNormalization(
      name: "norm", channels: test.outputs, relu: test.relu, pool: pools ? test.pool : nil, gap: 2,
      parameters: parameters)
    return (convolution, normalization)
  }
}
