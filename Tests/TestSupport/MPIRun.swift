import Foundation

/// The path of an executable product of this package, next to the test bundle that runs.
///
/// The test target must depend on the product's target, so that `swift test` builds it. `AKURU_PRODUCTS` names another
/// folder.
public func product(_ name: String) throws -> String {
  let own = [try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"), CommandLine.arguments.first]
  let folders =
    [ProcessInfo.processInfo.environment["AKURU_PRODUCTS"]].compactMap { $0 }
    + own.compactMap { $0 }.flatMap { path in
      // The bundle is a file on Linux and a folder of folders elsewhere.
      sequence(first: URL(fileURLWithPath: path).deletingLastPathComponent()) { $0.deletingLastPathComponent() }
        .prefix(4).map(\.path)
    }
  let candidates = folders.map { "\($0)/\(name)" }
  guard let path = candidates.first(where: isProgram) else {
    throw SubprocessError(description: "no product \(name) in \(folders.joined(separator: ", ")); build it first")
  }
  return path
}

private func isProgram(_ path: String) -> Bool {
  var folder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && !folder.boolValue
    && FileManager.default.isExecutableFile(atPath: path)
}

/// Runs a product of this package on `ranks` ranks under mpirun, more ranks than cores if need be.
public func mpirun(
  ranks: Int, product name: String, _ arguments: [String] = [], environment: [String: String] = [:],
  directory: String? = nil, timeout: Double = 120
) throws -> ProcessResult {
  try startMPIRun(ranks: ranks, product: name, arguments, environment: environment, directory: directory)
    .wait(timeout: timeout)
}

/// Starts what ``mpirun(ranks:product:_:environment:directory:timeout:)`` runs.
public func startMPIRun(
  ranks: Int, product name: String, _ arguments: [String] = [], environment: [String: String] = [:],
  directory: String? = nil
) throws -> RunningProcess {
  let options = ["-n", "\(ranks)", "--oversubscribe", "--bind-to", "none"]
  return try RunningProcess(
    "mpirun", options + [try product(name)] + arguments,
    environment: mpiEnvironment.merging(environment) { $1 }, directory: directory)
}

/// What mpirun needs in tests.
public var mpiEnvironment: [String: String] {
  var variables = [
    // Ranks that wait make room: there may be more than cores.
    "OMPI_MCA_mpi_yield_when_idle": "1",
    // Containers often forbid one process to read another's memory, and Open MPI then complains.
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
  ]
  if geteuid() == 0 {
    variables["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    variables["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
  }
  return variables
}
