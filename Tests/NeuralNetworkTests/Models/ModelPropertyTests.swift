import NeuralNetwork
import Tensors
import TestSupport
import Testing

/// What must hold for every network, whatever its weights.
@Suite struct ModelPropertyTests {
  private static let models: [Architecture] = [
    .tutorial(channels: 3, hidden: 11, height: 21), .akuru(height: 19, channels: [3, 4, 5, 6], hidden: 7),
    .akuru(), .crnn(channels: [3, 2, 4, 3, 5, 4, 3], hidden: 5), .droppingOut, .residual, .strided,
  ]
  private static let classes = 9

  /// A network with drawn weights, factors, summands and running averages that differ from their initial values.
  private func make(_ architecture: Architecture, inputGradient: Bool = false) throws -> ModelRun {
    let run = try ModelRun(architecture, classes: Self.classes, inputGradient: inputGradient)
    run.model.initialize(seed: 31)
    var random = KeyedRandom(seed: 32, purpose: .test)
    for parameter in run.model.parameters.tensors where parameter.shape.count == 1 {
      for i in 0..<parameter.value.count { parameter.value.pointer[i] += random.uniform(-0.3, 0.3) }
    }
    for buffer in run.model.parameters.buffers {
      for i in 0..<buffer.value.count { buffer.value.pointer[i] += random.uniform(-0.3, 0.3) }
    }
    return run
  }

  private func batch(_ widths: [Int], _ architecture: Architecture, seed: UInt64 = 33) -> [TestImage] {
    TestImage.batch(widths, for: architecture, classes: Self.classes, seed: seed)
  }

  @Test(arguments: models)
  func logitsAreTheSameAloneAndInAnyBatch(_ architecture: Architecture) throws {
    let run = try make(architecture)
    let images = batch([91, 64, 64, 47, 46, 45, 18, 17, 9, 5, 4], architecture)
    func logits(_ chosen: [Int]) throws -> [[Float]] {
      try run.load(chosen.map { images[$0] }, poison: .nan)
      run.model.forward(.evaluation)
      return chosen.indices.map { run.logits(of: $0) }
    }
    let together = try logits(Array(images.indices))
    for subset in images.indices.map({ [$0] }) + [[0, 10], [1, 2, 5], [2, 1, 5], [3, 4, 6, 7, 8]] {
      for (n, alone) in zip(subset, try logits(subset)) {
        expectClose(alone, together[n], relativeToMaximum: 1e-5, "image \(n) with \(subset)")
      }
    }
  }

  /// Long layers let others work meanwhile, which changes no bit.
  @Test(
    arguments: [
      Architecture.tutorial(channels: 3, hidden: 11, height: 21), .akuru(),
      .crnn(channels: [3, 2, 4, 3, 5, 4, 3], hidden: 5),
    ])
  func layersBreatheWithoutChangingABit(_ architecture: Architecture) throws {
    let images = batch([47, 33, 33, 18, 6], architecture)
    let (still, breathing) = (try make(architecture), try make(architecture))
    let loss = try still.train(images)
    var breaths = 0
    breathing.model.workspace.progressHook = { breaths += 1 }
    #expect(try breathing.train(images).bitPattern == loss.bitPattern)
    expectSameBits(breathing.gradients, still.gradients, "gradients")
    // At least once in each time step of an LSTM, and in each convolution.
    let convolutions = architecture.stages.count { if case .convolution = $0 { true } else { false } }
    #expect(breaths >= architecture.sequenceLength(forWidth: 47) + convolutions)
  }

  @Test(arguments: models, [Float.nan, .infinity, -1e30, 3])
  func whatStandsInMemoryChangesNoBit(_ architecture: Architecture, garbage: Float) throws {
    let images = batch([47, 33, 33, 18, 6], architecture)
    let (clean, dirty) = (try make(architecture), try make(architecture))
    let loss = try clean.train(images, poison: 0)
    #expect(try dirty.train(images, poison: garbage).bitPattern == loss.bitPattern)
    expectSameBits(dirty.model.logits.value.elements, clean.model.logits.value.elements, "logits")
    expectSameBits(dirty.gradients, clean.gradients, "gradients")
    for (a, b) in zip(dirty.model.parameters.buffers, clean.model.parameters.buffers) {
      expectSameBits(a.statistic.elements, b.statistic.elements, a.name)
    }
    let moves = clean.gradients.contains { $0 != 0 }
    #expect(moves && loss.isFinite)
  }

  @Test(arguments: models)
  func earlierMicroBatchesLeaveNoTrace(_ architecture: Architecture) throws {
    let wide = batch([120, 77, 76], architecture)
    let (first, second) = (batch([50, 31, 9, 8], architecture, seed: 41), batch([52, 20], architecture, seed: 42))
    let (fresh, used) = (try make(architecture), try make(architecture))
    try used.train(wide)
    for images in [first, second, first] {
      let losses = (try fresh.train(images), try used.train(images))
      #expect(losses.0.bitPattern == losses.1.bitPattern)
      expectSameBits(used.gradients, fresh.gradients, "gradients")
    }
  }

  @Test(arguments: models)
  func gradientsOfMicroBatchesAdd(_ architecture: Architecture) throws {
    let (first, second) = (batch([50, 31, 9, 8], architecture, seed: 41), batch([52, 20], architecture, seed: 42))
    let run = try make(architecture)
    var sum: [Float] = []
    for images in [first, second] {
      try run.train(images)
      sum = sum.isEmpty ? run.gradients : zip(sum, run.gradients).map { $0 + $1 }
    }
    run.model.parameters.zeroGradients()
    for images in [first, second] {
      try run.load(images)
      _ = run.meanLoss(.training, gradient: true)
      run.model.backward()
    }
    expectClose(run.gradients, sum, relativeToMaximum: 1e-5)
  }

  /// Whatever stood there, between tensors too; with none, some and most of the weights frozen.
  @Test(arguments: models, [0, 2, -3])
  func gradientsAreOverwritten(_ architecture: Architecture, frozen: Int) throws {
    let images = batch([50, 31, 9, 8], architecture, seed: 41)
    let run = try make(architecture)
    let tensors = run.model.parameters.tensors
    let names = Set((frozen < 0 ? tensors.dropLast(-frozen) : tensors.prefix(frozen)).map(\.name))
    run.model.freeze { names.contains($0) }
    try run.train(images)
    let expected = run.gradients
    try run.load(images)
    run.model.parameters.gradients.fill(.nan)
    _ = run.meanLoss(.training, gradient: true)
    run.model.backward(overwriting: true) { _ in }
    expectSameBits(run.gradients, expected, "\(architecture.name)")
  }

  @Test(arguments: models)
  func memoryIsPlannedOnce(_ architecture: Architecture) throws {
    let run = try make(architecture)
    try run.model.reserve(images: 6, width: 90)
    let bytes = run.model.workspace.bytes
    let address = run.model.input.value.pointer
    for widths in [[90, 90, 90, 90, 90, 90], [90, 4], [50, 40, 40, 40, 39, 4], [4]] {
      try run.model.plan(widths: widths)
      #expect(run.model.workspace.bytes == bytes && run.model.input.value.pointer == address)
    }
    try run.model.plan(widths: [90, 90, 90, 90, 90, 90, 90])
    #expect(run.model.workspace.bytes > bytes)
  }

  @Test(arguments: models)
  func paddingBetweenWeightsStaysZero(_ architecture: Architecture) throws {
    let run = try make(architecture)
    try run.train(batch([47, 33, 6], architecture), poison: .nan)
    let parameters = run.model.parameters
    var owned = [Bool](repeating: false, count: parameters.count)
    for parameter in parameters.tensors {
      for i in 0..<parameter.value.count { owned[parameter.value.offset + i] = true }
    }
    let strays = owned.indices.filter {
      !owned[$0] && (parameters.values.base[$0] != 0 || parameters.gradients.base[$0] != 0)
    }
    #expect(strays.isEmpty && owned.contains(false))
  }

  @Test func loadWritesInkAndKeepsGaps() throws {
    var architecture = Architecture.akuru(height: 18, channels: [1, 1, 1, 1], hidden: 1)
    for inkIsPositive in [true, false] {
      architecture.inkIsPositive = inkIsPositive
      let run = try ModelRun(architecture, classes: 3)
      let images = batch([9, 7, 7], architecture)
      try run.load(images, poison: .nan)
      let input = run.model.input
      var expected = [Float](repeating: 0, count: 18 * input.layout.stride)
      for (n, image) in images.enumerated() {
        for (i, pixel) in image.pixels.enumerated() {
          let (y, x) = i.quotientAndRemainder(dividingBy: image.width)
          expected[y * input.layout.stride + input.layout.starts[n] + x] =
            Float(inkIsPositive ? 255 - Int(pixel) : Int(pixel)) / 255
        }
      }
      expectSameBits(input.value.elements, expected, "input")
    }
  }

  @Test func unfitWidthsAreErrors() throws {
    let model = try CRNN(architecture: .tutorial(hidden: 4), classes: 3)
    for widths in [[], [3], [8, 0], [8, -1], [7, 8], [20, 3]] {
      #expect(throws: ArchitectureError.self) { try model.plan(widths: widths) }
    }
    try model.plan(widths: [8, 8, 4])
    #expect(model.logits.layout.lengths == [2, 2, 1])
  }

  /// What is announced as complete no longer changes, and what remains is announced at last.
  @Test(arguments: [
    Architecture.tutorial(channels: 2, hidden: 5, height: 21), .akuru(height: 32, channels: [3, 4, 2, 3], hidden: 6),
  ])
  func gradientsAreCompleteWhenAnnounced(architecture: Architecture) throws {
    let run = try ModelRun(architecture, classes: 7)
    run.model.initialize(seed: 5)
    let images = TestImage.batch([41, 33, 30], for: architecture, classes: 7, seed: 6)
    try run.train(images)
    let expected = run.gradients
    try run.load(images)
    run.model.parameters.zeroGradients()
    _ = run.meanLoss(.training, gradient: true)
    var places = [expected.count]
    run.model.backward { from in
      expectSameBits(Array(run.gradients[from...]), Array(expected[from...]), "gradients from \(from)")
      places.append(from)
    }
    #expect(places.last == 0 && places == places.sorted(by: >))
    #expect(Set(places).count > architecture.stages.count { if case .maxPool = $0 { false } else { true } })
  }
}
