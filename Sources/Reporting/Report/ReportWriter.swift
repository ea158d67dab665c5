import Files
import Foundation
import Logging
import Messages

/// Maintains the report of a run during training: rank 0 rewrites `evaluation.json` and `report.html` at each
/// evaluation. If they cannot be written, training continues and the log says so once.
package final class ReportWriter {
  private let log: Logger
  private var record: RunRecord
  private var fails = false

  /// Reads the history of earlier steps from the run directory; nil, with a warning, if it cannot be read.
  package init?(_ runDirectory: String, log: Logger) {
    self.log = log
    do {
      record = try RunRecord(runDirectory)
      record.outcome = nil
      unlink(RunOutcome.path(in: runDirectory))
    } catch {
      log.warning("\(error); going on without report.html")
      return nil
    }
  }

  package var history: RunHistory { record.history }

  /// Adds a line of step metrics to the curves.
  package func add(_ step: StepMetrics) { record.history.add(step) }

  /// Writes `evaluation.json` and `report.html` after an evaluation.
  package func write(_ evaluation: EvaluationMetrics, _ snapshot: EvaluationSnapshot) {
    record.history.add(evaluation)
    record.snapshot = snapshot
    attempt {
      let text = try RunJSON.line(snapshot) + "\n"
      try AtomicFile.write(Array(text.utf8), to: "\(record.path)/evaluation.json")
      let list = "\(record.path)/\(EvaluationSnapshot.doubtfulList)"
      if snapshot.doubtful.isEmpty {
        unlink(list)
      } else {
        try AtomicFile.write(Array(snapshot.doubtfulLines.utf8), to: list)
      }
      try writePage()
    }
  }

  /// Writes `outcome.json` and `report.html` at the end of the run.
  package func write(_ outcome: RunOutcome) {
    record.outcome = outcome
    attempt {
      try outcome.write(in: record.path)
      try writePage()
    }
  }

  private func writePage() throws {
    try AtomicFile.write(Array(ReportPage(run: record).document.utf8), to: "\(record.path)/report.html")
  }

  private func attempt(_ work: () throws -> Void) {
    do {
      try work()
      fails = false
    } catch {
      if !fails { log.warning("\(error); going on, and report.html will be old") }
      fails = true
    }
  }
}

/// Writes the report of a run directory, or of two runs side by side: `akuru report`.
///
/// - Parameter output: the file; nil is `report.html` in the first run directory, `compare.html` for two.
/// - Returns: the path of the written file.
/// - Throws: an error with exit status 4 if there is no run, or the file cannot be written; `ConfigurationError` for a file that exists and
///   is no report.
package func writeReport(_ run: String, comparedWith other: String?, to output: String?) throws -> String {
  let page = ReportPage(run: try RunRecord(run), other: try other.map { try RunRecord($0) })
  let path = output ?? "\(run)/\(other == nil ? "report" : "compare").html"
  let document = Array(page.document.utf8)
  if output != nil, try !isReport(path) { try requireNewFile(path) }
  try AtomicFile.write(document, to: path)
  return path
}

/// Whether a file is a report. Nothing else is replaced.
private func isReport(_ path: String) throws -> Bool {
  guard try kind(of: path) == .file else { return false }
  return String(decoding: try WholeFile.readStart(path, count: 400), as: UTF8.self).contains(ReportPage.generator)
}
