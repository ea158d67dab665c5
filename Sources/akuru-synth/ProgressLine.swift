import Foundation
import Synchronization

/// A line on standard error that says how far the work is: rewritten in place on a terminal, every ten seconds elsewhere.
final class ProgressLine: Sendable {
  private struct State {
    var shown: ContinuousClock.Instant
    var hasLine = false
  }

  private let total: Int
  private let start = ContinuousClock.now
  private let isTerminal = isatty(2) != 0
  private let state: Mutex<State>

  init(total: Int) {
    self.total = total
    state = Mutex(State(shown: start))
  }

  func update(_ done: Int) {
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.shown > (isTerminal ? .milliseconds(200) : .seconds(10)) || (isTerminal && done == total) else {
        return
      }
      state.shown = now
      state.hasLine = isTerminal
      let rate = Double(done) / max(1e-3, (now - start) / .seconds(1))
      let line = "\(done) of \(total) images, \(Int(rate)) images/s"
      FileHandle.standardError.write(Data((isTerminal ? "\r\(line)   " : line + "\n").utf8))
    }
  }

  /// Ends the line on a terminal.
  func finish() {
    state.withLock { if $0.hasLine { FileHandle.standardError.write(Data("\n".utf8)) } }
  }
}
