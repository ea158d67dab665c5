import Foundation
import MessagePassing
import NeuralNetwork
import Tensors

/// Measures training steps on random images of one width: forward, loss, backward, reduction and update, without data.
public struct StepBenchmark {
  /// What was measured; the keys of `akuru bench step --json`.
  public struct Result: Codable, Sendable {
    public struct Layer: Codable, Sendable {
      public let name: String
      public let forwardMilliseconds: Double
      public let backwardMilliseconds: Double
      /// Billions of floating-point operations a second, forward and backward; 0 for layers that multiply nothing.
      public let gflops: Double
    }
    public let model: String
    public let ranks: Int
    public let batchSize: Int
    public let microBatch: Int
    public let width: Int
    /// Images of a step over the median time of a step, all ranks together.
    public let imagesPerSecond: Double
    public let stepMilliseconds: Double
    /// Of one rank.
    public let gflops: Double
    /// Largest sgemm rate found on this rank.
    public let peakGflops: Double
    /// gflops / peakGflops.
    public let peakShare: Double
    /// One micro-batch of this rank, layer by layer.
    public let layers: [Layer]
    /// Largest resident memory of a rank so far.
    public let peakMegabytes: Double
  }

  private let recipe: Recipe
  private let width: Int
  private let steps: Int
  private let state: TrainingState
  private let loss: CTCLoss
  private let targets = LabelBatch()
  private let communicator: Communicator
  private let sum: GradientSum

  private static let classes = 80
  private static let labelLength = 8

  /// - Parameter overlaps: whether gradients are reduced during the backward pass; nil as in training.
  /// - Throws: ``ConfigurationError`` for options that do not fit together.
  public init(
    _ options: TrainingOptions, width: Int, steps: Int, overlaps: Bool? = nil, over communicator: Communicator
  ) throws {
    BLAS.useOneThread()
    recipe = try Recipe(options)
    (self.width, self.steps, self.communicator) = (width, steps, communicator)
    let letters = (0..<UInt32(StepBenchmark.classes - 1)).map { Unicode.Scalar(0x4E00 + $0)! }
    state = try TrainingState(
      identity: .init(
        recipe: recipe, architecture: recipe.architecture(), alphabet: .init(scalars: letters), scheduleSteps: nil,
        trainFingerprint: "", validationFingerprint: "", blasCore: BLAS.coreName))
    loss = CTCLoss(classes: StepBenchmark.classes)
    sum = GradientSum(state.network, loss: loss, integers: 0, overlaps: overlaps, over: communicator)
    let available = recipe.architecture().sequenceLength(forWidth: width)
    guard available >= 2 * StepBenchmark.labelLength else {
      throw ConfigurationError("--width \(width): too narrow, it gives \(available) time steps; 16 are needed")
    }
  }

  /// Runs three steps to warm up, then `steps` steps, and times the layers of a micro-batch.
  public func run() throws -> Result {
    let network = state.network
    network.initialize(seed: 1)
    var random = KeyedRandom(seed: 1, purpose: .test)
    for _ in 0..<recipe.microBatch {
      targets.append(StepBenchmark.label(&random))
    }
    try network.plan(widths: Array(repeating: width, count: recipe.microBatch))
    loss.plan(network.logits, targets: targets, in: network.workspace)
    network.workspace.commit()
    let pixels = (0..<width * recipe.height).map { _ in UInt8(random.integer(below: 256)) }
    network.clearInput()
    for n in 0..<recipe.microBatch {
      pixels.withUnsafeBufferPointer { network.load(image: n, pixels: $0.baseAddress!, width: width) }
    }

    let microBatches = recipe.batchSize / recipe.microBatch
    let mine = (0..<microBatches).count { $0 % communicator.size == communicator.rank }
    var times: [Double] = []
    for step in 0..<steps + 3 {
      try communicator.barrier()
      let start = ContinuousClock.now
      try self.step(microBatches: microBatches, mine: mine)
      if step >= 3 { times.append(start.duration(to: .now).seconds) }
    }
    let seconds = try communicator.allreduceMax(times).sorted()[times.count / 2]
    let costs = recipe.architecture().multiplyAdds(width: width, classes: StepBenchmark.classes)
    let operations = costs.reduce(0) { $0 + $1.trainingOperations } * Double(mine * recipe.microBatch)
    let peak = peakRate()
    return Result(
      model: recipe.model, ranks: communicator.size, batchSize: recipe.batchSize, microBatch: recipe.microBatch,
      width: width, imagesPerSecond: Double(recipe.batchSize) / seconds, stepMilliseconds: seconds * 1e3,
      gflops: operations / seconds * 1e-9, peakGflops: peak, peakShare: operations / seconds * 1e-9 / peak,
      layers: layers(costs), peakMegabytes: try communicator.allreduceMax([peakMemory()])[0])
  }

  private static func label(_ random: inout KeyedRandom) -> [Int32] {
    (0..<labelLength).map { _ in Int32(1 + random.integer(below: classes - 1)) }
  }

  private func step(microBatches: Int, mine: Int) throws {
    let store = state.network.store
    try sum.begin(microBatches: microBatches, mine: mine, images: recipe.batchSize)
    for _ in 0..<mine { try sum.add(images: recipe.microBatch) }
    try sum.finish()
    sum.reducer.gradients(into: store.gradients.base)
    // A rate of zero keeps the numbers in range over many steps on noise, and costs the same.
    state.optimizer.update(
      values: store.values.base, gradients: store.gradients.base, count: store.count, learningRate: 0, gradientScale: 1)
  }

  /// Median times of each layer for one micro-batch.
  private func layers(_ costs: [LayerCost]) -> [Result.Layer] {
    let network = state.network
    var samples: [[LayerTime]] = []
    for _ in 0..<7 {
      var times = network.forwardTimed(.training)
      let start = ContinuousClock.now
      _ = loss.run(scale: 1 / Float(recipe.batchSize))
      let ctc = LayerTime(name: "ctc", forward: start.duration(to: .now).seconds, backward: 0)
      network.store.zeroGradients()
      network.backwardTimed(&times)
      samples.append(times + [ctc])
    }
    return samples[0].indices.map { i in
      let forward = samples.map { $0[i].forward }.sorted()[3]
      let backward = samples.map { $0[i].backward }.sorted()[3]
      let cost = costs.first { $0.name == samples[0][i].name }?.trainingOperations ?? 0
      return Result.Layer(
        name: samples[0][i].name, forwardMilliseconds: forward * 1e3, backwardMilliseconds: backward * 1e3,
        gflops: cost * Double(recipe.microBatch) / max(forward + backward, 1e-12) * 1e-9)
    }
  }

  /// Best rate of sgemm at 1024^3 in this process, in GFLOP/s.
  private func peakRate() -> Double {
    let n = 1024
    let (a, b, c) = (Matrix(rows: n, columns: n), Matrix(rows: n, columns: n), Matrix(rows: n, columns: n))
    a.fill(0.5)
    b.fill(0.25)
    var best = Double.infinity
    for _ in 0..<12 {
      let start = ContinuousClock.now
      gemm(m: n, n: n, k: n, a.pointer, lda: n, b.pointer, ldb: n, beta: 0, c.pointer, ldc: n)
      best = min(best, start.duration(to: .now).seconds)
    }
    return 2 * Double(n * n * n) / best * 1e-9
  }

  private func peakMemory() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
  }
}

extension StepBenchmark.Result {
  /// The table for people.
  public var lines: [String] {
    func cell(_ value: Double, _ decimals: Int) -> String {
      let text = value.formatted(decimals: decimals)
      return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }
    var lines = [
      "\(model), \(ranks) rank\(ranks == 1 ? "" : "s"), batch \(batchSize) in micro-batches of \(microBatch), width \(width)",
      "\(imagesPerSecond.formatted(decimals: 1)) images/s, \(stepMilliseconds.formatted(decimals: 2)) ms a step, "
        + "\(gflops.formatted(decimals: 1)) GFLOP/s a rank, \(percent(peakShare)) of sgemm's "
        + "\(peakGflops.formatted(decimals: 1)), \(peakMegabytes.formatted(decimals: 0)) MB a rank",
      "layer             forward  backward   GFLOP/s",
    ]
    for layer in layers {
      let name = layer.name + String(repeating: " ", count: max(0, 15 - layer.name.count))
      lines.append(
        name + cell(layer.forwardMilliseconds, 3) + cell(layer.backwardMilliseconds, 3) + cell(layer.gflops, 1))
    }
    return lines
  }
}
