import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Stands between Akuru and MPI, as MPI's profiling interface provides (MPI 4.0, chapter 15): a program may define
/// MPI_X itself and reach the library's as PMPI_X.
enum BrokenMPI {
  private static let broken = Mutex<String?>(nil)

  private static let interrupted = Mutex(0)

  /// The function that returns an error, how a message is damaged (`short`, `wide` or `empty`), or `interrupted`: then every
  /// other system call of those below ends with EINTR.
  static var function: String? {
    get { broken.withLock { $0 } }
    set { broken.withLock { $0 = newValue } }
  }

  /// System calls that were interrupted so far.
  static var interruptions: Int { interrupted.withLock { $0 / 2 + $0 % 2 } }

  /// Whether this call is to be interrupted.
  static func interrupts() -> Bool {
    guard function == "interrupted" else { return false }
    return interrupted.withLock { calls in
      calls += 1
      return calls % 2 == 1
    }
  }

  /// The library's function behind the one of this program.
  static func next<Function>(_ name: String, as type: Function.Type) -> Function {
    unsafeBitCast(dlsym(UnsafeMutableRawPointer(bitPattern: -1), name), to: type)
  }

  /// MPI_ERR_OTHER in Open MPI.
  static let error: Int32 = 16

  static func real<Function>(_ name: String, as type: Function.Type) -> Function {
    unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), "P" + name), to: type)
  }
}

@_cdecl("MPI_Isend")
func isend(
  _ bytes: UnsafeMutableRawPointer?, _ count: Int32, _ type: OpaquePointer?, _ to: Int32, _ tag: Int32,
  _ communicator: OpaquePointer?, _ request: UnsafeMutableRawPointer?
) -> Int32 {
  var count = count
  switch BrokenMPI.function {
  case "MPI_Isend": return BrokenMPI.error
  case "short": count -= 1
  case "wide": bytes?.storeBytes(of: 54, as: UInt8.self)
  case "empty": count = 0
  default: break
  }
  typealias Real =
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, OpaquePointer?, Int32, Int32, OpaquePointer?, UnsafeMutableRawPointer?
    ) -> Int32
  return BrokenMPI.real("MPI_Isend", as: Real.self)(bytes, count, type, to, tag, communicator, request)
}

@_cdecl("MPI_Irecv")
func irecv(
  _ bytes: UnsafeMutableRawPointer?, _ count: Int32, _ type: OpaquePointer?, _ from: Int32, _ tag: Int32,
  _ communicator: OpaquePointer?, _ request: UnsafeMutableRawPointer?
) -> Int32 {
  if BrokenMPI.function == "MPI_Irecv" { return BrokenMPI.error }
  typealias Real =
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, OpaquePointer?, Int32, Int32, OpaquePointer?, UnsafeMutableRawPointer?
    ) -> Int32
  return BrokenMPI.real("MPI_Irecv", as: Real.self)(bytes, count, type, from, tag, communicator, request)
}

@_cdecl("MPI_Testsome")
func testsome(
  _ count: Int32, _ requests: UnsafeMutableRawPointer?, _ done: UnsafeMutablePointer<Int32>?,
  _ indices: UnsafeMutablePointer<Int32>?, _ statuses: UnsafeMutableRawPointer?
) -> Int32 {
  if BrokenMPI.function == "MPI_Testsome" { return BrokenMPI.error }
  typealias Real =
    @convention(c) (
      Int32, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?,
      UnsafeMutableRawPointer?
    ) -> Int32
  return BrokenMPI.real("MPI_Testsome", as: Real.self)(count, requests, done, indices, statuses)
}

/// No shared memory: as in a container that has none left.
@_cdecl("shm_open")
func sharedMemory(_ name: UnsafePointer<CChar>, _ flags: Int32, _ mode: mode_t) -> Int32 {
  if BrokenMPI.function == "shm_open" {
    errno = EMFILE
    return -1
  }
  if BrokenMPI.interrupts() {
    errno = EINTR
    return -1
  }
  typealias Real = @convention(c) (UnsafePointer<CChar>, Int32, mode_t) -> Int32
  return BrokenMPI.next("shm_open", as: Real.self)(name, flags, mode)
}

@_cdecl("ftruncate")
func truncate(_ file: Int32, _ length: off_t) -> Int32 {
  if BrokenMPI.interrupts() {
    errno = EINTR
    return -1
  }
  typealias Real = @convention(c) (Int32, off_t) -> Int32
  return BrokenMPI.next("ftruncate", as: Real.self)(file, length)
}

/// As on tmpfs, where a signal that is pending interrupts it; newer kernels do so less often.
@_cdecl("posix_fallocate")
func allocate(_ file: Int32, _ start: off_t, _ length: off_t) -> Int32 {
  if BrokenMPI.interrupts() { return EINTR }
  typealias Real = @convention(c) (Int32, off_t, off_t) -> Int32
  return BrokenMPI.next("posix_fallocate", as: Real.self)(file, start, length)
}
