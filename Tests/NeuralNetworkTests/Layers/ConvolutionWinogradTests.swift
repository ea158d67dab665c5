import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// Convolutions of 3 x 3, 2 x 3 and 3 x 5 to 3 x 15 against the plain way: the same kernels in a frame of zeros, as 5 x 5, 4 x 5 and so on.
@Suite struct ConvolutionWinogradTests {
  private struct Case: CustomTestStringConvertible {
    var inputs, outputs, height: Int
    var widths: [Int]
    var bias, relu: Bool
    /// Columns of the windows of a pool of two lines.
    var pool: Int?
    /// Lines and columns of the kernels.
    var taps = 3
    var columns = 3
    var testDescription: String { "\(inputs) to \(outputs) by \(taps) x \(columns), \(height) lines, widths \(widths)" }
  }

  private static let cases = [
    Case(inputs: 16, outputs: 32, height: 20, widths: [57, 41, 12, 3], bias: false, relu: false),
    Case(inputs: 17, outputs: 19, height: 5, widths: [350, 201, 1], bias: true, relu: true),
    Case(inputs: 64, outputs: 96, height: 5, widths: [1_301, 700], bias: true, relu: false),
    Case(inputs: 33, outputs: 16, height: 1, widths: [2], bias: true, relu: false),
    Case(inputs: 16, outputs: 24, height: 6, widths: [57, 41, 12, 3], bias: true, relu: false, pool: 2),
    Case(inputs: 40, outputs: 33, height: 9, widths: [1_301, 700, 9], bias: false, relu: false, pool: 2),
    Case(inputs: 64, outputs: 48, height: 5, widths: [201, 140, 16], bias: true, relu: false, pool: 1),
    Case(inputs: 130, outputs: 129, height: 3, widths: [300, 7], bias: true, relu: false, pool: 2),
    Case(inputs: 16, outputs: 16, height: 2, widths: [33], bias: true, relu: true, pool: 1),
    Case(inputs: 128, outputs: 131, height: 4, widths: [33, 20, 7, 1], bias: true, relu: true),
    Case(inputs: 150, outputs: 128, height: 3, widths: [61, 40], bias: false, relu: false),
    Case(inputs: 128, outputs: 128, height: 1, widths: [5], bias: true, relu: false),
    Case(inputs: 129, outputs: 130, height: 7, widths: Array(repeating: 300, count: 4), bias: true, relu: false),
    Case(inputs: 64, outputs: 70, height: 13, widths: [201, 140, 16], bias: true, relu: true, pool: 1),
    // So few windows that no two values of one are nearly the same.
    Case(inputs: 66, outputs: 64, height: 16, widths: [77, 40, 9], bias: false, relu: false, pool: 2),
    Case(inputs: 128, outputs: 128, height: 2, widths: [5], bias: true, relu: false, pool: 2),
    Case(inputs: 16, outputs: 17, height: 5, widths: [57, 41, 12, 3], bias: true, relu: false, taps: 2),
    Case(inputs: 64, outputs: 128, height: 31, widths: [50, 33], bias: true, relu: false, pool: 2, taps: 2),
    Case(inputs: 20, outputs: 16, height: 4, widths: [1_301, 9], bias: true, relu: false, pool: 1, taps: 2),
    Case(inputs: 18, outputs: 40, height: 1, widths: [5, 2], bias: true, relu: true, pool: 2, taps: 2),
    Case(inputs: 128, outputs: 129, height: 7, widths: [33, 20, 7, 1], bias: true, relu: true, taps: 2),
    Case(inputs: 131, outputs: 128, height: 8, widths: [61, 40], bias: false, relu: false, taps: 2),
    Case(inputs: 17, outputs: 35, height: 9, widths: [57, 41, 12, 3, 1], bias: true, relu: true, columns: 5),
    Case(inputs: 64, outputs: 16, height: 4, widths: [201, 40, 6], bias: false, relu: false, columns: 7),
    Case(inputs: 32, outputs: 64, height: 30, widths: [120, 77], bias: true, relu: false, columns: 9),
    Case(inputs: 20, outputs: 33, height: 1, widths: [31, 2], bias: true, relu: false, columns: 11),
    Case(inputs: 32, outputs: 32, height: 12, widths: [501, 333, 5], bias: true, relu: true, columns: 13),
    Case(inputs: 129, outputs: 128, height: 7, widths: [33, 20, 7, 1], bias: true, relu: false, columns: 13),
  ]

  /// The layer with its kernels in `frame` more taps on each side.
  private func make(_ test: Case, frame: Int) -> (FeatureMapsFixture, Parameters) {
    let parameters = Parameters()
    let layer = Convolution(
      name: "c", in: test.inputs, out: test.outputs, kernel: (test.taps + 2 * frame, test.columns + 2 * frame),
      padding: (1 + frame, test.columns / 2 + frame),
      bias: test.bias, relu: test.relu, pool: test.pool.map { MaxPool.Shape(kernel: (2, $0), stride: (2, $0)) },
      parameters: parameters)
    parameters.commit()
    var random = KeyedRandom(seed: 1, purpose: .test)
    let (lines, columns) = (test.taps + 2 * frame, test.columns + 2 * frame)
    for pair in 0..<test.inputs * test.outputs {
      for tap in 0..<test.columns * test.taps {
        let place =
          pair * lines * columns + (frame + tap / test.columns) * columns + frame + tap % test.columns
        parameters.tensors[0].value.pointer[place] = random.uniform(-0.1, 0.1)
      }
    }
    if test.bias {
      for i in 0..<test.outputs { parameters.tensors[1].value.pointer[i] = random.uniform(-0.5, 0.5) }
    }
    let fixture = FeatureMapsFixture(
      layer, channels: test.inputs, height: test.height, widths: test.widths, gap: test.columns / 2 + frame)
    FeatureMapsFixture.write(
      FeatureMapsFixture.randomImages(rows: test.inputs * test.height, fixture.input.layout, sample: 2),
      to: fixture.input.value, fixture.input.layout)
    fixture.run(
      outputGradients: FeatureMapsFixture.randomImages(
        rows: fixture.output.value.rows, fixture.output.layout, sample: 3))
    return (fixture, parameters)
  }

  @Test(arguments: cases.indices) func isThePlainConvolution(index: Int) throws {
    let test = Self.cases[index]
    let ((fast, fastStore), (plain, plainStore)) = (make(test, frame: 0), make(test, frame: 1))
    expectClose(fast.outputImages, plain.outputImages, relativeToMaximum: 2e-5, "output")
    expectZeroGaps(fast.output.value, fast.output.layout, "output")
    // Outputs near the kink of ReLU may fall on either side, and take a gradient along.
    let tolerance: Float = test.relu ? 1e-3 : 2e-5
    expectClose(
      FeatureMapsFixture.images(fast.input.gradient!, fast.input.layout).flatMap(\.self),
      FeatureMapsFixture.images(plain.input.gradient!, plain.input.layout).flatMap(\.self),
      relativeToMaximum: tolerance,
      "input gradient")
    expectZeroGaps(fast.input.gradient!, fast.input.layout, "input gradient")
    let (gradient, framed) = (fastStore.tensors[0].gradient.elements, plainStore.tensors[0].gradient.elements)
    var inner: [Float] = []
    for pair in 0..<test.inputs * test.outputs {
      for y in 1...test.taps {
        let start = (pair * (test.taps + 2) + y) * (test.columns + 2) + 1
        inner.append(contentsOf: framed[start..<start + test.columns])
      }
    }
    expectClose(gradient, inner, relativeToMaximum: tolerance, "weight gradient")
    if test.bias {
      expectClose(
        fastStore.tensors[1].gradient.elements, plainStore.tensors[1].gradient.elements,
        relativeToMaximum: tolerance, "bias gradient")
    }
    // Gradients add.
    fast.run(
      outputGradients: FeatureMapsFixture.randomImages(rows: fast.output.value.rows, fast.output.layout, sample: 3))
    expectClose(
      fastStore.tensors[0].gradient.elements, gradient.map { 2 * $0 }, relativeToMaximum: 1e-6, "twice the gradient")
  }

  /// Errors of outputs and weight gradients against sums in Double, as a share of the largest: tiles of 2 x 2, 4 x 4 and 5 x 4.
  @Test(arguments: [
    (Case(inputs: 16, outputs: 17, height: 6, widths: [23, 6], bias: false, relu: false), 1e-6),
    (Case(inputs: 16, outputs: 17, height: 5, widths: [130, 6], bias: false, relu: false), 1e-5),
    (Case(inputs: 130, outputs: 128, height: 9, widths: [13, 5], bias: false, relu: false), 1e-5),
    (Case(inputs: 128, outputs: 128, height: 2, widths: [13, 5], bias: false, relu: false), 1e-6),
    (Case(inputs: 16, outputs: 17, height: 8, widths: [130, 6], bias: false, relu: false), 1e-5),
    (Case(inputs: 128, outputs: 130, height: 7, widths: [13, 5], bias: false, relu: false), 1e-5),
    (Case(inputs: 16, outputs: 17, height: 5, widths: [23, 6], bias: false, relu: false, taps: 2), 1e-6),
    (Case(inputs: 16, outputs: 17, height: 4, widths: [23, 6], bias: false, relu: false, taps: 2), 1e-5),
    (Case(inputs: 64, outputs: 65, height: 7, widths: [13, 5], bias: false, relu: false, taps: 2), 1e-5),
    (Case(inputs: 17, outputs: 16, height: 4, widths: [43, 5], bias: false, relu: false, columns: 9), 1e-5),
    (Case(inputs: 32, outputs: 32, height: 5, widths: [43, 5], bias: false, relu: false, columns: 13), 2e-5),
  ])
  private func errorsAgainstDouble(test: Case, most: Double) throws {
    let (fixture, store) = make(test, frame: 0)
    let images = FeatureMapsFixture.images(fixture.input.value, fixture.input.layout)
    let outputs = FeatureMapsFixture.images(fixture.output.value, fixture.output.layout)
    let gradients = FeatureMapsFixture.randomImages(
      rows: test.outputs * fixture.output.height, fixture.output.layout, sample: 3)
    let lines = fixture.output.height
    let weights = store.tensors[0].value.elements
    var weightSums = [Double](repeating: 0, count: weights.count)
    var (outputErrors, largest): ([Double], Double) = ([], 0)
    for (n, width) in test.widths.enumerated() {
      for out in 0..<test.outputs {
        for y in 0..<lines {
          for x in 0..<width {
            let place = (out * lines + y) * width + x
            let gradient = Double(gradients[n][place])
            var sum = 0.0
            for channel in 0..<test.inputs {
              for tap in 0..<test.columns * test.taps {
                let (line, column) = (y + tap / test.columns - 1, x + tap % test.columns - test.columns / 2)
                guard 0..<test.height ~= line, 0..<width ~= column else { continue }
                let value = Double(images[n][(channel * test.height + line) * width + column])
                let weight = (out * test.inputs + channel) * test.columns * test.taps + tap
                sum += Double(weights[weight]) * value
                weightSums[weight] += gradient * value
              }
            }
            outputErrors.append(abs(sum - Double(outputs[n][place])))
            largest = max(largest, abs(sum))
          }
        }
      }
    }
    // NaN fails.
    #expect(outputErrors.allSatisfy { $0 <= most * largest }, "outputs: \(outputErrors.max()! / largest)")
    let errors = zip(weightSums, store.tensors[0].gradient.elements).map { abs($0 - Double($1)) }
    let greatest = weightSums.map(abs).max()!
    #expect(errors.allSatisfy { $0 <= most * greatest }, "weight gradients: \(errors.max()! / greatest)")
  }
}
