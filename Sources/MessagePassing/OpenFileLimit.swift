import Foundation
import Messages

/// How many files and connections a process may have open. A rank with a connection to each rank of other machines, as rank
/// 0 has, needs more of them than the usual 1,024. Without them MPI prints "too many open files" for ever.
enum OpenFileLimit {
  /// More are not asked for: some programs close every number up to the limit.
  private static let most = rlim_t(1 << 16)
  /// What Akuru and MPI open besides connections to other ranks: data, caches, checkpoints, sockets of MPI itself.
  private static let reserve = 64

  private static var current: rlimit {
    var limit = rlimit()
    #if canImport(Darwin)
      getrlimit(RLIMIT_NOFILE, &limit)
    #else
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #endif
    return limit
  }

  /// Raises this process's limit as far as it may. Call it before MPI starts.
  static func raise() {
    var limit = current
    let wanted = min(limit.rlim_max, most)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    #if canImport(Darwin)
      setrlimit(RLIMIT_NOFILE, &limit)
    #else
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #endif
  }

  /// Ends the job, with one line, if a rank may not open as many connections as the job needs. Collective.
  static func requireRoom(for communicator: Communicator) throws {
    if communicator.isOneMachine { return }
    let others = communicator.size - (try communicator.sameMachine().size)
    try communicator.together {
      // Others than rank 0 have connections in the patterns of collective operations and of the exchange of gradients.
      let connections = communicator.rank == 0 ? others : min(others, 64)
      let opened = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
      let (needed, limit) = (opened + connections + reserve, current)
      guard limit.rlim_cur < rlim_t(needed) else { return }
      throw TooFewOpenFiles(allowed: Int(limit.rlim_cur), needed: needed, ranks: communicator.size)
    }
  }
}

/// The machine lets a process open fewer files than a job of that size needs.
struct TooFewOpenFiles: ExitStatusProviding, CustomStringConvertible, Equatable {
  let allowed: Int
  let needed: Int
  let ranks: Int

  var exitStatus: ExitStatus { .inputOutput }
  var description: String {
    """
    too many open files: a process may have \(allowed), and \(ranks) ranks on several machines need \(needed); raise the \
    hard limit (ulimit -Hn, LimitNOFILE of the service that starts the ranks), or use fewer ranks
    """
  }
}
