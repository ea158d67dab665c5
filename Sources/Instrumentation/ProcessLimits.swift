import Foundation
import Messages

/// The limits that a site sets on a process (`ulimit`, SGE's `h_vmem`, containers), looked at before work begins: a thread or
/// memory that is refused later would be a hang or a trap.
package enum ProcessLimits {
  /// Threads that a process comes to have: of MPI, the watchdog, the loader, checkpoints and the lease.
  package static let threads = 12
  /// Files that a process comes to have open: sockets of MPI, shards, images.
  package static let openFiles = 64

  /// Uses what the limits allow, and checks that they allow enough.
  ///
  /// - Parameter memory: bytes of address space that are needed.
  /// - Throws: ``LimitError`` that names the limit and the number that is needed.
  package static func require(memory: Int) throws {
    // A file that is too large is then an error of its write.
    signal(SIGXFSZ, SIG_IGN)
    try requireOpenFiles()
    try require(addressSpace: memory)
    try requireThreads()
  }

  /// Raises the limit of open files as far as this process may.
  private static func requireOpenFiles() throws {
    guard var limit = limit(RLIMIT_NOFILE) else { return }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if set(RLIMIT_NOFILE, &raised) { limit = raised }
    }
    if limit.rlim_cur < rlim_t(openFiles) {
      throw LimitError("open files: the limit is \(limit.rlim_cur) (ulimit -n), and Akuru needs \(openFiles)")
    }
  }

  /// Throws unless so many bytes of address space can be had.
  package static func require(addressSpace bytes: Int) throws {
    guard let limit = finite(RLIMIT_AS), !canMap(bytes) else { return }
    throw LimitError(
      "memory: the limit is \(limit >> 20) MiB of address space (ulimit -v, h_vmem), and Akuru needs \(bytes >> 20) MiB more "
        + "than the \(used >> 20) MiB that it has now")
  }

  /// The limit of the size of a file in bytes; nil if there is none.
  package static var fileSize: Int? { finite(RLIMIT_FSIZE) }

  /// Starts as many threads as a process comes to have, and ends them.
  private static func requireThreads() throws {
    #if os(Linux)
      let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
      pthread_mutex_init(gate, nil)
      pthread_mutex_lock(gate)
      defer {
        pthread_mutex_destroy(gate)
        gate.deallocate()
      }
      var started: [pthread_t] = []
      while started.count < threads {
        var thread = pthread_t()
        guard pthread_create(&thread, nil, waitAtGate, gate) == 0 else { break }
        started.append(thread)
      }
      pthread_mutex_unlock(gate)
      for thread in started { pthread_join(thread, nil) }
      guard started.count < threads else { return }
      let limit = finite(processes).map { "the limit is \($0) for all of this user (ulimit -u)" }
      throw LimitError(
        "threads: \(limit ?? "the machine refuses more"), and Akuru needs \(threads) more, where \(started.count) are free"
      )
    #endif
  }

  private static func canMap(_ bytes: Int) -> Bool {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE)
    guard let mapped = mmap(nil, bytes, PROT_NONE, flags, -1, 0), mapped != MAP_FAILED else { return false }
    munmap(mapped, bytes)
    return true
  }

  /// Bytes of address space that this process has.
  private static var used: Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").first
    return (pages.flatMap { Int($0) } ?? 0) * Int(getpagesize())
  }

  #if canImport(Darwin)
    private typealias Resource = Int32
    private static let processes = RLIMIT_NPROC
    private static func limit(_ resource: Resource) -> rlimit? {
      var limit = rlimit()
      return getrlimit(resource, &limit) == 0 ? limit : nil
    }
    private static func set(_ resource: Resource, _ limit: inout rlimit) -> Bool { setrlimit(resource, &limit) == 0 }
  #else
    private typealias Resource = __rlimit_resource
    private static let processes = __RLIMIT_NPROC
    private static func limit(_ resource: Resource) -> rlimit? {
      var limit = rlimit()
      return getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 ? limit : nil
    }
    private static func set(_ resource: Resource, _ limit: inout rlimit) -> Bool {
      setrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0
    }
  #endif

  /// The limit; nil if there is none.
  private static func finite(_ resource: Resource) -> Int? {
    limit(resource).flatMap { $0.rlim_cur < rlim_t(Int.max) ? Int($0.rlim_cur) : nil }
  }
}

/// What a thread of ``ProcessLimits`` does: it waits until the gate, a mutex, is opened.
private func waitAtGate(_ gate: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
  pthread_mutex_lock(gate)
  pthread_mutex_unlock(gate)
  return nil
}

/// A limit of the process is too low; exit status 4.
package struct LimitError: Error, CustomStringConvertible, ExitStatusProviding {
  /// One line that names the limit and the number that is needed.
  package let description: String
  package var exitStatus: ExitStatus { .inputOutput }

  package init(_ description: String) {
    self.description = "\(description); raise the limit, or ask those who run the machine"
  }
}
