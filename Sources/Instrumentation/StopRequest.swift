import Foundation
import Messages
import Synchronization

/// SIGUSR1 and SIGTERM mean: finish the step, checkpoint, and exit with status 85. A second signal means: exit at once.
///
/// The handler only records the time. The ranks' requests are summed in the step's reduction, so that all ranks stop at
/// the same step.
package enum StopRequest {
  /// Time of the first signal, in nanoseconds; 0 is never.
  private static let first = Atomic<UInt64>(0)
  /// Signals within this many nanoseconds count as one: a rank may get a signal directly and again through mpirun.
  private static let oneSignal: UInt64 = 500_000_000

  /// Whether this rank was asked to stop.
  package static var isRaised: Bool { first.load(ordering: .relaxed) != 0 }

  /// Installs the handlers. Call it first in the program: until then these signals kill the process.
  package static func listen() {
    _ = isRaised  // The handler must not be the first to access a lazily initialized constant.
    for number in [SIGUSR1, SIGTERM] { signal(number) { _ in StopRequest.raise() } }
  }

  private static func raise() {
    let now = max(1, monotonicNanoseconds())
    let (isFirst, earlier) = first.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    if isFirst || now - earlier < oneSignal { return }
    let farewell: StaticString = "akuru: asked to stop a second time: ended without a checkpoint\n"
    farewell.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    _exit(ExitStatus.stoppedOnRequest.rawValue)
  }

  /// The monotonic clock. Callable in a signal handler.
  private static func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
