import Console
import Datasets
import Foundation
import Instrumentation
import MessagePassing
import Messages

/// A data set that passed the audit, with what plans and loader need.
package struct AuditedDataSet {
  package let dataSet: DataSet
  /// Width of each image after resizing, in pixels.
  package let widths: [Int]
  package let geometry: InputGeometry
  /// The number of occurrences of each letter in the texts.
  package let scalarCounts: [ScalarCount]
  /// Digests of the image files' contents, see `AuditResult.goodDigests`.
  let digests: [UInt8]
  /// Lines of pages that the audit cut, until they are cached, and the index of each record among them.
  var lines: (prepared: PreparedLines, indices: [Int])?
  /// The source of the images: the files, until ``cacheImages(in:over:output:)`` replaces it by a cache.
  package var source: any ImageSource

  /// Reads a data set on every rank and audits a share on each; skips bad records or throws. Collective.
  ///
  /// - Parameters:
  ///   - reading: how it is read, and what happens to its texts.
  ///   - alphabet: letters that labels may use; nil allows all.
  ///   - use: the purpose of the records, see `Audit`.
  ///   - allowsWeights: whether folders may have weights.
  /// - Throws: `BadData` that names the first bad records, unless `skipBad`.
  package init(
    _ argument: String, _ reading: ReadingOptions, alphabet: Alphabet?, geometry: InputGeometry, use: Audit.Use,
    allowsWeights: Bool = false, skipBad: Bool, communicator: Communicator, output: RunLog
  ) throws {
    let whole = try communicator.together { try DataSet.load(argument, reading, allowsWeights: allowsWeights) }
    try self.init(
      whole, named: argument, alphabet: alphabet, geometry: geometry, use: use, skipBad: skipBad,
      communicator: communicator, output: output)
  }

  /// The same for a data set that is already read.
  ///
  /// - Parameter cache: the folder if ``cacheImages(in:over:output:)`` follows: lines of pages are kept for it, and the audit is
  ///   remembered there.
  package init(
    _ whole: DataSet, named argument: String, alphabet: Alphabet?, geometry: InputGeometry, use: Audit.Use,
    skipBad: Bool, cache: String? = nil, communicator: Communicator, output: RunLog
  ) throws {
    let log = output.logger()
    try communicator.requireAgreement(on: [("the data set \(argument.onOneLine)", whole.fingerprint)])
    let lines = cache != nil && whole.records.contains { $0.page != nil } ? PreparedLines() : nil
    let audit = try audit(
      Audit(whole, geometry: geometry, alphabet: alphabet, use: use, keeping: lines), rememberedIn: cache,
      over: communicator, output: output)
    let (problems, warnings) = (audit.problems, audit.warnings)
    for warning in audit.foremostWarnings(10) { log.warning("\(warning)") }
    if warnings.count > 10 { log.warning("\(argument): \(warnings.count - 10) more warnings; akuru check lists them") }
    if !problems.isEmpty {
      guard skipBad else { throw BadData(argument, audit) }
      for problem in problems { log.warning("left out: \(problem)") }
      log.warning("\(argument): left out \(BadData.count(audit)), of \(counted(whole.records.count, "record"))")
    }
    let good = audit.good(of: whole)
    (dataSet, widths) = (good.dataSet, good.widths)
    self.lines = lines.map { ($0, good.indices) }
    guard !dataSet.records.isEmpty else { throw BadData(nothingLeftOf: argument) }
    digests = audit.goodDigests
    scalarCounts = audit.scalarCounts
    self.geometry = geometry
    source = FileImageSource(dataSet, geometry: geometry)
  }

  /// What this validation set has in common with a training set.
  package func shared(with training: AuditedDataSet) -> SharedData {
    SharedData(of: dataSet, with: training.dataSet, images: AuditResult.shared(digests, with: training.digests))
  }

  /// Prepares this rank's micro-batches in the background.
  package func loader(
    _ work: some Sequence<WorkItem> & Sendable, labels: LabelTable, augmentation: Augmentation = .none,
    seed: UInt64 = 0, bounds: MicroBatchBounds? = nil, cancelWork: @escaping () -> Void = {}
  ) -> MicroBatchLoader {
    MicroBatchLoader(
      source: source, labels: labels, geometry: geometry, augmentation: augmentation, seed: seed, work: work,
      bounds: bounds, cancelWork: cancelWork)
  }
}

/// Records that cannot be used; exit status 3.
struct BadData: CollectiveFailure, ExitStatusProviding, CustomStringConvertible {
  let description: String
  var exitStatus: ExitStatus { .badData }

  /// Lists the first problems, one per line.
  init(_ argument: String, _ audit: AuditResult) {
    let problems = audit.problems
    let named = problems.prefix(10).map { "\n  \($0)" }.joined()
    let more = problems.count > 10 ? "\n  ... and \(problems.count - 10) more" : ""
    let remedy = "mend them, or leave them out with --skip-bad"
    description = "\(argument.onOneLine): \(BadData.count(audit)); \(remedy)\(named)\(more)"
  }

  /// All records were bad and skipped.
  init(nothingLeftOf argument: String) {
    description = "\(argument.onOneLine): all records are bad, no usable record is left; mend them"
  }

  /// "2 bad records and 1 file without a partner".
  static func count(_ audit: AuditResult) -> String {
    let (records, files) = (audit.badRecords.count, audit.problems.count { $0.record == nil })
    let parts = [(records, counted(records, "bad record")), (files, "\(counted(files, "file")) without a partner")]
    return parts.filter { $0.0 > 0 }.map(\.1).joined(separator: " and ")
  }
}
