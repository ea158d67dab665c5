import NeuralNetwork
import Testing

/// Gradients of whole networks against differences of the loss.
@Suite struct ModelDifferenceTests {
  private static let models: [Architecture] = [
    .tutorial(channels: 2, hidden: 5, height: 17), .akuru(height: 16, channels: [2, 3, 3, 2], hidden: 4),
    .crnn(channels: [2, 3, 2, 3, 2, 3, 4], hidden: 3), .droppingOut, .residual, .strided,
  ]

  private func make(_ architecture: Architecture) throws -> (ModelRun, [TestImage]) {
    let run = try ModelRun(architecture, classes: 5, inputGradient: true)
    run.model.initialize(seed: 51)
    // Signals that keep their size from layer to layer, and no paper, where equal pixels are kinks of the max pooling.
    for parameter in run.model.parameters.tensors where parameter.shape.count == 4 {
      for i in 0..<parameter.value.count { parameter.value.pointer[i] *= 2 }
    }
    return (run, TestImage.batch([26, 17, 17, 9], for: architecture, classes: 5, seed: 55, patch: false))
  }

  /// Moves `floats` by h along their gradient's direction; the loss must change by h * |gradient|.
  private func check(
    _ run: ModelRun, _ floats: UnsafeMutablePointer<Float>, _ gradient: [Float], _ what: String
  ) {
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard norm > 1e-4 else { return }
    let old = (0..<gradient.count).map { floats[$0] }
    func loss(_ h: Double) -> Double {
      for i in gradient.indices { floats[i] = old[i] + Float(h * Double(gradient[i]) / norm) }
      return run.meanLoss(.training)
    }
    // A kink of ReLU or max pooling spoils one side of a step, more often of a large one; rounding spoils small ones.
    let middle = loss(0)
    // Beside a kink, the difference at one side is right; elsewhere, that of both sides is more accurate.
    let errors = [3e-4, 1e-3, 3e-3].flatMap { h in
      let (above, below) = (loss(h), loss(-h))
      return [above - middle, middle - below, (above - below) / 2].map { abs($0 / h - norm) / norm }
    }
    for i in gradient.indices { floats[i] = old[i] }
    #expect(errors.min()! < 0.01, "\(what): relative errors \(errors), gradient \(norm)")
  }

  @Test(arguments: models)
  func weightGradientsAreDifferences(_ architecture: Architecture) throws {
    let (run, images) = try make(architecture)
    try run.train(images)
    let gradients = run.model.parameters.tensors.map(\.gradient.elements)
    #expect(gradients.filter { $0.contains { abs($0) > 1e-3 } }.count > gradients.count / 2)
    for (parameter, gradient) in zip(run.model.parameters.tensors, gradients) {
      check(run, parameter.value.pointer, gradient, parameter.name)
    }
  }

  @Test(arguments: models)
  func inputGradientsAreDifferences(_ architecture: Architecture) throws {
    let (run, images) = try make(architecture)
    try run.train(images, poison: .nan)
    let input = run.model.input
    var gradient = try #require(input.gradient).elements
    // Only columns of images may move.
    for y in 0..<input.height {
      for x in 0..<input.layout.stride where input.layout.mask.base[x] == 0 {
        gradient[y * input.layout.stride + x] = 0
      }
    }
    #expect(gradient.allSatisfy { $0.isFinite } && gradient.contains { abs($0) > 1e-4 })
    check(run, input.value.pointer, gradient, "input")
  }
}
