import Datasets
import Instrumentation
import MessagePassing

/// The records of a run as they were read: no image was opened.
struct GroundTruth {
  let train: DataSet
  let validation: DataSet
  /// What stayed together where a part of the training data was set aside; nil without `--validation auto`.
  let splitUnit: SplitUnit?

  /// Reads the records, on every rank. Collective.
  /// - Throws: `DataSetError` for data that cannot be read or split.
  init(_ configuration: TrainingConfiguration, context: RunContext) throws {
    let communicator = context.communicator
    Heartbeat.enter(.audit, step: 0)
    let reading = try communicator.together {
      try configuration.run.data.readingOptions(text: configuration.recipe.text.policy)
    }
    if configuration.run.files.splitsTraining {
      let split = try SplitTraining(configuration.train, reading, context)
      (train, validation, splitUnit) = (split.train, split.validation, split.unit)
    } else {
      (train, validation) = try communicator.together {
        (
          try DataSet.load(configuration.train, reading, allowsWeights: true),
          try DataSet.load(configuration.validation, reading)
        )
      }
      splitUnit = nil
    }
  }
}
