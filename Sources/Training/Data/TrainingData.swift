import DataPreparation
import Datasets
import Foundation
import Instrumentation
import MessagePassing
import Messages
import NeuralNetwork

/// The training and validation data of a run.
struct TrainingData {
  private(set) var train: AuditedDataSet
  private(set) var validation: AuditedDataSet
  let codec: LabelCodec
  /// Encoded training labels.
  private let labels: LabelTable
  /// The number of draws per epoch of the training images.
  private let mixture: Mixture
  /// Widths of all draws of the training images.
  private let widths: [Int]

  /// Audits the records on all ranks, and encodes their texts. Collective.
  ///
  /// - Parameters:
  ///   - resumed: the alphabet of the resumed run.
  ///   - pretrained: the initial network of a new run.
  init(
    _ records: GroundTruth, _ configuration: TrainingConfiguration, architecture: Architecture,
    alphabet resumed: Alphabet?, pretrained: PretrainedNetwork.Description? = nil, context: RunContext
  ) throws {
    let (communicator, output, log) = (context.communicator, context.output, context.log)
    let (files, recipe) = (configuration.run.files, configuration.recipe)
    let given = try communicator.together {
      let given = try files.alphabet.map { try Alphabet(fileURL: URL(fileURLWithPath: $0)) }
      // The letters of a run that began with a model are more than those of the file.
      let isExtended = configuration.run.start.initFrom != nil
      if let given, let resumed, given != resumed, !(isExtended && given.scalars.allSatisfy(resumed.contains)) {
        throw ConfigurationError(
          option: "alphabet", " is not the alphabet of the run that is resumed; leave the option out")
      }
      return given
    }
    let geometry = InputGeometry(
      architecture, maximumWidth: recipe.model.maxWidth, preparation: recipe.images.preparation)
    func audited(
      _ whole: DataSet, _ argument: String, _ alphabet: Alphabet?, use: Audit.Use
    ) throws -> AuditedDataSet {
      try AuditedDataSet(
        whole, named: argument, alphabet: alphabet, geometry: geometry, use: use, skipBad: files.skipBad,
        cache: files.cacheFolder, communicator: communicator, output: output)
    }
    train = try audited(records.train, configuration.train, resumed ?? given, use: .training)
    let texts = train.dataSet.records.map(\.text)
    let letters = try communicator.together {
      let letters = try resumed ?? given ?? Alphabet(texts: texts, direction: recipe.text.direction)
      guard let pretrained else { return letters }
      return try configuration.run.start.alphabetChange.alphabet(
        old: pretrained.alphabet, wanted: letters, path: pretrained.path)
    }
    codec = LabelCodec(letters, direction: recipe.text.direction)
    try communicator.requireAgreement(on: [("the alphabet", letters.hash)])
    let name = records.splitUnit == nil ? configuration.validation : "\(configuration.train), set aside"
    validation = try audited(records.validation, name, letters, use: .evaluation)
    for line in validation.shared(with: train).warnings(afterSplitBy: records.splitUnit) { log.warning("\(line)") }
    let (encoded, codec) = (train.dataSet, codec)
    labels = try communicator.together { try LabelTable(encoded, codec) }
    let mixture = try communicator.together {
      try recipe.course.mixture.map { try Mixture(counts: encoded.countsOfFolders, weights: $0) }
        ?? Mixture(samples: encoded.records.count)
    }
    (self.mixture, widths) = (mixture, mixture.repeated(train.widths))
  }

  var alphabet: Alphabet { codec.alphabet }

  /// Images per epoch, counting each draw.
  var drawCount: Int { mixture.drawCount }

  /// Decodes all images once into a file, from which the ranks of a machine read them later.
  mutating func cacheImages(in folder: String, context: RunContext) throws {
    try train.cacheImages(in: folder, over: context.communicator, output: context.output)
    try validation.cacheImages(in: folder, over: context.communicator, output: context.output)
  }

  /// Assigns the steps of a run to the ranks.
  ///
  /// - Parameters:
  ///   - auditEvery: steps between audits.
  ///   - checkpointEvery: steps between checkpoints; nil if there is one at the end of each epoch.
  func scheduler(
    _ recipe: Recipe, _ calendar: StepCalendar, steps: Range<Int>, auditEvery: Int, checkpointEvery: Int?,
    _ communicator: Communicator
  ) throws -> MicroBatchScheduler {
    var work = try TrainingWork(
      seed: recipe.course.seed, widths: train.widths, batchSize: calendar.batchSize,
      microBatch: calendar.microBatch, images: calendar.images, mixture: mixture, steps: steps,
      rank: communicator.rank, ranks: communicator.size)
    (work.auditEvery, work.checkpointEvery) = (auditEvery, checkpointEvery)
    return MicroBatchScheduler(work)
  }

  /// Builds micro-batches on the calling thread.
  func builder(_ recipe: Recipe) -> MicroBatchBuilder {
    MicroBatchBuilder(
      source: train.source, labels: labels, geometry: train.geometry, augmentation: recipe.augmentation.augment,
      seed: recipe.course.seed)
  }

  /// Upper bounds of every micro-batch.
  func bounds(_ recipe: Recipe) -> MicroBatchBounds {
    MicroBatchBounds(
      microBatch: recipe.batch.microBatch, widths: widths, labels: labels, geometry: train.geometry,
      augmentation: recipe.augmentation.augment)
  }

  /// Prepares the micro-batches that are assigned to this rank.
  func loader(_ recipe: Recipe, _ queue: WorkQueue, bounds: MicroBatchBounds) -> MicroBatchLoader {
    func loader(_ work: some Sequence<WorkItem> & Sendable) -> MicroBatchLoader {
      train.loader(
        work, labels: labels, augmentation: recipe.augmentation.augment, seed: recipe.course.seed, bounds: bounds,
        cancelWork: queue.cancel)
    }
    return Faults.areInjected ? loader(FaultyWork(work: queue)) : loader(queue)
  }
}
