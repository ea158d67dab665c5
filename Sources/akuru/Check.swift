import ArgumentParser
import Console
import DataPreparation
import Datasets
import Files
import Foundation
import Logging
import MessagePassing
import Messages

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check data sets for records that would stop training.",
    discussion: """
      Examples:
        akuru check data/train data/val
        akuru check data/train --fix data/train/clean.jsonl
        akuru check data/train --suspects look.tsv

      The command lists unreadable and too small images, empty labels, labels that need more time steps than their image \
      has, letters outside a given alphabet, labels whose order a page does not tell (--direction), labels that --normalize \
      or --whitespace change, and duplicate files. It warns of images without writing, with light writing on dark paper, or with vertical lines, of labels that are far too long \
      or too short for their image, and of letters that look like mistakes. Then it lists image widths, the alphabet with \
      counts, letters that the first data set lacks, and what each other data set shares with the first: images, pages, \
      folders and texts. The exit status is 3 if a record cannot be trained on.

      --suspects writes the records that deserve a look to a new file NAME.tsv, one line each: image, page, line, bad (yes or \
      no), kind, detail, text. The file opens as a spreadsheet.

      --fix writes the good records of one data set to a new file NAME.jsonl, with texts as --normalize and --whitespace \
      have them. It lists each change and exits with status 0. The file is a data set: akuru train --train \
      data/train/clean.jsonl. If it is neither in the folder of the images nor above it, it names them by absolute paths, \
      which only --allow-outside reads. Images and metadata do not change. Duplicates are kept.
      """)

  @Argument(help: "Data sets.", completion: .file()) var data: [String]
  @OptionGroup var audit: AuditOptions
  @OptionGroup(title: "Ground truth") var groundTruth: DataOptions
  @OptionGroup(title: "Texts") var texts: TextOptions
  @Option(help: ArgumentHelp("Write the good records to a new file NAME.jsonl.", valueName: "file")) var fix: String?
  @Option(
    help: ArgumentHelp("Write a table of the records that deserve a look to a new file NAME.tsv.", valueName: "file"))
  var suspects: String?
  @Flag(help: "Print one JSON object for each data set.") var json = false

  func validate() throws {
    if let suspects, !suspects.lowercased().hasSuffix(".tsv") {
      throw ValidationError("--suspects \(suspects): give a name that ends in .tsv")
    }
    guard let fix else { return }
    guard data.count == 1 else {
      throw ValidationError("--fix takes one data set, not \(data.count); join folders with a comma")
    }
    guard fix.lowercased().hasSuffix(".jsonl") else {
      throw ValidationError("--fix \(fix): give a name that ends in .jsonl")
    }
  }

  func run() throws {
    runRanks { communicator in
      try communicator.together {
        if let fix { try Check.requireUsable(fix) }
        if let suspects { try requireNewFile(suspects) }
      }
      let (geometry, reading) = try communicator.together {
        (try audit.geometry(), try groundTruth.reading(text: texts.policy()))
      }
      let checked = try checkData(
        data, reading, geometry: geometry, alphabetPath: audit.alphabet, over: communicator,
        output: RunLog(rank: communicator.rank))
      let log = RunLog(rank: communicator.rank).logger()
      let good = checked.map { try? $0.get() }
      var status = good.allSatisfy { $0?.audit.problems.isEmpty ?? false } ? ExitStatus.done : .badData
      // A single data set, and a wrong command line, end the command.
      try communicator.together {
        if case .failure(let error)? = checked.first(where: { $0.ends(of: checked.count) }) { throw error }
      }
      try communicator.together {
        guard communicator.rank == 0 else { return }
        let lists = suspects == nil ? [] : good.map { $0.map { SuspectList($0.dataSet, $0.audit) } }
        if let suspects {
          try writeNewFile(
            ([SuspectList.heading] + lists.flatMap { $0?.lines ?? [] }).joined(separator: "\n") + "\n", to: suspects)
        }
        for (index, (result, name)) in zip(checked, data).enumerated() {
          switch result {
          case .failure(let error): try report(error, name)
          case .success(let found):
            try report(
              found, name, comparedWith: index == 0 ? nil : good[0].map { (data[0], $0) },
              suspects: lists.isEmpty ? nil : lists[index]?.lines.count, log: log)
          }
        }
      }
      if fix != nil { status = .done }
      return status
    }
  }

  /// Says that a data set cannot be read.
  private func report(_ error: DataSetError, _ name: String) throws {
    if json { return try printLine(RunJSON.line(["dataSet": name, "error": error.description])) }
    printError("akuru: \(error)")
  }

  private func report(
    _ checked: CheckedData, _ name: String, comparedWith first: (name: String, data: CheckedData)?,
    suspects count: Int?,
    log: Logger
  ) throws {
    let shared = first.map { checked.shared(with: $0.data) }
    if json {
      let summary = AuditSummary(checked.audit, dataSet: name, comparedWith: first?.data.audit)
      let cleaned = try fix.map { try clean(checked, to: $0, log) }
      return try printLine(
        RunJSON.line(
          Report(
            summary: summary, forms: checked.dataSet.forms, shared: shared, fix: cleaned, file: fix, suspects: count)))
    }
    try printLine(name.onOneLine)
    let forms = checked.dataSet.forms
    try printLine(
      "  form: "
        + forms.map { forms.count == 1 ? $0.form.rawValue : "\($0.form.rawValue) \($0.count)" }.joined(separator: ", "))
    let report = AuditReport(checked.audit, comparedWith: first.map { ($0.name, $0.data.audit) })
    for line in report.lines() { try printLine("  " + line) }
    if let first, let shared {
      let lines = shared.warnings
      try printLine("  shared with \(first.name.onOneLine), if that is trained on:\(lines.isEmpty ? " nothing" : "")")
      for line in lines { try printLine("    " + line) }
    }
    if let count, let suspects { try printLine("  records that deserve a look: \(count), in \(suspects.onOneLine)") }
    guard let fix else { return }
    let cleaned = try clean(checked, to: fix, log)
    try printLine("\(fix.onOneLine)")
    try printLine(
      "  records: \(cleaned.lines.count); changes: \(cleaned.changes.count), of which \(cleaned.count(.leftOut)) left out "
        + "and \(cleaned.count(.normalized)) normalized")
    for change in cleaned.changes { try printLine("    \(change)") }
  }

  /// Writes the good records of a data set.
  private func clean(_ checked: CheckedData, to file: String, _ log: Logger) throws -> CleanedMetadata {
    try createFolder(of: file)
    let cleaned = try CleanedMetadata(
      checked.dataSet, checked.audit, in: URL(fileURLWithPath: file).deletingLastPathComponent().path)
    if cleaned.leadsOut { warnOfPathsOutside(of: file, log) }
    try writeNewFile(cleaned.lines.joined(separator: "\n") + "\n", to: file)
    return cleaned
  }

  /// Throws if the output file could not be used, before the images are read.
  private static func requireUsable(_ file: String) throws {
    try requireNewFile(file)
    try requireWritable(folder(of: file), for: file)
    let url = URL(fileURLWithPath: file)
    let csv = url.deletingLastPathComponent().appendingPathComponent("metadata.csv").path
    if url.lastPathComponent == "metadata.jsonl" && FileManager.default.fileExists(atPath: csv) {
      throw ConfigurationError(
        "--fix \(file): the folder has a metadata.csv, and a data set must not have both; give another name, such as "
          + "clean.jsonl")
    }
  }

  /// The audit, and the written file.
  private struct Report: Encodable {
    let summary: AuditSummary
    /// The number of records of each form.
    let forms: [(form: GroundTruthForm, count: Int)]
    let shared: SharedData?
    let fix: CleanedMetadata?
    let file: String?
    /// The records that deserve a look.
    let suspects: Int?

    enum CodingKeys: String, CodingKey { case forms, fix, suspects, shared }
    enum FixKeys: String, CodingKey {
      case file, records, leftOut, changes
      case normalized = "normalised"
    }

    func encode(to encoder: any Encoder) throws {
      try summary.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(
        Dictionary(uniqueKeysWithValues: forms.map { ($0.form.rawValue, $0.count) }), forKey: .forms)
      try container.encodeIfPresent(suspects, forKey: .suspects)
      try container.encodeIfPresent(shared, forKey: .shared)
      guard let fix else { return }
      var nested = container.nestedContainer(keyedBy: FixKeys.self, forKey: .fix)
      try nested.encode(file, forKey: .file)
      try nested.encode(fix.lines.count, forKey: .records)
      try nested.encode(fix.count(.leftOut), forKey: .leftOut)
      try nested.encode(fix.count(.normalized), forKey: .normalized)
      try nested.encode(fix.changes, forKey: .changes)
    }
  }
}

extension Result where Success == CheckedData, Failure == DataSetError {
  /// Whether the failure ends the command, of several data sets.
  fileprivate func ends(of count: Int) -> Bool {
    guard case .failure(let error) = self else { return false }
    return count == 1 || error.exitStatus == .usage
  }
}
