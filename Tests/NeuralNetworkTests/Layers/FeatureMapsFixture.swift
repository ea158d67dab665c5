import Foundation
import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// A golden case of an image layer, written by Goldens/generate_layers.py; images are [channels, height, width], flat.
struct LayerCase: Decodable, CustomTestStringConvertible, Sendable {
  var name: String
  var channels, height: Int
  var widths: [Int]
  var images, outputs, outputGradients, inputGradients: [[Float]]
  var kernel, stride, padding, dilation: [Int]?
  var outChannels, groups: Int?
  var hasBias, relu, training: Bool?
  var weight, bias, weightGradient, biasGradient: [Float]?
  var filters, filterGradient: [Float]?
  var labels: [[Int32]]?
  var classes: Int?
  var share, scale: Double?
  var runningMean, runningVariance, mean, unbiasedVariance: [Float]?

  var testDescription: String { name }

  static func load(_ name: String) throws -> [LayerCase] {
    struct File: Decodable { var cases: [LayerCase] }
    let url = try #require(
      Bundle.module.url(forResource: "layers_\(name)", withExtension: "json", subdirectory: "fixtures"))
    let cases = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    try #require(!cases.isEmpty)
    return cases
  }
}

/// One image layer between an input strip and its output, in memory that holds NaN before anything writes it.
final class FeatureMapsFixture {
  let input: FeatureMaps
  let output: FeatureMaps
  let layer: any ImageLayer
  private let workspace = Workspace()

  init(
    _ layer: any ImageLayer, channels: Int, height: Int, widths: [Int], gap: Int = 2, poison: Float = .nan
  ) {
    self.layer = layer
    let layout = ColumnLayout(gap: gap)
    layout.place(widths)
    workspace.reset()
    input = FeatureMaps(
      layout: layout, channels: channels, height: height,
      value: workspace.activation(rows: channels * height, columns: layout.stride),
      gradient: workspace.gradient(rows: channels * height, columns: layout.stride))
    output = layer.plan(input, in: workspace)
    workspace.commit()
    workspace.poison(poison)
  }

  convenience init(_ layer: any ImageLayer, _ golden: LayerCase, gap: Int = 2) {
    self.init(layer, channels: golden.channels, height: golden.height, widths: golden.widths, gap: gap)
    FeatureMapsFixture.write(golden.images, to: input.value, input.layout)
  }

  /// Writes images, and zero everywhere else.
  static func write(_ images: [[Float]], to matrix: Matrix, _ layout: ColumnLayout) {
    matrix.fill(0)
    for (n, image) in images.enumerated() {
      precondition(image.count == matrix.rows * layout.widths[n])
      for row in 0..<matrix.rows {
        for x in 0..<layout.widths[n] { matrix.row(row)[layout.starts[n] + x] = image[row * layout.widths[n] + x] }
      }
    }
  }

  /// The images of a strip's matrix.
  static func images(_ matrix: Matrix, _ layout: ColumnLayout) -> [[Float]] {
    (0..<layout.count).map { n in
      (0..<matrix.rows).flatMap { row in
        (0..<layout.widths[n]).map { matrix.row(row)[layout.starts[n] + $0] }
      }
    }
  }

  /// Indexes of the elements that belong to images.
  static func positions(_ matrix: Matrix, _ layout: ColumnLayout) -> [Int] {
    (0..<matrix.count).filter { layout.mask.base[$0 % matrix.columns] == 1 }
  }

  /// Random images for a layout, seeded by `sample`.
  static func randomImages(rows: Int, _ layout: ColumnLayout, sample: UInt32) -> [[Float]] {
    var random = KeyedRandom(seed: 7, purpose: .test, sample: sample)
    return layout.widths.map { width in (0..<rows * width).map { _ in random.uniform(-1, 1) } }
  }

  /// The output's images, one after the other.
  var outputImages: [Float] { FeatureMapsFixture.images(output.value, output.layout).flatMap(\.self) }

  /// Cuts what ``outputImages`` joins.
  func cut(_ joined: [Float]) -> [[Float]] {
    var rest = joined[...]
    return output.layout.widths.map { width in
      defer { rest = rest.dropFirst(width * output.value.rows) }
      return Array(rest.prefix(width * output.value.rows))
    }
  }

  /// Runs the layer both ways and compares the gradients of its input and of `parameters` with differences of the sum
  /// of outputs * `weights`.
  func checkGradients(
    _ mode: Mode = .training, weights: [Float], parameters: [Parameter], step: Float = 0.02, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    run(mode, outputGradients: cut(weights))
    func loss() -> Double {
      layer.forward(mode)
      return weightedSum(outputImages, weights)
    }
    expectGradient(
      of: input.value, analytic: input.gradient!.elements,
      positions: FeatureMapsFixture.positions(input.value, input.layout), step: step, "\(what): input",
      sourceLocation: sourceLocation, loss: loss)
    for parameter in parameters {
      expectGradient(
        of: parameter.value, analytic: parameter.gradient.elements, step: step, "\(what): \(parameter.name)",
        sourceLocation: sourceLocation, loss: loss)
    }
  }

  func run(_ mode: Mode = .training, outputGradients: [[Float]]) {
    layer.forward(mode)
    FeatureMapsFixture.write(outputGradients, to: output.gradient!, output.layout)
    layer.backward()
  }
}

/// Records an issue unless every column between images holds exactly zero.
func expectZeroGaps(
  _ matrix: Matrix, _ layout: ColumnLayout, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(matrix.columns == layout.stride, sourceLocation: sourceLocation)
  for i in 0..<matrix.count where layout.mask.base[i % layout.stride] == 0 && matrix.pointer[i] != 0 {
    Issue.record(
      "\(what): row \(i / layout.stride), gap column \(i % layout.stride) holds \(matrix.pointer[i])",
      sourceLocation: sourceLocation)
    return
  }
}

/// Runs a golden case in its mode and compares output, input gradient and the columns between images.
func expectGolden(
  _ fixture: FeatureMapsFixture, _ golden: LayerCase, _ mode: Mode = .training,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  fixture.run(mode, outputGradients: golden.outputGradients)
  let (input, output) = (fixture.input, fixture.output)
  expectClose(
    FeatureMapsFixture.images(output.value, output.layout).flatMap(\.self), golden.outputs.flatMap(\.self), "output",
    sourceLocation: sourceLocation)
  expectClose(
    FeatureMapsFixture.images(input.gradient!, input.layout).flatMap(\.self), golden.inputGradients.flatMap(\.self),
    "input gradient", sourceLocation: sourceLocation)
  expectZeroGaps(output.value, output.layout, "output", sourceLocation: sourceLocation)
  expectZeroGaps(input.gradient!, input.layout, "input gradient", sourceLocation: sourceLocation)
}
