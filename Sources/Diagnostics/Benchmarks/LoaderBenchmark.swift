import DataPreparation
import Datasets
import Foundation
import Images
import MessagePassing
import Messages
import NeuralNetwork
import Settings
import Tensors
import Training

/// Measures the preparation of training images, on one thread of each rank: decoding, resizing, augmenting, and whole
/// micro-batches as the loader builds them, from the files and from the cache of decoded images; then training steps
/// that a loader feeds, compared with steps on ready micro-batches.
package struct LoaderBenchmark {
  /// The measurements; the keys of `akuru bench loader --json`.
  package struct Result: Codable, Sendable {
    /// The rate of one stage.
    package struct Stage: Codable, Sendable {
      package let name: String
      /// The rate of the slowest rank while all work; median of the passes.
      package let imagesPerSecond: Double
      package let microsecondsPerImage: Double
    }
    package let model: String
    package let height: Int
    package let augment: String
    package let ranks: Int
    package let images: Int
    package let batchSize: Int
    package let microBatch: Int
    package let stages: [Stage]
    /// Median time of a step, without the optimizer, on ready micro-batches.
    package let readyStepMilliseconds: Double
    /// The same with micro-batches from a concurrent loader.
    package let loadedStepMilliseconds: Double
    /// ``loadedStepMilliseconds`` / ``readyStepMilliseconds``.
    package let stepRatio: Double
  }

  private let recipe: Recipe
  private let geometry: InputGeometry
  private let communicator: Communicator
  private let data: AuditedDataSet
  private let alphabet: Alphabet
  private let labels: LabelTable
  private let files: FileImageSource
  private let work: TrainingWork
  /// The folder of the cache of decoded images until ``run()`` ends.
  private let folder: String

  private static let passes = 5

  /// Loads up to `images` images, evenly spread over the data set.
  ///
  /// - Throws: `DataSetError` and `BadData`, which name unusable data; `ConfigurationError` for inconsistent
  ///   options.
  package init(
    _ path: String, _ reading: ReadingOptions, _ options: Overrides, images: Int, over communicator: Communicator
  ) throws {
    BLAS.useOneThread()
    self.communicator = communicator
    let (recipe, subset, letters) = try communicator.together {
      guard (1...1_000_000).contains(images) else {
        throw ConfigurationError("--images \(images): must be 1 to 1,000,000")
      }
      let (recipe, subset) = (try Recipe(options), try DataSet.load(path, reading).spread(images))
      return (recipe, subset, try Alphabet(texts: subset.records.map(\.text), direction: recipe.text.direction))
    }
    geometry = InputGeometry(
      try communicator.together { try recipe.model.architecture() }, maximumWidth: recipe.model.maxWidth,
      preparation: recipe.images.preparation)
    folder = try communicator.fromRankZero { "\(NSTemporaryDirectory())/akuru-bench-\(getpid())" }
    var data = try AuditedDataSet(
      subset, named: path, alphabet: letters, geometry: geometry, use: .training, skipBad: false,
      communicator: communicator, output: .silent)
    files = FileImageSource(data.dataSet, geometry: geometry)
    try data.cacheImages(in: folder, over: communicator, output: .silent)
    (self.recipe, self.data, alphabet) = (recipe, data, letters)
    let codec = LabelCodec(letters, direction: recipe.text.direction)
    labels = try communicator.together { try LabelTable(data.dataSet, codec) }
    let steps = (data.widths.count - 1) / recipe.batch.batchSize.last + 1
    work = try communicator.together {
      try TrainingWork(
        seed: recipe.course.seed, widths: data.widths, batchSize: BatchSize(recipe.batch.batchSize.last),
        microBatch: recipe.batch.microBatch,
        steps: 0..<steps, rank: 0, ranks: 1)
    }
  }

  /// Runs the passes, each with all images through all stages; the first is not counted.
  package func run() throws -> Result {
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
      model: recipe.model.model, height: recipe.model.height, augment: recipe.augmentation.augment.name ?? "of a file",
      ranks: communicator.size,
      images: data.dataSet.records.count, batchSize: recipe.batch.batchSize.last, microBatch: recipe.batch.microBatch,
      stages: stages,
      readyStepMilliseconds: feeding.ready * 1e3, loadedStepMilliseconds: feeding.loaded * 1e3,
      stepRatio: feeding.loaded / feeding.ready)
  }

  /// Decodes, resizes and augments each image separately; the clock is read between the stages.
  private func measureImages(_ times: inout Times) throws {
    let augmenter = Augmenter(recipe.augmentation.augment, seed: recipe.course.seed, geometry: geometry)
    let (image, augmented, images) = (ImageBuffer(), ImageBuffer(), RecordImages())
    for (i, record) in data.dataSet.records.enumerated() {
      let original = try timed(&times.decode) { try images.image(of: record) }
      try timed(&times.resize) { try geometry.fit(original, into: image) }
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
      source: source, labels: labels, geometry: geometry, augmentation: recipe.augmentation.augment,
      seed: recipe.course.seed)
  }

  /// Builds the micro-batches of an epoch.
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
  /// The results as a table for people.
  package var lines: [String] {
    var table = TextTable("stage", "images/s", "us an image")
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
  /// At most `count` of the records, evenly spaced.
  func spread(_ count: Int) -> DataSet {
    guard records.count > count else { return self }
    let kept = Set((0..<count).map { $0 * records.count / count })
    return removing(records.indices.filter { !kept.contains($0) })
  }
}
