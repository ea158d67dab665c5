import Datasets
import Foundation
import Images
import MessagePassing

/// Measures what prepares training images, on one thread of each rank: decoding, resizing, augmenting, and whole
/// micro-batches as the loader makes them, from the files and from images that are already resized.
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
  }

  private let recipe: Recipe
  private let geometry: InputGeometry
  private let communicator: Communicator
  private let dataSet: DataSet
  private let labels: LabelTable
  private let files: FileImageSource
  private let resized: any ImageSource
  private let work: TrainingWork

  private static let passes = 5

  /// Loads up to `images` images, evenly spread over the data set.
  ///
  /// - Throws: `DataSetError` naming what cannot be used; ``ConfigurationError`` for options that do not fit together.
  public init(_ data: String, _ options: TrainingOptions, images: Int, over communicator: Communicator) throws {
    guard (1...1_000_000).contains(images) else {
      throw ConfigurationError("--images \(images): must be 1 to 1,000,000")
    }
    recipe = try Recipe(options)
    geometry = InputGeometry(recipe.architecture(), maximumWidth: recipe.maxWidth)
    self.communicator = communicator
    dataSet = try DataSet.load(data).spread(images)
    let count = dataSet.records.count
    labels = try LabelTable(dataSet, alphabet: Alphabet(texts: dataSet.records.map(\.text)))
    files = FileImageSource(dataSet, geometry: geometry)
    let memory = try ImagesInMemory(files, count: count)
    resized = memory
    work = try TrainingWork(
      seed: recipe.seed, widths: memory.widths, batchSize: recipe.batchSize, microBatch: recipe.microBatch,
      steps: 0..<BatchPlan.stepCount(samples: count, batchSize: recipe.batchSize), rank: 0, ranks: 1)
  }

  /// Every pass takes all images through all stages; the first one is not counted.
  public func run() throws -> Result {
    let (fromFiles, fromResized) = (builder(files), builder(resized))
    var passes: [Times] = []
    for pass in 0...LoaderBenchmark.passes {
      try communicator.barrier()
      var times = try communicator.together {
        var times = Times()
        try measureImages(&times)
        try timed(&times.loaderFromFiles) { try build(fromFiles) }
        try timed(&times.loaderFromResized) { try build(fromResized) }
        return times
      }
      times.all = try communicator.allreduceMax(times.all)
      if pass > 0 { passes.append(times) }
    }
    let images = Double(dataSet.records.count)
    let stages = Times.names.enumerated().map { i, name in
      let seconds = passes.map { $0.all[i] }.median
      return Result.Stage(name: name, imagesPerSecond: images / seconds, microsecondsPerImage: seconds * 1e6 / images)
    }
    return Result(
      model: recipe.model, height: recipe.height, augment: recipe.augment.rawValue, ranks: communicator.size,
      images: dataSet.records.count, batchSize: recipe.batchSize, microBatch: recipe.microBatch, stages: stages)
  }

  /// Decodes, resizes and augments each image by itself; the clock is read between the stages.
  private func measureImages(_ times: inout Times) throws {
    let augmenter = Augmenter(recipe.augmentation, seed: recipe.seed, geometry: geometry)
    let (image, augmented) = (ImageBuffer(), ImageBuffer())
    for (i, record) in dataSet.records.enumerated() {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: record.absolutePath)))
      let original = try timed(&times.decode) { try PNG.decode(bytes) }
      timed(&times.resize) {
        let width = geometry.resizedWidth(width: original.width, height: original.height)
        image.reserve(width: width, height: geometry.height)
        original.withReadOnlyView { image.resampler.resize($0, into: image.view) }
      }
      try timed(&times.readResized) { try resized.load(i, into: image) }
      timed(&times.augment) {
        let draw = augmenter.draw(image.view, epoch: 0, sample: i, neededSteps: labels.neededSteps(i))
        augmented.reserve(width: draw.width, height: geometry.height)
        augmenter.render(draw, image.view, into: augmented.view)
      }
    }
  }

  private func builder(_ source: any ImageSource) -> MicroBatchBuilder {
    MicroBatchBuilder(
      source: source, labels: labels, geometry: geometry, augmentation: recipe.augmentation, seed: recipe.seed)
  }

  /// Makes the micro-batches of an epoch.
  private func build(_ builder: MicroBatchBuilder) throws {
    let slot = MicroBatch()
    for item in work { try builder.build(item, into: slot) }
  }

  /// Seconds for all images.
  private struct Times {
    var decode = 0.0, resize = 0.0, augment = 0.0, readResized = 0.0, loaderFromFiles = 0.0, loaderFromResized = 0.0

    static let names = ["decode", "resize", "augment", "read resized", "loader from files", "loader from resized"]

    /// In the order of ``names``.
    var all: [Double] {
      get { [decode, resize, augment, readResized, loaderFromFiles, loaderFromResized] }
      set {
        (decode, resize, augment) = (newValue[0], newValue[1], newValue[2])
        (readResized, loaderFromFiles, loaderFromResized) = (newValue[3], newValue[4], newValue[5])
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
    ] + table.lines
  }
}

/// Resized images, ready to be copied.
private struct ImagesInMemory: ImageSource {
  private(set) var widths: [Int] = []
  private var pixels: [[UInt8]] = []
  private var height = 0

  /// Loads all images of another source.
  init(_ source: some ImageSource, count: Int) throws {
    let image = ImageBuffer()
    for sample in 0..<count {
      try source.load(sample, into: image)
      height = image.height
      widths.append(image.width)
      pixels.append(Array(UnsafeBufferPointer(start: image.view.pixels, count: image.view.count)))
    }
  }

  func load(_ sample: Int, into image: ImageBuffer) {
    image.reserve(width: widths[sample], height: height)
    pixels[sample].withUnsafeBufferPointer { image.view.pixels.update(from: $0.baseAddress!, count: $0.count) }
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
