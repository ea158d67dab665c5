import Datasets
import Files
import Foundation
import Logging
import Messages

/// The output of `akuru split --json`.
package struct SplitSummary: Encodable, Sendable {
  package struct Part: Encodable, Sendable {
    package let file: String
    package let records: Int
    /// Distinct texts.
    package let texts: Int

    init(_ part: ValidationSplit.Part, _ file: String) {
      (self.file, records, texts) = (file, part.lines.count, part.texts)
    }
  }

  package let train: Part
  package let validation: Part
}

/// Writes `train.jsonl` and `validation.jsonl` of a data set: `akuru split`.
///
/// - Parameters:
///   - share: the largest share of images for validation.
///   - output: the folder of the two files; nil is the data set's only folder.
/// - Throws: `DataSetError` for data that cannot be split, `ConfigurationError` for files that exist, `FileError`.
package func splitData(
  _ argument: String, _ reading: ReadingOptions, share: Double, output: String?, log: Logger
) throws -> SplitSummary {
  let dataSet = try DataSet.load(argument, reading)
  guard let first = dataSet.records.first, output != nil || dataSet.folders.count == 1 else {
    throw ConfigurationError("--output is missing: give the folder above \(argument), for the two files")
  }
  guard output?.isEmpty != true else { throw ConfigurationError("--output is empty: give a folder for the two files") }
  let folder = URL(fileURLWithPath: output ?? first.folder, isDirectory: true)
  let (train, validation) = (
    folder.appendingPathComponent("train.jsonl").relativePath,
    folder.appendingPathComponent("validation.jsonl").relativePath
  )
  try requireNewFile(train)
  try requireNewFile(validation)
  for file in dataSet.leftOut { log.warning("left out: \(file)") }
  let split = try ValidationSplit(dataSet, share: share, in: folder.path)
  try AtomicFile.write(split.train.file, to: train)
  do {
    try AtomicFile.write(split.validation.file, to: validation)
  } catch {
    // One file without the other would look complete.
    unlink(train)
    throw error
  }
  return SplitSummary(train: .init(split.train, train), validation: .init(split.validation, validation))
}

extension ValidationSplit.Part {
  /// The bytes of the metadata.jsonl.
  fileprivate var file: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }
}
