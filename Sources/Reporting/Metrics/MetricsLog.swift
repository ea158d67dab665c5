import Files
import Foundation
import Messages

/// `metrics.jsonl`: one JSON object per line, with sorted keys. Each line is written by one system call, so a
/// killed process leaves complete lines, except perhaps the last.
package final class MetricsLog {
  package let path: String
  private let file: OpenFile

  /// Opens the file for appending, creating it if needed. Throws if it cannot be opened.
  package init(_ path: String) throws(FileError) {
    self.path = path
    file = try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND, action: "write")
  }

  /// Appends a value that encodes as a JSON object. If the line cannot be written completely, all of it is removed.
  package func append(_ value: some Encodable) throws(FileError) {
    guard let line = try? RunJSON.line(value) else { throw FileError("encode a line of", path, code: EINVAL) }
    let end = try file.size()
    do throws(FileError) {
      try file.write(Array((line + "\n").utf8))
    } catch {
      try? file.truncate(end)
      throw error
    }
  }

  /// The lines that ``MetricsLog/truncate(_:afterStep:evaluationDue:)`` removed.
  package struct Cut: Sendable, Equatable {
    /// Lines of later steps.
    package var later = 0
    /// Lines that are not JSON objects: the torn last line of a killed process, or damage.
    package var malformed = 0
    /// The number, from 1, of the first malformed line.
    package var firstMalformed: Int?

    package init() {}
  }

  /// Cuts the file back to a checkpoint: keeps the lines whose `step` is at most `step`, or that have none.
  ///
  /// With `evaluationDue`, the evaluation after `step` will be repeated, so its line is removed too.
  ///
  /// The file is replaced atomically. Does nothing if it is missing. Lines longer than 1 MB are malformed.
  /// Throws if a system call fails.
  @discardableResult
  package static func truncate(
    _ path: String, afterStep step: Int, evaluationDue: Bool = false
  ) throws(FileError) -> Cut {
    func verdict(_ line: ArraySlice<UInt8>, _ complete: Bool) -> Verdict {
      MetricsLog.verdict(
        line, complete, lastStep: step, lastEvaluation: evaluationDue ? step - 1 : step)
    }
    guard try kind(of: path) != nil else { return Cut() }
    var cut = Cut()
    var number = 0
    try forEachLine(path) { (line, complete) throws(FileError) in
      number += 1
      switch verdict(line, complete) {
      case .keep: break
      case .later: cut.later += 1
      case .malformed:
        cut.malformed += 1
        cut.firstMalformed = cut.firstMalformed ?? number
      }
    }
    guard cut != Cut() else { return cut }
    try AtomicFile.write(to: path) { (file) throws(FileError) in
      try forEachLine(path) { (line, complete) throws(FileError) in
        if verdict(line, complete) == .keep { try file.write(Array(line) + [newline]) }
      }
    }
    return cut
  }

  private enum Verdict { case keep, later, malformed }

  private static let newline = UInt8(ascii: "\n")
  private static let maximumLine = 1 << 20

  private static func verdict(
    _ line: ArraySlice<UInt8>, _ complete: Bool, lastStep: Int, lastEvaluation: Int
  ) -> Verdict {
    struct Line: Decodable {
      let step: Int?
      let kind: String?
    }
    guard complete, line.count <= maximumLine, line.first == UInt8(ascii: "{") else {
      return .malformed
    }
    guard let text = String(validating: line, as: UTF8.self) else { return .malformed }
    guard let parsed = try? RunJSON.decode(Line.self, from: text) else { return .malformed }
    return (parsed.step ?? 0) <= (parsed.kind == "evaluation" ? lastEvaluation : lastStep)
      ? .keep : .later
  }

  /// Calls `body` with each line, without its line feed; `complete` is false for a last line that has none, and for a
  /// line too long to hold in memory.
  static func forEachLine(
    _ path: String, _ body: (_ line: ArraySlice<UInt8>, _ complete: Bool) throws(FileError) -> Void
  ) throws(FileError) {
    let file = try OpenFile.reading(path)
    var rest: [UInt8] = []
    var offset = 0
    var tooLong = false
    while true {
      let piece = try file.bytes(1 << 16, at: offset)
      offset += piece.count
      if piece.isEmpty { break }
      var start = piece.startIndex
      while let end = piece[start...].firstIndex(of: newline) {
        rest += piece[start..<end]
        try body(rest[...], !tooLong)
        (rest, tooLong) = ([], false)
        start = end + 1
      }
      rest += piece[start...]
      if rest.count > maximumLine { (rest, tooLong) = ([], true) }
    }
    if tooLong || !rest.isEmpty { try body(rest[...], false) }
  }
}
