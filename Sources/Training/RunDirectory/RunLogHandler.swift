import Foundation
import Images
import Logging
import Synchronization

/// Where a rank's log lines go: rank 0 writes to standard error and, once it is open, to `train.log`; the others write
/// nothing. May be used from all threads.
public final class RunLog: Sendable {
  private struct State: ~Copyable {
    var file: OpenFile?
    var fileFailed = false
    var progressShown = false
  }

  private let state = Mutex(State())
  private let isSilent: Bool
  private let terminal: Int32
  private let isTerminal: Bool

  /// - Parameter standardError: the descriptor that lines are written to, another one in tests.
  public init(rank: Int, standardError: Int32 = STDERR_FILENO) {
    isSilent = rank != 0
    terminal = standardError
    isTerminal = isatty(standardError) == 1
  }

  /// Appends to `path` from now on. Throws when it cannot be opened.
  public func open(_ path: String) throws(FileError) {
    guard !isSilent else { return }
    // A pipe that nobody reads is an error, and does not keep the run waiting.
    var file: OpenFile? = try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, action: "write")
    state.withLock { state in
      state.file = file.take()
      state.fileFailed = false
    }
  }

  /// A logger that writes here.
  public func logger(_ label: String = "akuru", level: Logger.Level = .info) -> Logger {
    guard !isSilent else { return Logger(label: label, factory: { _ in SwiftLogNoOpLogHandler() }) }
    var logger = Logger(label: label, factory: { _ in RunLogHandler(log: self) })
    logger.logLevel = level
    return logger
  }

  /// Replaces the progress line at the bottom of a terminal; does nothing when standard error is not a terminal.
  public func progress(_ text: String) {
    guard isTerminal && !isSilent else { return }
    state.withLock { state in
      put("\r\u{1B}[K" + text.onOneLine)
      state.progressShown = true
    }
  }

  /// Writes a line. A `train.log` that cannot be written is reported once on standard error; the run goes on.
  func write(_ line: String) {
    guard !isSilent else { return }
    state.withLock { state in
      put((state.progressShown ? "\r\u{1B}[K" : "") + line + "\n")
      state.progressShown = false
      guard !state.fileFailed else { return }
      do throws(FileError) {
        try state.file?.write(Array((line + "\n").utf8))
      } catch {
        state.fileFailed = true
        put("\(timeStamp()) warning: \(error.description); the log goes on here only\n")
      }
    }
  }

  /// Writes a line to `train.log` only, if it is open.
  func record(_ text: String) {
    state.withLock { state in
      guard !state.fileFailed else { return }
      try? state.file?.write(Array("\(timeStamp()) \(text.onOneLine)\n".utf8))
    }
  }

  private func put(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(terminal, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }  // Nobody listens: there is no place to say so.
      bytes = bytes.dropFirst(count)
    }
  }
}

/// Writes `2025-03-01T09:30:00+0530 message key=value`, with the level in front of the message from warning on.
public struct RunLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level = .info
  private let log: RunLog

  public init(log: RunLog) {
    self.log = log
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let level = event.level >= .warning ? "\(event.level): " : ""
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let text = "\(event.message)" + fields.map { " \($0.key)=\($0.value)" }.joined()
    log.write("\(timeStamp()) \(level)\(text.onOneLine)")
  }
}

/// The local time as 2025-03-01T09:30:00+0530.
func timeStamp() -> String {
  var now = time(nil)
  var parts = tm()
  localtime_r(&now, &parts)
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
    let count = strftime(buffer.baseAddress!, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
