import Files
import Foundation
import Instrumentation
import Messages

/// A file of Chrome trace events: a JSON array that Perfetto and chrome://tracing open. Each rank is a process.
///
/// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
package final class TraceFile {
  private let path: String
  private let temporary: String
  private var output: Output?
  private var failure: FileError?
  private var isEmpty = true

  private final class Output {
    let file: OpenFile
    init(_ path: String) throws(FileError) {
      file = try OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, action: "create")
    }
  }

  package init(_ path: String) {
    self.path = path
    temporary = AtomicFile.temporaryName(for: path)
    attempt { () throws(FileError) in
      output = try Output(temporary)
    }
  }

  /// Appends the events of a rank. ``finish()`` throws the first error.
  package func append(_ events: [TraceEvent], rank: Int, name: String) {
    let shown = (try? RunJSON.line([name])) ?? "[\"\"]"
    var text = isEmpty ? "[\n" : ",\n"
    isEmpty = false
    text +=
      "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":\(rank),\"args\":{\"name\":\(shown.dropFirst().dropLast())}},\n"
    text += "{\"name\":\"process_sort_index\",\"ph\":\"M\",\"pid\":\(rank),\"args\":{\"sort_index\":\(rank)}}"
    var bytes = Array(text.utf8)
    for event in events {
      bytes += TraceFile.line(event, rank: rank).utf8
      if bytes.count > 1 << 20 { write(&bytes) }
    }
    write(&bytes)
  }

  /// Completes the file and renames it to its final name.
  package func finish() throws(FileError) {
    var end = Array((isEmpty ? "[]\n" : "\n]\n").utf8)
    write(&end)
    attempt { () throws(FileError) in
      try output?.file.synchronize()
      guard rename(temporary, path) == 0 else { throw FileError("replace", path) }
    }
    guard let failure else { return }
    unlink(temporary)
    throw FileError(failure.action, path, code: failure.code)
  }

  /// A complete event, in microseconds.
  static func line(_ event: TraceEvent, rank: Int) -> String {
    let category =
      switch event.kind {
      case .load, .wait: "waiting"
      case .reduce: "communication"
      case .forward, .backward, .update: "computation"
      case .evaluate, .checkpoint: "run"
      }
    return
      ",\n{\"name\":\"\(event.kind)\",\"cat\":\"\(category)\",\"ph\":\"X\",\"ts\":\(microseconds(max(0, event.start))),"
      + "\"dur\":\(microseconds(event.duration)),\"pid\":\(rank),\"tid\":\(rank),\"args\":{\"step\":\(event.step)}}"
  }

  private static func microseconds(_ nanoseconds: Int64) -> String {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
    return "\(whole).\(rest < 100 ? "0" : "")\(rest < 10 ? "0" : "")\(rest)"
  }

  private func write(_ bytes: inout [UInt8]) {
    attempt { () throws(FileError) in try output?.file.write(bytes) }
    bytes.removeAll(keepingCapacity: true)
  }

  /// Runs `work` unless an earlier write failed.
  private func attempt(_ work: () throws(FileError) -> Void) {
    guard failure == nil else { return }
    do throws(FileError) { try work() } catch { failure = error }
  }
}
