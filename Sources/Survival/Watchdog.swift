import Foundation
import Instrumentation
import MessagePassing
import Messages
import Synchronization

/// Ends a job that hangs. A thread on every rank watches the progress of all ranks. If none has made progress for too
/// long (``StallClock``), the watchdog names the missing ranks and ends the process with status 86, without MPI.
///
/// Progress of any rank counts, so that ranks may wait long for a slower one.
package enum Watchdog {
  private struct Shared {
    var timeout = 60.0
    var network: HeartbeatNetwork?
    /// `train.log`, for the report.
    var logPath: String?
  }

  private static let shared = Mutex(Shared())
  /// A rank without a heartbeat for this many seconds has ended or is stopped altogether.
  private static func silence(_ timeout: Double) -> Double { min(5, timeout / 2) }

  /// Starts the thread. Call it before MPI starts, which may hang as well.
  ///
  /// - Parameter timeout: seconds, if already known.
  package static func start(timeout: Double?) {
    if let timeout, timeout >= 0 { use(timeout: timeout) }
    let thread = Thread { watch() }
    thread.name = "akuru watchdog"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Sets the shortest deadline; 0 is never.
  package static func use(timeout: Double) { shared.withLock { $0.timeout = timeout } }

  /// Starts to receive the heartbeats of the other ranks. Collective.
  package static func connect(over communicator: Communicator) throws {
    let network = try HeartbeatNetwork(communicator)
    shared.withLock { $0.network = network }
  }

  /// Sets the path of `train.log`, for the report of a stall.
  package static func use(log path: String?) { shared.withLock { $0.logPath = path } }

  private static func watch() {
    var clock = StallClock(timeout: 60, ranks: 1, own: 0, now: seconds())
    var network: HeartbeatNetwork?
    var last = seconds()
    while true {
      let timeout = clock.timeout > 0 ? clock.timeout : 60
      let interval = interval(timeout: timeout, machines: network?.groups.groups.count ?? 1)
      listen(until: seconds() + interval, network)
      let now = seconds()
      let (asked, newNetwork) = shared.withLock { ($0.timeout, $0.network) }
      if network !== newNetwork || asked != clock.timeout {
        network = newNetwork
        clock = StallClock(
          timeout: asked, ranks: network?.names.count ?? 1, own: network?.rank ?? 0, now: now)
      }
      if now - last > max(1.5, timeout / 4) { clock.forgive(now: now) }
      last = now
      let progress = Heartbeat.now
      clock.hear(network?.rank ?? 0, place: progress.place, count: progress.count, now: now)
      if let network {
        network.beat(place: progress.place, count: progress.count, now: now, interval: interval)
        for rank in clock.ranks.indices where rank != network.rank {
          if let known = network.known(of: rank) {
            clock.hear(rank, place: known.place, count: known.count, now: known.heard)
          }
        }
      }
      if asked > 0, clock.idle(now: now) > clock.deadline() { end(clock, network, now: now) }
    }
  }

  /// Seconds between two heartbeats of a rank. Thousands of machines send fewer, but always several in the time after which a
  /// rank counts as silent.
  private static func interval(timeout: Double, machines: Int) -> Double {
    min(0.5 * max(1, Double(machines) / 512), timeout / 8, 1.25)
  }

  /// Hears heartbeats as they come, since the buffer of a socket has room for those of some hundred machines only.
  private static func listen(until end: Double, _ network: HeartbeatNetwork?) {
    while true {
      let left = end - seconds()
      guard left > 0 else { return }
      guard let network else {
        usleep(UInt32(left * 1e6))
        return
      }
      guard network.waits(seconds: left) else { continue }
      // What wakes this thread is no heartbeat.
      if !network.receive(now: seconds()) { usleep(10_000) }
    }
  }

  /// Reports the stall and ends the process. The lowest live rank reports for the ranks it can reach.
  private static func end(_ clock: StallClock, _ network: HeartbeatNetwork?, now: Double) -> Never {
    // If memory or a file system hangs, the alarm ends the process.
    signal(SIGALRM, SIG_DFL)
    alarm(15)
    let (own, silence) = (network?.rank ?? 0, silence(clock.timeout))
    if (0..<own).contains(where: { !clock.isSilent($0, now: now, silence: silence) }) { sleep(5) }
    let report = StallReport(
      clock, names: network?.names ?? [], own: own, silence: silence, now: now)
    write(report.text, to: STDERR_FILENO)
    // A hanging file system must not delay the exit.
    let path = shared.withLock { $0.logPath }
    let written = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let file = path.map { open($0, O_WRONLY | O_APPEND | O_CLOEXEC) } ?? -1
      if file >= 0 { write(report.logText, to: file) }
      written.signal()
    }
    _ = written.wait(timeout: .now() + 2)
    _exit(ExitStatus.stalled.rawValue)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    _ = text.withUTF8 { Foundation.write(descriptor, $0.baseAddress, $0.count) }
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
