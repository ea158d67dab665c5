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

  /// The function that returns an error.
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

@_cdecl("MPI_Iallreduce")
func iallreduce(
  _ from: UnsafeRawPointer?, _ to: UnsafeMutableRawPointer?, _ count: Int32, _ type: OpaquePointer?,
  _ operation: OpaquePointer?, _ communicator: OpaquePointer?, _ request: UnsafeMutableRawPointer?
) -> Int32 {
  if BrokenMPI.function == "MPI_Iallreduce" { return BrokenMPI.error }
  typealias Real =
    @convention(c) (
      UnsafeRawPointer?, UnsafeMutableRawPointer?, Int32, OpaquePointer?, OpaquePointer?, OpaquePointer?,
      UnsafeMutableRawPointer?
    ) -> Int32
  return BrokenMPI.real("MPI_Iallreduce", as: Real.self)(from, to, count, type, operation, communicator, request)
}

@_cdecl("MPI_Testall")
func testall(
  _ count: Int32, _ requests: UnsafeMutableRawPointer?, _ done: UnsafeMutablePointer<Int32>?,
  _ statuses: UnsafeMutableRawPointer?
) -> Int32 {
  if BrokenMPI.function == "MPI_Testall" { return BrokenMPI.error }
  typealias Real =
    @convention(c) (
      Int32, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?
    ) -> Int32
  return BrokenMPI.real("MPI_Testall", as: Real.self)(count, requests, done, statuses)
}

@_cdecl("MPI_Waitall")
func waitall(
  _ count: Int32, _ requests: UnsafeMutableRawPointer?, _ statuses: UnsafeMutableRawPointer?
) -> Int32 {
  if BrokenMPI.function == "MPI_Waitall" { return BrokenMPI.error }
  typealias Real = @convention(c) (Int32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
  return BrokenMPI.real("MPI_Waitall", as: Real.self)(count, requests, statuses)
}
