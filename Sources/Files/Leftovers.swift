import Foundation
import Instrumentation
import Synchronization

/// What this process has begun and not finished: files, folders and processes. A signal that ends the process (SIGINT, SIGTERM,
/// SIGHUP, SIGPIPE) removes it first, so that no half file stays.
///
/// A run that answers such signals itself, see `StopRequest`, keeps its own order: its next process tidies up.
package enum Leftovers {
  private struct Begun {
    var paths: Set<String> = []
    var processes: Set<pid_t> = []
  }

  private static let begun = Mutex(Begun())
  /// Bytes in this pipe are numbers of signals: the thread that removes reads them.
  private static let wake: (read: Int32, write: Int32)? = openPipe()
  /// Copies of the pipe's end for the handler, which must not start a lazy constant.
  nonisolated(unsafe) private static var handlersEnd: Int32 = -1

  /// Begins a file or a folder by `begin`, whose success is registered: a signal never comes between the two.
  package static func beginning<Value: ~Copyable, Failure: Error>(
    _ path: String, _ begin: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    _ = isWatching
    var failure: Failure?
    let value = begun.withLock { begun -> Value? in
      do throws(Failure) {
        let value = try begin()
        begun.paths.insert(path)
        return value
      } catch {
        failure = error
        return nil
      }
    }
    if let failure { throw failure }
    return value!
  }

  /// A file that does not exist yet will be made in several parts.
  package static func begin(_ path: String) {
    _ = isWatching
    _ = begun.withLock { $0.paths.insert(path) }
  }

  /// A file or folder is finished, or removed.
  package static func finished(_ path: String) { _ = begun.withLock { $0.paths.remove(path) } }

  /// Runs a process that gets the signal that ends this one.
  package static func begin(_ process: Process) throws {
    _ = isWatching
    try begun.withLock { begun in
      try process.run()
      begun.processes.insert(process.processIdentifier)
    }
  }

  /// A process has ended.
  package static func finished(_ process: Process) {
    _ = begun.withLock { $0.processes.remove(process.processIdentifier) }
  }

  // MARK: Signals

  /// Whether the signals are watched; begins to.
  private static let isWatching: Bool = {
    guard !StopRequest.isListening, let wake else { return false }
    handlersEnd = wake.write
    let thread = Thread { removeOnSignal(wake.read) }
    thread.start()
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] where SignalDisposition.isDefault(number) {
      signal(number) { number in Leftovers.note(number) }
    }
    return true
  }()

  private static func openPipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// The handler.
  private static func note(_ number: Int32) {
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(handlersEnd, &byte, 1)
    // The writer to a closed pipe would go on with an error; it is no part of what is removed.
    if number == SIGPIPE { while true { pause() } }
  }

  /// Waits for a signal, removes what is unfinished, and ends the process by the signal.
  private static func removeOnSignal(_ descriptor: Int32) {
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) != 1 {
      if errno != EINTR { return }
    }
    let number = Int32(byte)
    // Nothing new begins: the lock is kept.
    begun.withLock { begun in
      for process in begun.processes { kill(process, number) }
      for path in begun.paths { remove(path) }
      signal(number, SIG_DFL)
      kill(getpid(), number)
      sleep(60)
      _exit(128 + number)
    }
  }

  /// Other threads and ranks may still write into a folder.
  private static func remove(_ path: String) {
    for _ in 0..<200 {
      try? FileManager.default.removeItem(atPath: path)
      if access(path, F_OK) != 0 && errno == ENOENT { return }
      usleep(10_000)
    }
  }
}
