import MessagePassing
import NeuralNetwork
import Tensors
import TestSupport
import Testing
import Training

/// A step on one rank, of micro-batches that are made here. `TrainingBitsTests` have more ranks.
@Suite struct GradientAccumulatorTests {
  private let network: CRNN
  private let loss: CTCLoss
  private let accumulator: GradientAccumulator

  init() throws {
    let identity = try tinyIdentity()
    network = try CRNN(architecture: identity.architecture, classes: 3)
    network.initialize(seed: 2)
    loss = CTCLoss(classes: 3)
    accumulator = try GradientAccumulator(network, loss: loss, sharesTimes: true, over: Communicator())
  }

  /// Loads a micro-batch of noise images, whose labels are a, b, ab and so on.
  private func load(_ widths: [Int], key: UInt32) throws {
    let targets = LabelBatch(widths.indices.map { [[1], [2], [1, 2]][$0 % 3] })
    try network.plan(widths: widths)
    network.plan(loss, targets: targets)
    network.workspace.commit()
    network.clearInput()
    for (n, width) in widths.enumerated() {
      var random = KeyedRandom(seed: 3, purpose: .test, time: key, sample: UInt32(n))
      let pixels = (0..<8 * width).map { _ in UInt8(random.integer(below: 256)) }
      network.load(image: n, pixels: pixels, width: width)
    }
  }

  private struct Sums: Equatable {
    var loss: Double
    var gradients: [UInt32]
  }

  /// What a step of these micro-batches adds up to.
  private func step(_ microBatches: [(widths: [Int], key: UInt32)]) throws -> Sums {
    let images = microBatches.reduce(0) { $0 + $1.widths.count }
    try accumulator.begin(microBatches: microBatches.count, localCount: microBatches.count, images: images)
    for (widths, key) in microBatches {
      try load(widths, key: key)
      try accumulator.add(images: widths.count)
    }
    try accumulator.finish()
    let norm = accumulator.takeStepGradients()
    let parameters = network.parameters
    #expect(norm == GradientClipping.norm(parameters.gradients.base, count: parameters.count))
    return Sums(
      loss: accumulator.meanLoss, gradients: floats(network.parameters.gradients, network.parameters.count))
  }

  /// The shares of a micro-batch that is there twice are halves of it. Only the grid on which exact sums stand is seen: a last place.
  @Test func aMicroBatchTwiceIsTheSameMean() throws {
    let once = try step([([12, 9, 7], 1)])
    let twice = try step([([12, 9, 7], 1), ([12, 9, 7], 1)])
    let places = zip(once.gradients, twice.gradients).map { abs(Int64($0) - Int64($1)) }
    #expect(places.allSatisfy { $0 <= 1 } && places.count { $0 == 1 } <= places.count / 50)
    #expect(abs(once.loss - twice.loss) <= 0x1p-27 * once.loss)
    #expect(once.loss > 0 && once.loss.isFinite && once.gradients.contains { $0 << 1 != 0 })
    #expect(try step([([12, 9, 7], 2)]) != once, "other images")
  }

  /// The noise scale of the definition, from the gradient of each micro-batch alone.
  @Test func theNoiseScaleIsThatOfTheMicroBatches() throws {
    let parts: [(widths: [Int], key: UInt32)] = [([12, 9, 7], 1), ([30], 2), ([8, 8], 3)]
    func gradient(_ parts: [(widths: [Int], key: UInt32)]) throws -> [Double] {
      _ = try step(parts)
      let parameters = network.parameters
      return (0..<parameters.count).map { Double(parameters.gradients.base[$0]) }
    }
    func square(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
    let own = try parts.map { Double($0.widths.count) * square(try gradient([$0])) }
    let whole = square(try gradient(parts))
    let noise = try #require(accumulator.gradientNoise)
    // sum n_i |g_i|^2 = B |G|^2 + M trace, and B |g|^2 = B |G|^2 + trace.
    let trace = (own.reduce(0, +) - 6 * whole) / 2
    #expect(abs(noise.trace - trace) <= 1e-4 * abs(trace) && abs(noise.square - (whole - trace / 6)) <= 1e-4 * whole)
    _ = try step([parts[0]])
    #expect(accumulator.gradientNoise == nil, "one micro-batch says nothing")
  }

  @Test func theOrderMakesNoDifference() throws {
    let parts: [(widths: [Int], key: UInt32)] = [([12, 9, 7], 1), ([30], 2), ([8, 8], 3), ([15, 6], 4)]
    let sums = try step(parts)
    #expect(try step(parts.reversed()) == sums)
    #expect(try step([parts[2], parts[0], parts[3], parts[1]]) == sums)
  }

  @Test(arguments: [true, false]) func whatIsNoNumberIsRefused(inLoss: Bool) throws {
    let good = try step([([12, 9], 1)])
    #expect(!accumulator.hasOverflowed)
    try accumulator.begin(microBatches: 2, localCount: 2, images: 4)
    try load([12, 9], key: 1)
    try accumulator.add(images: 2)
    #expect(accumulator.refusedHere == 0)
    try load([12, 9], key: 1)
    try accumulator.add(images: 2, fault: inLoss ? .nanLoss : .nanGradient)
    #expect(accumulator.refusedHere > 0)
    try accumulator.finish()
    #expect(accumulator.hasOverflowed)
    #expect(try step([([12, 9], 1)]) == good, "the next step knows nothing of it")
    #expect(!accumulator.hasOverflowed)
  }

  @Test func requestsLastOneStep() throws {
    func step(_ ask: () -> Void) throws -> [Bool] {
      try accumulator.begin(microBatches: 1, localCount: 1, images: 1)
      try load([9], key: 1)
      try accumulator.add(images: 1)
      ask()
      try accumulator.finish()
      return [accumulator.stopRequested, accumulator.checkpointRequested]
    }
    #expect(try step {} == [false, false])
    #expect(try step { accumulator.requestStop() } == [true, false])
    #expect(try step { accumulator.requestCheckpoint() } == [false, true])
    let both = try step {
      accumulator.requestStop()
      accumulator.requestCheckpoint()
    }
    #expect(both == [true, true])
    #expect(try step {} == [false, false])
  }

  /// What was waited for other ranks is not counted; a rank alone waits for none.
  @Test func theTimeIsShared() throws {
    try accumulator.begin(microBatches: 1, localCount: 1, images: 1)
    try load([9], key: 1)
    try accumulator.add(images: 1)
    accumulator.report(computed: .milliseconds(1500))
    try accumulator.finish()
    #expect(accumulator.time(of: 0) == 1_500_000_000)
  }
}
