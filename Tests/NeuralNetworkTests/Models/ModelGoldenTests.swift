import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// Whole networks against PyTorch in float64; `Goldens/generate_models.py` draws the same weights and pixels.
@Suite struct ModelGoldenTests {
  private static let models: [(String, Architecture)] = [
    ("seed-odd", .tutorial(channels: 3, hidden: 20, height: 31)),
    ("seed-height61", .tutorial(channels: 1, hidden: 16)),
    ("akuru-small", .akuru(height: 40, channels: [4, 6, 8, 10], hidden: 12)),
    ("akuru-odd", .akuru(height: 35, channels: [3, 5, 2, 7], hidden: 5)),
    ("akuru-full", .akuru()),
    ("crnn-small", .crnn(channels: [3, 4, 5, 6, 7, 6, 5], hidden: 6)),
  ]

  private let golden: [GoldenFile]

  init() throws {
    golden = try Self.models.map { try GoldenFile("model-\($0.0)") }
  }

  private func integer(_ model: Int, _ name: String) throws -> Int { Int(try golden[model][name].elements[0]) }

  private func make(_ model: Int) throws -> ModelRun {
    let run = try ModelRun(Self.models[model].1, classes: try integer(model, "classes"))
    let seed = UInt64(try integer(model, "seed"))
    let parameters = run.model.parameters
    let names = parameters.tensors.map(\.name) + parameters.buffers.map(\.name)
    #expect(names.joined(separator: ",") == golden[model].metadata["names"])
    for (i, parameter) in parameters.tensors.enumerated() {
      var random = KeyedRandom(seed: seed, purpose: .test, time: 0, sample: UInt32(i))
      let (low, high): (Float, Float)
      if parameter.shape.count > 1 {
        high = 1 / Float(parameter.value.columns).squareRoot()
        low = -high
      } else {
        (low, high) = parameter.name.hasSuffix("weight") ? (0.5, 1.5) : (-0.3, 0.3)
      }
      for k in 0..<parameter.value.count { parameter.value.pointer[k] = random.uniform(low, high) }
    }
    for (i, buffer) in parameters.buffers.enumerated() {
      var random = KeyedRandom(seed: seed, purpose: .test, time: 2, sample: UInt32(i))
      let (low, high): (Float, Float) = buffer.name.hasSuffix("mean") ? (-0.2, 0.2) : (0.5, 1.5)
      for k in 0..<buffer.value.count { buffer.value.pointer[k] = random.uniform(low, high) }
    }
    return run
  }

  private func images(_ model: Int) throws -> [TestImage] {
    let (seed, height) = (UInt64(try integer(model, "seed")), Self.models[model].1.inputHeight)
    let lengths = try golden[model]["labelLengths"].elements.map { Int($0) }
    var labels = try golden[model]["labels"].elements.map { Int32($0) }[...]
    return zip(try golden[model]["widths"].elements.map { Int($0) }, lengths).enumerated().map { n, sizes in
      let (width, length) = sizes
      var random = KeyedRandom(seed: seed, purpose: .test, time: 1, sample: UInt32(n))
      var pixels = (0..<height * width).map { _ in UInt8(random.nextUInt32() >> 24) }
      for y in 0..<height / 2 { for x in width / 3..<width / 2 { pixels[y * width + x] = 255 } }
      defer { labels = labels.dropFirst(length) }
      return TestImage(width: width, pixels: pixels, label: Array(labels.prefix(length)))
    }
  }

  @Test(arguments: models.indices)
  func evaluationIsPyTorchs(_ model: Int) throws {
    let run = try make(model)
    try run.load(try images(model), poison: .nan)
    let loss = run.meanLoss(.evaluation)
    expectClose(run.model.logits.value.elements, try golden[model]["evaluationLogits"].elements, "logits")
    expectClose([Float(loss)], try golden[model]["evaluationLoss"].elements, "loss")
  }

  @Test(arguments: models.indices)
  func trainingIsPyTorchs(_ model: Int) throws {
    let run = try make(model)
    let (name, file, parameters) = (Self.models[model].0, golden[model], run.model.parameters)
    let (images, stride) = (try images(model), try integer(model, "stride"))
    func sampled(_ matrix: Matrix) -> [Float] {
      let elements = matrix.elements
      return Swift.stride(from: 0, to: elements.count, by: stride).map { elements[$0] }
    }
    let optimizer = Adam(count: parameters.count, settings: OptimizerSettings(epsilon: 1e-4))
    var loss = 0.0
    for step in 0..<5 {
      loss = try run.train(images, poison: .nan)
      if step == 0 {
        expectClose(run.model.logits.value.elements, try file["logits"].elements, "\(name) logits")
        expectClose([Float(loss)], try file["loss"].elements, "\(name) loss")
        for parameter in parameters.tensors {
          let expected = try file["gradient." + parameter.name].elements
          if expected.allSatisfy({ abs($0) < 1e-12 }) {  // a bias that batch normalization takes away again
            expectClose(sampled(parameter.gradient), expected, absolute: 1e-6, "\(name) gradient of \(parameter.name)")
          } else {
            expectClose(sampled(parameter.gradient), expected, "\(name) gradient of \(parameter.name)")
          }
        }
        for buffer in parameters.buffers {
          expectClose(
            buffer.statistic.elements, try file["statistic." + buffer.name].elements, "\(name) \(buffer.name)")
        }
      }
      optimizer.update(
        values: parameters.values.base, gradients: parameters.gradients.base, count: parameters.count,
        learningRate: 5e-3,
        gradientScale: 1)
    }
    expectClose([Float(loss)], try file["lastLoss"].elements, "\(name) loss of the last step")
    for parameter in parameters.tensors {
      expectClose(
        sampled(parameter.value), try file["trained." + parameter.name].elements, "\(name) trained \(parameter.name)")
    }
  }
}
