import Foundation
import Logging
import Messages
import Synchronization

/// The progress of work on many images, as rank 0 estimates it: on a terminal a line that is rewritten, elsewhere an
/// occasional line in the log. All threads may use it.
package final class WorkProgress: Sendable {
  private struct State {
    var done = 0
    var shown: ContinuousClock.Instant
  }

  private let what: String
  private let total: Int
  private let ranks: Int
  private let output: RunLog?
  private let log: Logger?
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  /// - Parameters:
  ///   - what: for example "evaluating".
  ///   - total: images of this rank's share.
  /// - ranks: the number of ranks, each with a share of this size.
  package init(_ what: String, total: Int, ranks: Int, _ output: RunLog?) {
    (self.what, self.total, self.ranks, self.output) = (what, total, ranks, output)
    log = output?.logger()
    state = Mutex(State(shown: start))
  }

  /// One more image is done.
  package func tick() {
    guard let output else { return }
    let due: (done: Int, now: ContinuousClock.Instant)? = state.withLock { state in
      state.done += 1
      let now = ContinuousClock.now
      guard state.shown.duration(to: now) >= (output.showsProgress ? .milliseconds(200) : .seconds(30)) else {
        return nil
      }
      state.shown = now
      return (state.done, now)
    }
    guard let due else { return }
    let seconds = max(1e-3, start.duration(to: due.now).seconds)
    let rate = Double(due.done) / seconds
    let text =
      "\(what): \(100 * due.done / max(1, total)) %, \(Int(rate * Double(ranks))) images/s, "
      + "\(clockTime(Double(max(0, total - due.done)) / rate)) left"
    if output.showsProgress { output.progress(text) } else { log?.info("\(text)") }
  }

  /// Removes the line.
  package func finish() { output?.endProgress() }
}
