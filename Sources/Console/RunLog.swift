import Files
import Foundation
import Logging
import Messages
import Synchronization

/// How much is printed to standard error; `train.log` has everything.
package enum Verbosity: Sendable {
  /// Warnings and errors only.
  case quiet
  case normal
  /// Also each logged step.
  case verbose
}

/// The destination of a rank's log lines. Rank 0 writes to standard error and, once it is open, to `train.log`; the
/// other ranks write nothing. On a terminal, a progress line is shown below the log. All threads may use it.
package final class RunLog: Sendable {
  private struct State: ~Copyable {
    var file: OpenFile?
    var fileFailed = false
    /// The progress line that is shown.
    var progress = ""
  }

  private let state = Mutex(State())
  private let isSilent: Bool
  private let terminal: Terminal
  private let verbosity: Verbosity

  /// - Parameter standardError: the descriptor that lines are written to; tests use another one.
  package init(rank: Int, verbosity: Verbosity = .normal, standardError: Int32 = STDERR_FILENO) {
    isSilent = rank != 0
    self.verbosity = verbosity
    terminal = Terminal(standardError)
  }

  /// A log that writes nothing.
  package static var silent: RunLog { RunLog(rank: -1) }

  /// Appends to `path` from now on. Throws if the file cannot be opened.
  package func open(_ path: String) throws(FileError) {
    guard !isSilent else { return }
    // Non-blocking: a pipe without a reader is an error instead of blocking the run.
    var file: OpenFile? = try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, action: "write")
    state.withLock { state in
      state.file = file.take()
      state.fileFailed = false
    }
  }

  /// A logger that writes to this log.
  package func logger(_ label: String = "akuru", level: Logger.Level? = nil) -> Logger {
    guard !isSilent else { return Logger(label: label, factory: { _ in SwiftLogNoOpLogHandler() }) }
    var logger = Logger(label: label, factory: { _ in RunLogHandler(log: self) })
    logger.logLevel = level ?? (verbosity == .verbose ? .debug : .info)
    return logger
  }

  /// Whether ``progress(_:)`` shows anything.
  package var showsProgress: Bool { terminal.isInteractive && !isSilent && verbosity != .quiet }

  /// Replaces the progress line; does nothing if standard error is not a terminal.
  package func progress(_ text: String) {
    guard showsProgress else { return }
    let line = String(text.onOneLine.prefix(max(1, terminal.columns - 1)))
    state.withLock { state in
      terminal.write(Terminal.clearLine + line)
      state.progress = line
    }
  }

  /// Removes the progress line.
  package func endProgress() {
    state.withLock { state in
      if !state.progress.isEmpty { terminal.write(Terminal.clearLine) }
      state.progress = ""
    }
  }

  /// Writes a message. A `train.log` that cannot be written is reported once on standard error; the run continues.
  func write(_ text: String, level: Logger.Level) {
    guard !isSilent else { return }
    let text = text.onOneLine
    let time = timeStamp()
    let kind = level >= .warning ? "\(level): " : ""
    state.withLock { state in
      if verbosity != .quiet || level >= .warning {
        show(text, time: time, kind: kind, level, progress: state.progress)
      }
      guard !state.fileFailed else { return }
      do throws(FileError) {
        try state.file?.write(Array("\(time) \(kind)\(text)\n".utf8))
      } catch {
        state.fileFailed = true
        show(
          "\(error.description); the log goes on here only", time: time, kind: "warning: ", .warning,
          progress: state.progress)
      }
    }
  }

  private func show(_ text: String, time: String, kind: String, _ level: Logger.Level, progress: String) {
    guard terminal.isInteractive else { return terminal.write("\(time) \(kind)\(text)\n") }
    let clear = progress.isEmpty ? "" : Terminal.clearLine
    let clock = time.dropFirst(11).prefix(8)  // The reader knows the date.
    let styledKind = kind.isEmpty ? "" : terminal.styled(kind, level >= .error ? .red : .yellow)
    terminal.write("\(clear)\(terminal.styled(String(clock), .dim)) \(styledKind)\(text)\n\(progress)")
  }

  /// Writes a line to `train.log` only, if it is open.
  package func record(_ text: String) {
    state.withLock { state in
      guard !state.fileFailed else { return }
      try? state.file?.write(Array("\(timeStamp()) \(text.onOneLine)\n".utf8))
    }
  }
}

/// Writes `2025-03-01T09:30:00+0530 message key=value`, with the level in front of the message from warning on.
package struct RunLogHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level = .info
  private let log: RunLog

  package init(log: RunLog) {
    self.log = log
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    log.write("\(event.message)" + fields.map { " \($0.key)=\($0.value)" }.joined(), level: event.level)
  }
}
