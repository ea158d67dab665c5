import Foundation
import Messages
import Synchronization

/// SIGUSR1, SIGTERM, SIGINT and SIGHUP mean: finish the step, checkpoint, and exit with status 85. So does a reader of the output
/// that is gone. A second SIGUSR1, SIGTERM or SIGINT means: exit at once.
///
/// The handler only records the time. The ranks' requests are summed in the step's reduction, so that all ranks stop at
/// the same step.
package enum StopRequest {
  /// Time of the first signal, in nanoseconds; 0 is never.
  private static let first = Atomic<UInt64>(0)
  private static let listens = Atomic<Bool>(false)
  private static let isAnswered = Atomic<Bool>(false)
  /// Signals within this many nanoseconds count as one: a rank may get a signal directly and again through mpirun.
  private static let oneSignal: UInt64 = 500_000_000

  /// Whether this rank was asked to stop.
  package static var isRaised: Bool { first.load(ordering: .relaxed) != 0 }

  /// Whether this process answers the signals.
  package static var isListening: Bool { listens.load(ordering: .relaxed) }

  /// Installs the handlers. Call it first in the program: until then these signals kill the process. Signals that are
  /// ignored, as SIGHUP under nohup, stay ignored.
  package static func listen() {
    // The handlers must not be the first to access a lazily initialized constant.
    _ = (isRaised, isAnswered.load(ordering: .relaxed))
    listens.store(true, ordering: .relaxed)
    for number in [SIGUSR1, SIGTERM] { signal(number) { _ in StopRequest.raise() } }
    if SignalDisposition.isDefault(SIGINT) { signal(SIGINT) { _ in StopRequest.interrupt() } }
    // A terminal that closes may send several.
    if SignalDisposition.isDefault(SIGHUP) { signal(SIGHUP) { _ in _ = StopRequest.raiseFirst() } }
    if SignalDisposition.isDefault(SIGPIPE) { signal(SIGPIPE) { _ in StopRequest.noteBrokenPipe() } }
  }

  /// The checkpoint is written, and the process is about to end: a second signal ends it at once as before, but without a word. mpirun
  /// sends one to the other ranks when the first has ended.
  package static func answer() { isAnswered.store(true, ordering: .relaxed) }

  private static func raise() {
    guard let earlier = raiseFirst(), monotonicNanoseconds() - earlier >= oneSignal else { return }
    if !isAnswered.load(ordering: .relaxed) {
      say("akuru: asked to stop a second time: ended without a checkpoint\n")
    }
    _exit(ExitStatus.stoppedOnRequest.rawValue)
  }

  /// Ctrl-C in a terminal gets an answer at once: a step may take a while.
  private static func interrupt() {
    let isFirst = !isRaised
    raise()
    if isFirst && isatty(STDERR_FILENO) == 1 {
      say("\nakuru: stopping after this step, with a checkpoint; Ctrl-C again ends at once, without one\n")
    }
  }

  /// A pipe without a reader. Sockets of MPI are none of the output's, and their errors are handled where they are used.
  private static func noteBrokenPipe() {
    if lacksReader(STDOUT_FILENO) || lacksReader(STDERR_FILENO) { _ = raiseFirst() }
  }

  private static func lacksReader(_ output: Int32) -> Bool {
    var state = pollfd(fd: output, events: 0, revents: 0)
    return poll(&state, 1, 0) > 0 && Int32(state.revents) & Int32(POLLERR) != 0
  }

  /// Raises the request.
  /// - Returns: the time of an earlier one.
  private static func raiseFirst() -> UInt64? {
    let now = max(1, monotonicNanoseconds())
    let (isFirst, earlier) = first.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    return isFirst ? nil : earlier
  }

  private static func say(_ text: StaticString) {
    text.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// The monotonic clock. Callable in a signal handler.
  private static func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
