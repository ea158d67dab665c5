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
    /// Pages, folders or texts, see ``SplitSummary/by``.
    package let groups: Int

    init(_ part: ValidationSplit.Part, _ file: String) {
      (self.file, records, texts, groups) = (file, part.records.count, part.texts, part.groups)
    }
  }

  /// What stayed together.
  package let by: SplitUnit
  package let train: Part
  package let validation: Part

  /// A line for each file.
  package var lines: [String] {
    [train, validation].map { part in
      let groups = by == .text ? "" : " of \(counted(part.groups, by.name))"
      return "\(part.file.onOneLine): \(part.records) records\(groups) of \(part.texts) different texts"
    }
  }
}

/// Writes `train.jsonl` and `validation.jsonl` of a data set: `akuru split`.
///
/// - Parameters:
///   - unit: what stays together; nil is by the data set, see `ValidationSplit`.
///   - share: the largest share of images for validation.
///   - output: the folder of the two files, which is created; nil is the data set's only folder.
/// - Throws: `DataSetError` for data that cannot be split, `ConfigurationError` for files that exist, `FileError`.
package func splitData(
  _ argument: String, _ reading: ReadingOptions, by unit: SplitUnit?, share: Double, output: String?, log: Logger
) throws -> SplitSummary {
  guard output?.isEmpty != true else { throw ConfigurationError("--output is empty: give a folder for the two files") }
  let dataSet = try DataSet.load(argument, reading)
  guard let first = dataSet.records.first, output != nil || dataSet.folders.count == 1 else {
    throw ConfigurationError("--output is missing: give a folder for the two files of \(argument)")
  }
  let folder = URL(fileURLWithPath: output ?? first.folder, isDirectory: true)
  let (train, validation) = (
    folder.appendingPathComponent("train.jsonl").relativePath,
    folder.appendingPathComponent("validation.jsonl").relativePath
  )
  try requireNewFile(train)
  try requireNewFile(validation)
  try refusing(output) { try requireWritable(folder.path, for: train) }
  for note in dataSet.notes { log.warning("\(note)") }
  for record in dataSet.records {
    if let fault = record.fault { log.warning("left out: \("\(record.absolutePath): \(fault)".onOneLine)") }
  }
  let split = try ValidationSplit(dataSet, by: unit, share: share)
  if let warning = split.warning { log.warning("\(warning)") }
  try refusing(output) {
    try createFolder(folder.path)
    let lists = try split.lists(in: folder.path)
    if lists.leadsOut { warnOfPathsOutside(of: "\(train) and \(validation)", log) }
    try write(lists, train, validation)
  }
  return SplitSummary(
    by: split.unit, train: .init(split.train, train), validation: .init(split.validation, validation))
}

/// Names `--output` as the remedy if the folder of the data set refuses the files.
private func refusing(_ output: String?, _ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as FileError where output == nil {
    throw RefusedOutput(error)
  }
}

private func write(_ lists: ValidationSplit.Lists, _ train: String, _ validation: String) throws {
  func bytes(_ lines: [String]) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }
  // One file without the other would look complete.
  Leftovers.begin(train)
  defer { Leftovers.finished(train) }
  try AtomicFile.write(bytes(lists.train), to: train)
  do {
    try AtomicFile.write(bytes(lists.validation), to: validation)
  } catch {
    unlink(train)
    throw error
  }
}

/// Says that a list names images by absolute paths.
///
/// - Parameter files: what was written.
package func warnOfPathsOutside(of files: String, _ log: Logger) {
  log.warning("images are outside of the folder of \(files), so absolute paths name them: read it with --allow-outside")
}

/// The folder of the data set, where the output goes by default, refuses it.
private struct RefusedOutput: Error, ExitStatusProviding, CustomStringConvertible {
  let description: String
  let exitStatus: ExitStatus

  init(_ error: FileError) {
    description =
      "cannot \(error.action) \(error.path): \(error.reason); write the two files elsewhere with --output DIR".onOneLine
    exitStatus = error.exitStatus
  }
}
