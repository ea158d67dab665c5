internal import CMPI
import Foundation
import Messages

/// The life of an MPI process, from `MPI_Init_thread` to `exit`.
package enum MPIRuntime {
  /// Runs `body` on every rank of the job and ends the process; without `mpirun`, the process is rank 0 of 1.
  ///
  /// - When the body returns, the ranks wait for each other, finalize MPI and exit with the returned code.
  /// - When it throws a ``CollectiveFailure``, rank 0 prints `akuru: <error>`, and all ranks do the same with the
  ///   error's code.
  /// - When it throws another error, this rank prints `akuru: rank R on HOST: <error>` and ends the whole job with the
  ///   error's code (`MPI_Abort`), so that no rank waits for one that has exited.
  ///
  /// All calls of the communicator must come from the calling thread (`MPI_THREAD_FUNNELED`). Call it before other
  /// threads start, since it sets environment variables.
  ///
  /// - Parameter exitCode: the process's exit code for an error, 1...255; anything else becomes 1. It is not called for
  ///   ``RankFailure``, which has its own.
  package static func run(
    exitCode: @escaping (any Error) -> Int32 = { _ in 1 }, _ body: (Communicator) throws -> Int32
  ) -> Never {
    func code(_ error: any Error) -> Int32 {
      let code = (error as? RankFailure)?.exitCode ?? exitCode(error)
      return (1...255).contains(code) ? code : 1
    }
    let communicator: Communicator
    do {
      try start()
      communicator = try Communicator(exitCode: code)
      try requireLauncher(communicator, code)
    } catch {
      report("\(error)")
      exit(code(error))
    }
    do {
      try OpenFileLimit.requireRoom(for: communicator)
      let result = try body(communicator)
      try finish(communicator)
      exit(result)
    } catch  where error is any CollectiveFailure || communicator.size == 1 {
      if communicator.rank == 0 { report("\(error)") }
      try? finish(communicator)
      exit(code(error))
    } catch {
      report("rank \(communicator.rank) on \(communicator.hostName): \(error)")
      communicator.abort(code(error))
    }
  }

  /// Starts MPI, also quickly and silently without `mpirun`.
  private static func start() throws {
    OpenFileLimit.raise()
    for setting in isLaunched ? settings : singletonSettings { setenv(setting.name, setting.value, 0) }
    var isEnough: Int32 = 0
    let code = akuru_mpi_start(&isEnough)
    try MPIError.check(code, "MPI_Init_thread")
    try MPIError.check(akuru_mpi_return_errors(akuru_mpi_all()), "MPI_Comm_set_errhandler")
    if isEnough == 0 {
      throw MPIError(code: code, function: "MPI_Init_thread", text: "this MPI has no thread support (FUNNELED)")
    }
  }

  /// Messages of up to 256 KiB are sent eagerly (64 KiB by default). Otherwise, parts of gradients, mostly of about 100 KB,
  /// would first be announced, and their answer would queue behind other messages: the sum of two million gradients
  /// took 84 ms on two machines with 1 Gbit/s, and takes 65 ms with this setting.
  private static let settings = [
    (name: "OMPI_MCA_btl_tcp_eager_limit", value: "262144"),
    (name: "OMPI_MCA_btl_tcp_rndv_eager_limit", value: "262144"),
    (name: "OMPI_MCA_btl_tcp_max_send_size", value: "262144"),
  ]

  /// Settings of a single process: no daemon beside it (which needs ssh and 0.1 s) and no probing of networks (0.2 s).
  /// Values in the environment take precedence. Like MPI's own variables, they are inherited: an MPI process cannot
  /// start an mpirun of its own.
  private static let singletonSettings = [
    (name: "OMPI_MCA_ess_singleton_isolated", value: "1"),
    (name: "OMPI_MCA_pml", value: "ob1"),
    (name: "OMPI_MCA_btl", value: "self"),
  ]

  /// True under mpirun, or under another launcher that speaks PMIx or PMI (srun).
  package static var isLaunched: Bool {
    let variables = ["OMPI_COMM_WORLD_SIZE", "PMIX_NAMESPACE", "PMIX_RANK", "PMI_FD", "PMI_RANK"]
    return variables.contains { (name: String) in getenv(name) != nil }
  }

  /// The number of this process on its machine, as its launcher says before MPI starts.
  package static var localRank: Int {
    ["OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID", "MPI_LOCALRANKID"].lazy.compactMap { (name: String) in
      getenv(name).flatMap { Int(String(cString: $0)) }
    }.first ?? 0
  }

  /// Throws if a launcher started several processes and MPI knows only this one. The first process tells; the others wait
  /// until it has told, since launchers end all processes when one fails.
  private static func requireLauncher(_ communicator: Communicator, _ code: (any Error) -> Int32) throws {
    guard let launcher = Launcher(ProcessInfo.processInfo.environment),
      let mismatch = launcher.mismatch(found: communicator.size, library: libraryVersion)
    else { return }
    if launcher.rank == 0 { throw mismatch }
    sleep(1)
    exit(code(mismatch))
  }

  /// The MPI library's name and version, such as "Open MPI v4.1.4".
  private static var libraryVersion: String {
    var text = [CChar](repeating: 0, count: Int(akuru_mpi_longest_text()))
    var length: Int32 = 0
    guard akuru_mpi_library(&text, &length) == akuru_mpi_success() else { return "unknown" }
    let bytes = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Waits for all ranks and finalizes MPI. mpirun kills the other ranks when one exits early with a non-zero status,
  /// so all output is flushed first, and no rank exits until all have reached this point.
  private static func finish(_ communicator: Communicator) throws {
    fflush(nil)
    try communicator.barrier()
    try MPIError.check(akuru_mpi_finish(), "MPI_Finalize")
  }

  /// One line to stderr in one write, so that lines of several ranks do not mix.
  private static func report(_ message: String) {
    fflush(nil)
    let line = Array("akuru: \(message)\n".utf8)
    var written = 0
    while written < line.count {
      let n = line[written...].withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if n > 0 { written += n } else if errno != EINTR { return }
    }
  }
}
