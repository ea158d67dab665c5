import NeuralNetwork
import Tensors
import Testing

extension Architecture: CustomTestStringConvertible {
  public var testDescription: String { "\(name), height \(inputHeight), \(stages.count) stages" }
}

extension Architecture {
  /// Dropout of both kinds at every place.
  static let droppingOut = try! Architecture(
    spec: "[1,18,0,1 Cr3,3,3 Do0.3 Mp2,2 Bn Mp2,1 Do0.2,2 Lbx5 Do0.4 Lbx4 Do0.3,2 O1c]")

  /// Strides, dilation, group normalization and the functions that only kraken's strings have.
  static let strided = try! Architecture(
    spec: "[1,19,0,1 Cr3,5,4,2,1 Gn2 Ct3,3,4,1,2 Mp2,2 Clr3,3,6,1,1,2,2 Gn3 Cm1,1,6 Gn6 Lbx5 Do0.3 Lfx4]")

  /// Residual blocks of several sizes, a depthwise convolution, and recurrent layers of both cells in one direction and in both.
  static let residual = try! Architecture(
    spec: "[1,15,0,1 Cr3,3,3 R3,3 Mp2,2 R1,5 Dw3,5 R5,1 Bnr Gbx5 Lfx4 Grx6 Lrx3 O1c]")
}

/// Records an issue unless both arrays have the same bits; names the first difference only, as there may be many.
func expectSameBits(
  _ actual: [Float], _ expected: [Float], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(what): \(actual.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  if let i = actual.indices.first(where: { actual[$0].bitPattern != expected[$0].bitPattern }) {
    Issue.record("\(what)[\(i)]: \(actual[i]), expected the bits of \(expected[i])", sourceLocation: sourceLocation)
  }
}

/// An image of a test: 8-bit gray lines, and its label.
struct TestImage {
  var width: Int
  var pixels: [UInt8]
  var label: [Int32]
}

/// A network with its loss, and the order of calls that a training step makes.
final class ModelRun {
  let model: CRNN
  let loss: CTCLoss
  private let labels = LabelBatch()

  init(_ architecture: Architecture, classes: Int, inputGradient: Bool = false) throws {
    model = try CRNN(architecture: architecture, classes: classes, inputGradient: inputGradient)
    loss = CTCLoss(classes: classes)
  }

  /// Plans and loads a micro-batch; with `poison`, all planned memory holds it before.
  func load(_ images: [TestImage], poison: Float? = nil) throws {
    try model.plan(widths: images.map(\.width))
    labels.removeAll()
    for image in images { labels.append(image.label) }
    model.plan(loss, targets: labels)
    if let poison { model.workspace.poison(poison) }
    model.clearInput()
    for (n, image) in images.enumerated() { model.load(image: n, pixels: image.pixels, width: image.width) }
  }

  /// Forward, and the mean over images of the loss.
  func meanLoss(_ mode: Mode, gradient: Bool = false) -> Double {
    model.forward(mode)
    let count = labels.count
    if !gradient { return loss.run(gradient: false).sum / Double(count) }
    return model.run(loss, scale: 1 / Float(count)).sum / Double(count)
  }

  /// Forward, loss and backward with fresh gradients.
  @discardableResult
  func train(_ images: [TestImage], poison: Float? = nil) throws -> Double {
    try load(images, poison: poison)
    model.parameters.zeroGradients()
    let loss = meanLoss(.training, gradient: true)
    model.backward()
    return loss
  }

  /// The logits of image n of the micro-batch computed last, [T, classes].
  func logits(of n: Int) -> [Float] {
    let layout = model.logits.layout
    return (0..<layout.lengths[n]).flatMap { t in
      let row = model.logits.value.row(layout.offsets[t] + n)
      return (0..<model.classes).map { row[$0] }
    }
  }

  /// The whole gradient slab.
  var gradients: [Float] {
    Array(UnsafeBufferPointer(start: model.parameters.gradients.base, count: model.parameters.count))
  }
}

extension TestImage {
  /// Noise, with a patch of paper if wished, and a label that fits.
  static func random(height: Int, width: Int, steps: Int, classes: Int, seed: UInt64, sample: UInt32, patch: Bool)
    -> TestImage
  {
    var random = KeyedRandom(seed: seed, purpose: .test, time: 1, sample: sample)
    let label = (0..<random.integer(below: max(1, steps / 2) + 1)).map { _ in
      Int32(1 + random.integer(below: classes - 1))
    }
    var pixels = (0..<height * width).map { _ in UInt8(random.integer(below: 256)) }
    for y in height / 3..<height / 2 where patch { for x in width / 4..<width / 2 { pixels[y * width + x] = 255 } }
    return TestImage(width: width, pixels: pixels, label: label)
  }

  /// Images of the given widths for a network.
  static func batch(_ widths: [Int], for architecture: Architecture, classes: Int, seed: UInt64, patch: Bool = true)
    -> [TestImage]
  {
    widths.enumerated().map { n, width in
      random(
        height: architecture.inputHeight, width: width, steps: architecture.sequenceLength(forWidth: width),
        classes: classes, seed: seed, sample: UInt32(n), patch: patch)
    }
  }
}
