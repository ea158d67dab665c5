import Datasets
import Foundation
import Images
import MessagePassing
import Tensors

/// Measures what prepares training images, on one thread of each rank: decoding, resizing, augmenting, and whole
/// micro-batches as the loader makes them, from the files and from the cache of decoded images; then training steps that
/// a loader feeds, against steps on micro-batches that are ready.
public struct LoaderBenchmark {
  /// What was measured; the keys of `akuru bench loader --json`.
  public struct Result: Codable, Sendable {
    public struct Stage: Codable, Sendable {
      public let name: String
      /// Of one rank, the slowest, while all are at work; median of the passes.
      public let imagesPerSecond: Double
      public let microsecondsPerImage: Double
    }
    public let model: String
    public let height: Int
    public let augment: String
    public let ranks: Int
    public let images: Int
    public let batchSize: Int
    public let microBatch: Int
    public let stages: [Stage]
    /// Median time of a step, without the optimizer, on micro-batches that are ready.
    public let readyStepMilliseconds: Double
    /// The same while a loader makes them.
    public let loadedStepMilliseconds: Double
    /// The second over the first.
    public let stepRatio: Double
  }

  private let recipe: Recipe
  private let geometry: InputGeometry
  private let communicator: Communicator
  private let data: PreparedData
  private let alphabet: Alphabet
  private let labels: LabelTable
  private let files: FileImageSource
  private let work: TrainingWork
  /// Holds the cache of decoded images until ``run()`` ends.
  private let folder: String

  private static let passes = 5

  /// Loads up to `images` images, evenly spread over the data set.
  ///
  /// - Throws: `DataSetError` and ``BadData`` naming what cannot be used; ``ConfigurationError`` for options that do not
  ///   fit together.
  public init(_ path: String, _ options: TrainingOptions, images: Int, over communicator: Communicator) throws {
    BLAS.useOneThread()
    self.communicator = communicator
    let (recipe, subset, letters) = try communicator.together {
      guard (1...1_000_000).contains(images) else {
        throw ConfigurationError("--images \(images): must be 1 to 1,000,000")
      }
      let (recipe, subset) = (try Recipe(options), try DataSet.load(path).spread(images))
      return (recipe, subset, try Alphabet(texts: subset.records.map(\.text)))
    }
    geometry = InputGeometry(
      try communicator.together { try recipe.architecture() }, maximumWidth: recipe.maxWidth)
    folder = try communicator.fromRankZero { "\(NSTemporaryDirectory())/akuru-bench-\(getpid())" }
    var data = try PreparedData(
      subset, named: path, alphabet: letters, geometry: geometry, use: .training, skipBad: false,
      communicator: communicator, output: .silent)
    files = FileImageSource(data.dataSet, geometry: geometry)
    try data.cacheImages(in: folder, over: communicator, output: .silent)
    (self.recipe, self.data, alphabet) = (recipe, data, letters)
    labels = try communicator.together { try LabelTable(data.dataSet, alphabet: letters) }
    let steps = BatchPlan.stepCount(samples: data.widths.count, batchSize: recipe.batchSize)
    work = try communicator.together {
      try TrainingWork(
        seed: recipe.seed, widths: data.widths, batchSize: recipe.batchSize, microBatch: recipe.microBatch,
        steps: 0..<steps, rank: 0, ranks: 1)
    }
  }

  /// Every pass takes all images through all stages; the first one is not counted.
  public func run() throws -> Result {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (fromFiles, fromCache) = (builder(files), builder(data.source))
    var passes: [Times] = []
    for pass in 0...LoaderBenchmark.passes {
      try communicator.barrier()
      var times = try communicator.together {
        var times = Times()
        try measureImages(&times)
        try timed(&times.loaderFromFiles) { try build(fromFiles) }
        try timed(&times.loaderFromCache) { try build(fromCache) }
        return times
      }
      times.all = try communicator.allreduceMax(times.all)
      if pass > 0 { passes.append(times) }
    }
    let images = Double(data.dataSet.records.count)
    let stages = Times.names.enumerated().map { i, name in
      let seconds = passes.map { $0.all[i] }.median
      return Result.Stage(name: name, imagesPerSecond: images / seconds, microsecondsPerImage: seconds * 1e6 / images)
    }
    let feeding = try FeedingBenchmark(data, recipe, labels: labels, alphabet: alphabet, over: communicator).run()
    return Result(
      model: recipe.model, height: recipe.height, augment: recipe.augment.name ?? "of a file", ranks: communicator.size,
      images: data.dataSet.records.count, batchSize: recipe.batchSize, microBatch: recipe.microBatch, stages: stages,
      readyStepMilliseconds: feeding.ready * 1e3, loadedStepMilliseconds: feeding.loaded * 1e3,
      stepRatio: feeding.loaded / feeding.ready)
  }

  /// Decodes, resizes and augments each image by itself; the clock is read between the stages.
  private func measureImages(_ times: inout Times) throws {
    let augmenter = Augmenter(recipe.augment, seed: recipe.seed, geometry: geometry)
    let (image, augmented) = (ImageBuffer(), ImageBuffer())
    for (i, record) in data.dataSet.records.enumerated() {
      let bytes = try record.readImage()
      let original = try timed(&times.decode) { try ImageFile.decode(bytes) }
      timed(&times.resize) {
        let width = geometry.resizedWidth(width: original.width, height: original.height)
        image.reserve(width: width, height: geometry.height)
        original.withReadOnlyView { image.resampler.resize($0, into: image.view) }
      }
      try timed(&times.readCached) { try data.source.load(i, into: image) }
      timed(&times.augment) {
        let draw = augmenter.draw(image.view, epoch: 0, sample: i, neededSteps: labels.neededSteps(i))
        augmented.reserve(width: draw.width, height: geometry.height)
        augmenter.render(draw, image.view, into: augmented.view)
      }
    }
  }

  private func builder(_ source: any ImageSource) -> MicroBatchBuilder {
    MicroBatchBuilder(
      source: source, labels: labels, geometry: geometry, augmentation: recipe.augment, seed: recipe.seed)
  }

  /// Makes the micro-batches of an epoch.
  private func build(_ builder: MicroBatchBuilder) throws {
    let slot = MicroBatch()
    for item in work { try builder.build(item, into: slot) }
  }

  /// Seconds for all images.
  private struct Times {
    var decode = 0.0, resize = 0.0, augment = 0.0, readCached = 0.0, loaderFromFiles = 0.0, loaderFromCache = 0.0

    static let names = ["decode", "resize", "augment", "read cached", "loader from files", "loader from cache"]

    /// In the order of ``names``.
    var all: [Double] {
      get { [decode, resize, augment, readCached, loaderFromFiles, loaderFromCache] }
      set {
        (decode, resize, augment) = (newValue[0], newValue[1], newValue[2])
        (readCached, loaderFromFiles, loaderFromCache) = (newValue[3], newValue[4], newValue[5])
      }
    }
  }
}

extension LoaderBenchmark.Result {
  /// The table for people.
  public var lines: [String] {
    var table = BenchmarkTable("stage", "images/s", "us an image")
    for stage in stages {
      table.append(
        stage.name, stage.imagesPerSecond.formatted(decimals: 0), stage.microsecondsPerImage.formatted(decimals: 2))
    }
    return [
      "\(counted(images, "image")) to height \(height), augmentation \(augment), one thread of \(counted(ranks, "rank")), "
        + "batch \(batchSize) in micro-batches of \(microBatch)"
    ] + table.lines + [
      "a step without the optimizer: \(readyStepMilliseconds.formatted(decimals: 2)) ms on ready micro-batches, "
        + "\(loadedStepMilliseconds.formatted(decimals: 2)) ms with the loader at work, ratio "
        + stepRatio.formatted(decimals: 3)
    ]
  }
}

extension DataSet {
  /// At most `count` of the records, at even distances.
  fileprivate func spread(_ count: Int) -> DataSet {
    guard records.count > count else { return self }
    let kept = Set((0..<count).map { $0 * records.count / count })
    return removing(records.indices.filter { !kept.contains($0) })
  }
}
