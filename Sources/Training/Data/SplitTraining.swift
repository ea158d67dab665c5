import DataPreparation
import Datasets
import Logging
import MessagePassing
import Messages

/// The training data in two parts: `--validation auto`.
struct SplitTraining {
  let train: DataSet
  let validation: DataSet
  /// What stayed together.
  let unit: SplitUnit

  /// The share of the images that is set aside.
  static let share = 0.1
  /// The largest share of a single page or folder, which is set aside where none fits ``share``.
  static let single = 0.25

  /// Reads the training data on every rank. The split is a function of texts and names, so all ranks, and resumed runs, have the same.
  ///
  /// - Throws: `DataSetError` for data that cannot be read or split.
  init(_ argument: String, _ reading: ReadingOptions, _ context: RunContext) throws {
    let split = try context.communicator.together {
      try ValidationSplit(
        DataSet.load(argument, reading, allowsWeights: true), share: SplitTraining.share, single: SplitTraining.single)
    }
    unit = split.unit
    if let warning = split.warning { context.log.warning("validation auto: \(warning)") }
    (train, validation) = split.dataSets
    let (held, rest) = (split.validation, split.train)
    let all = held.records.count + rest.records.count
    let groups = unit == .text ? "" : " of \(held.groups) of \(counted(held.groups + rest.groups, unit.name))"
    context.log.info(
      """
      validation auto: set aside by \(unit.name): \(counted(held.records.count, "image"))\(groups), with \
      \(counted(held.texts, "different text")), \(percent(Double(held.records.count) / Double(all))) of the images
      """)
  }
}
