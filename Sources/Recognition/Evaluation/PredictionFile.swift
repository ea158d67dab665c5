import Datasets
import Foundation
import Messages

/// Predictions of any program: a UTF-8 file with one line per image as `akuru predict` prints it: path, TAB, text.
package enum PredictionFile {
  /// The end of such a file's name.
  package static let suffix = ".tsv"

  /// Compares the texts with those of a data set. The file must contain each of its images once. There is no loss.
  ///
  /// - Parameters:
  ///   - skipBad: leave out records that cannot be used, instead of stopping.
  ///   - warn: gets a line for each of them.
  /// - Throws: `DataSetError` that names the file and the line.
  package static func evaluate(
    _ path: String, on argument: String, _ reading: ReadingOptions, skipBad: Bool = false,
    warn: (String) -> Void = { _ in }
  ) throws -> DetailedReport {
    func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    func malformed(_ place: String, _ reason: String) -> DataSetError {
      .malformed(path: path, place: place, reason: reason)
    }
    var texts: [String: String] = [:]
    for (i, line) in try TextLines.read(path, TextPolicy(normalization: .none, whitespace: .keep)).enumerated() {
      let fields = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      guard fields.count == 2 else { throw malformed("text \(i + 1)", "it is not of the form path, TAB, text") }
      guard texts.updateValue(reading.text.applied(to: String(fields[1])), forKey: absolute(String(fields[0]))) == nil
      else {
        throw malformed("text \(i + 1)", "its image has a text already")
      }
    }
    let dataSet = try DataSet.load(argument, reading)
    let bad = dataSet.records.filter { $0.fault != nil || $0.text.isEmpty }
    let faults =
      bad.map { "\($0.absolutePath): \($0.fault ?? "the text is empty")".onOneLine }
      + dataSet.leftOut.filter(\.isProblem).map { "\($0)" }
    if let first = faults.first, !skipBad {
      let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
      throw DataSetError.invalid(reason: "\(first)\(more); mend it, or leave such records out with --skip-bad")
    }
    for fault in faults { warn("left out: \(fault)") }
    for record in bad { texts[absolute(record.absolutePath)] = nil }
    let records = dataSet.records.filter { $0.fault == nil && !$0.text.isEmpty }
    if records.isEmpty { throw DataSetError.invalid(reason: "\(argument): no usable record is left; mend them") }
    var counts = RecognitionCounts()
    let images = try records.map { record in
      guard let text = texts.removeValue(forKey: absolute(record.absolutePath)) else {
        throw malformed("the texts", "\(record.absolutePath) is not among them")
      }
      counts.add(reference: record.text, prediction: text)
      return EvaluatedImage(path: record.path, reference: record.text, prediction: text)
    }
    if let other = texts.keys.min() { throw malformed("the texts", "\(other) is no image of \(argument)") }
    return DetailedReport(
      report: EvaluationReport(counts, loss: nil), details: EvaluationDetails(images), images: images)
  }
}
