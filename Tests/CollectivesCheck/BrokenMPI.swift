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

  /// The function that returns an error, or how a message is damaged: `short`, `wide` or `empty`.
  static var function: String? {
    get { broken.withLock { $0 } }
    set { broken.withLock { $0 = newValue } }
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
  typealias Real = @convention(c) (UnsafePointer<CChar>, Int32, mode_t) -> Int32
  // The library's own, behind this one.
  let next = UnsafeMutableRawPointer(bitPattern: -1)
  return unsafeBitCast(dlsym(next, "shm_open"), to: Real.self)(name, flags, mode)
}
