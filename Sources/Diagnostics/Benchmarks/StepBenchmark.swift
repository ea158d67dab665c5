import Foundation
import MessagePassing
import NeuralNetwork
import Tensors
import Training

/// Measures training steps on random images of one width: forward, loss, backward, reduction and update, without data.
package struct StepBenchmark {
  private let workload: StepWorkload
  private let state: TrainingState
  private let loss = CTCLoss(classes: StepWorkload.classes)
  private let targets = LabelBatch()
  private let communicator: Communicator
  private let accumulator: GradientAccumulator
  /// This rank's micro-batches of a step; rank 0 has at least as many as any other.
  private let localCount: Int

  private var recipe: Recipe { workload.recipe }
  private var network: CRNN { state.network }
  private static let warmUpSteps = 3

  /// Collective.
  ///
  /// - Parameter overlaps: whether gradients are reduced during the backward pass; nil for the default of training.
  /// - Throws: `ArchitectureError` if the network cannot be built.
  package init(_ workload: StepWorkload, overlaps: Bool? = nil, over communicator: Communicator) throws {
    BLAS.useOneThread()
    (self.workload, self.communicator) = (workload, communicator)
    let letters = (0..<UInt32(StepWorkload.classes - 1)).map { Unicode.Scalar(0x4E00 + $0)! }
    state = try TrainingState(
      identity: RunIdentity(
        recipe: workload.recipe, architecture: try workload.recipe.model.architecture(),
        alphabet: .init(scalars: letters), blasCore: BLAS.coreName))
    accumulator = try GradientAccumulator(
      state.network, loss: loss, precision: workload.precision, overlaps: overlaps, over: communicator)
    localCount = (0..<workload.microBatches).count { $0 % communicator.size == communicator.rank }
  }

  /// Runs three warm-up steps, then the measured steps. All ranks return rank 0's measurements.
  package func run() throws -> Result {
    try prepare()
    var (times, exposed): ([Double], [Double]) = ([], [])
    var parts: [[LayerTime]] = []
    for number in 0..<workload.steps + StepBenchmark.warmUpSteps {
      try communicator.barrier()
      var seconds = 0.0
      var finishing = 0.0
      try timed(&seconds) { finishing = try step() }
      try communicator.barrier()
      let part = try stepInParts()
      guard number >= StepBenchmark.warmUpSteps else { continue }
      times.append(seconds)
      exposed.append(-finishing)
      parts.append(part)
    }
    times = try communicator.allreduceMax(times)
    exposed = try communicator.allreduceMax(exposed)
    let memory = try communicator.allreduceMax([peakMegabytes()])[0]

    let costs = state.identity.architecture.multiplyAdds(width: workload.width, classes: StepWorkload.classes)
    let images = Double(localCount * recipe.batch.microBatch)
    let layers = parts[0].indices.map { i in
      let (name, forward) = (parts[0][i].name, parts.map { $0[i].forward }.median)
      let backward = parts.map { $0[i].backward }.median
      let operations = images * (costs.first { $0.name == name }?.trainingOperations ?? 0)
      return Result.Layer(
        name: name, forwardMilliseconds: forward * 1e3, backwardMilliseconds: backward * 1e3,
        gflops: operations * 1e-9 / max(forward + backward, 1e-12))
    }
    let gflops = images * costs.reduce(0) { $0 + $1.trainingOperations } * 1e-9 / times.median
    let peak = peakGflops()
    return Result(
      model: recipe.model.model, ranks: communicator.size, batchSize: recipe.batch.batchSize.last,
      microBatch: recipe.batch.microBatch,
      height: recipe.model.height, width: workload.width,
      imagesPerSecond: Double(recipe.batch.batchSize.last) / times.median,
      stepMilliseconds: times.median * 1e3, minimumStepMilliseconds: times.min()! * 1e3,
      exposedSumMilliseconds: -exposed.median * 1e3, gflops: gflops,
      peakGflops: peak, peakShare: gflops / peak, layers: layers, peakMegabytes: memory)
  }

  /// Plans a micro-batch of noise with random labels; all micro-batches of the benchmark are this one.
  private func prepare() throws {
    network.initialize(seed: 1)
    var random = KeyedRandom(seed: 1, purpose: .test)
    for _ in 0..<recipe.batch.microBatch {
      targets.append(
        (0..<StepWorkload.labelLength).map { _ in Int32(1 + random.integer(below: StepWorkload.classes - 1)) })
    }
    try network.plan(widths: Array(repeating: workload.width, count: recipe.batch.microBatch))
    network.plan(loss, targets: targets)
    let pixels = (0..<workload.width * recipe.model.height).map { _ in UInt8(random.integer(below: 256)) }
    network.clearInput()
    for n in 0..<recipe.batch.microBatch {
      pixels.withUnsafeBufferPointer { network.load(image: n, pixels: $0.baseAddress!, width: workload.width) }
    }
  }

  /// One step, like that of `Trainer`.
  ///
  /// - Returns: the time to finish the sums.
  private func step() throws -> Double {
    var finishing = 0.0
    try accumulator.begin(
      microBatches: workload.microBatches, localCount: localCount, images: recipe.batch.batchSize.last)
    for _ in 0..<localCount { try accumulator.add(images: recipe.batch.microBatch) }
    try timed(&finishing) { try accumulator.finish() }
    update()
    return finishing
  }

  private func update() {
    let parameters = network.parameters
    _ = accumulator.takeStepGradients()
    // A rate of zero keeps the numbers in range over many steps on noise, and costs the same.
    state.optimizer.update(
      values: parameters.values.base, gradients: parameters.gradients.base, count: parameters.count, learningRate: 0,
      gradientScale: 1)
  }

  /// One step with its parts in sequence; returns the time of each.
  private func stepInParts() throws -> [LayerTime] {
    let images = recipe.batch.batchSize.last
    var layers: [LayerTime] = []
    var lossTime = LayerTime(name: "loss", forward: 0, backward: 0)
    var accumulateTime = LayerTime(name: "accumulate", forward: 0, backward: 0)
    var reduceTime = LayerTime(name: "reduce", forward: 0, backward: 0)
    var updateTime = LayerTime(name: "update", forward: 0, backward: 0)

    try timed(&accumulateTime.forward) {
      try accumulator.begin(microBatches: workload.microBatches, localCount: 0, images: images)
    }
    for _ in 0..<localCount {
      var times = network.forwardTimed(.training)
      let outcome = timed(&lossTime.forward) { network.run(loss, scale: 1 / Float(images)) }
      network.backwardTimed(&times)
      try timed(&accumulateTime.forward) {
        try accumulator.addGradients()
        accumulator.addStatistics(images: recipe.batch.microBatch, loss: outcome.sum)
      }
      for (i, time) in times.enumerated() {
        if layers.count < times.count { layers.append(LayerTime(name: time.name, forward: 0, backward: 0)) }
        layers[i].forward += time.forward
        layers[i].backward += time.backward
      }
    }
    try timed(&reduceTime.forward) { try accumulator.finish() }
    timed(&updateTime.forward) { update() }
    return layers + [lossTime, accumulateTime, reduceTime, updateTime]
  }

  /// Best rate of sgemm at 1024^3 in this process.
  private func peakGflops() -> Double {
    let n = 1024
    let (a, b, c) = (Matrix(rows: n, columns: n), Matrix(rows: n, columns: n), Matrix(rows: n, columns: n))
    a.fill(0.5)
    b.fill(0.25)
    let best = (0..<12).reduce(Double.infinity) { best, _ in
      var seconds = 0.0
      timed(&seconds) { gemm(m: n, n: n, k: n, a.pointer, lda: n, b.pointer, ldb: n, beta: 0, c.pointer, ldc: n) }
      return min(best, seconds)
    }
    return 2 * Double(n * n * n) / best * 1e-9
  }
}
