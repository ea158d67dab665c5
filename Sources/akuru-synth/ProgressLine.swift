import Foundation
import Synchronization

/// A progress line on standard error: rewritten in place on a terminal, printed every ten seconds elsewhere.
final class ProgressLine: Sendable {
  private struct State {
    var shown: ContinuousClock.Instant
    var hasLine = false
  }

  private let total: Int
  private let start = ContinuousClock.now
  private let isShown: Bool
  private let isTerminal = isatty(2) != 0 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  private let state: Mutex<State>

  init(total: Int, isShown: Bool) {
    (self.total, self.isShown) = (total, isShown)
    state = Mutex(State(shown: start))
  }

  func update(_ done: Int) {
    guard isShown else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.shown > (isTerminal ? .milliseconds(200) : .seconds(10)) || (isTerminal && done == total) else {
        return
      }
      state.shown = now
      state.hasLine = isTerminal
      let rate = Double(done) / max(1e-3, (now - start) / .seconds(1))
      let left = Int((Double(total - done) / max(rate, 1e-3)).rounded(.up))
      let time = "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60)"
      let line = "\(done) of \(total) images, \(Int(rate)) images/s, \(time) left"
      FileHandle.standardError.write(Data((isTerminal ? "\r\(line)\u{1B}[K" : line + "\n").utf8))
    }
  }

  /// Ends the line on a terminal.
  func finish() {
    state.withLock { if $0.hasLine { FileHandle.standardError.write(Data("\n".utf8)) } }
  }
}
