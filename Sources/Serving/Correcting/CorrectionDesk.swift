import Datasets
import Files
import Foundation
import Images
import Messages
import Recognition
import Synchronization

/// The lines of a data set that are corrected in a browser, those that the model doubts most first: `akuru serve --correct`.
package final class CorrectionDesk: Sendable {
  /// A line as the page shows it.
  struct Line: Encodable, Sendable {
    let number: Int
    let name: String
    /// The text of the data set.
    let label: String
    /// What the model reads, and how sure it is.
    let text: String
    let confidence: Double?
    let letters: [Reading.Letter]?
    /// The text that was saved; nil before.
    let saved: String?
  }

  struct Lines: Encodable, Sendable {
    let total: Int
    /// Lines that have been saved.
    let saved: Int
    let folder: String
    let lines: [Line]
  }

  private struct State {
    let file: CorrectionFile
    let images: RecordImages
  }

  private let records: [Record]
  private let doubts: [DoubtedLine]
  private let state: Mutex<State>

  /// The most lines of one answer.
  private static let mostLines = 100
  /// Unicode scalars of a text, as the readers of data sets have it.
  private static let mostScalars = 10_000

  /// - Parameter file: gets the corrected lines; it may hold those of an earlier time.
  package init(_ dataSet: DataSet, _ doubts: [DoubtedLine], _ file: sending CorrectionFile) {
    (records, self.doubts) = (dataSet.records, doubts)
    state = Mutex(State(file: file, images: RecordImages()))
  }

  var count: Int { doubts.count }

  /// Lines from a place on, in the order of doubt.
  func lines(from start: Int) -> Lines {
    state.withLock { state in
      let sources = doubts.map { records[$0.record].absolutePath }
      let first = max(0, min(start, doubts.count))
      let range = first..<min(doubts.count, first + CorrectionDesk.mostLines)
      return Lines(
        total: doubts.count, saved: sources.count { state.file.text(of: $0) != nil }, folder: state.file.folder,
        lines: range.map { number in
          let (record, reading) = (records[doubts[number].record], doubts[number].reading)
          return Line(
            number: number, name: record.path, label: record.text, text: reading.text, confidence: reading.confidence,
            letters: reading.letters, saved: state.file.text(of: sources[number]))
        })
    }
  }

  /// The image of a line as PNG.
  func image(_ number: Int) throws -> [UInt8] {
    try state.withLock { try PNG.encode($0.images.image(of: records[doubts[number].record])) }
  }

  /// Saves the text of a line; line breaks become spaces.
  /// - Returns: the text as it is saved; nil for one that is empty or too long.
  func save(_ text: String, of number: Int) throws -> String? {
    let record = records[doubts[number].record]
    let parts = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    let line = parts.filter { !$0.isEmpty }.joined(separator: " ")
    guard !line.isEmpty, line.unicodeScalars.count <= CorrectionDesk.mostScalars else { return nil }
    try state.withLock { state in
      let images = state.images
      try state.file.save(line, of: record.absolutePath) { try images.image(of: record) }
    }
    return line
  }
}
