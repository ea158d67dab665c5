import Foundation

/// What a process that ended left behind.
public struct ProcessResult: Sendable {
  /// The exit code; 128 + the signal when a signal ended it.
  public let exitCode: Int32
  public let stdout: String
  public let stderr: String

  /// Everything, for the message of an expectation that fails.
  public var transcript: String { "exit code \(exitCode)\nstdout: \(stdout)\nstderr: \(stderr)" }
}

/// A process that could not be started, or did not end.
public struct SubprocessError: Error, CustomStringConvertible {
  public let description: String
}

/// Runs a program to its end, with nothing on its standard input.
///
/// Its output goes to files, not pipes: there is no buffer to fill up, and a grandchild that lives on holds nothing up.
///
/// - Parameters:
///   - executable: a path, or a name to be looked up in PATH.
///   - environment: added to this process's own.
///   - timeout: seconds; a program that takes longer is killed, and ``SubprocessError`` is thrown.
public func run(
  _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
  directory: String? = nil, timeout: Double = 120
) throws -> ProcessResult {
  let process = try RunningProcess(executable, arguments, environment: environment, directory: directory)
  return try process.wait(timeout: timeout)
}

/// A process that was started and can be signalled while it runs.
public final class RunningProcess {
  private let process = Process()
  private let output: TemporaryDirectory
  private let ended = DispatchSemaphore(value: 0)
  private let command: String

  /// Starts a program; see ``run(_:_:environment:directory:timeout:)``.
  public init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil
  ) throws {
    output = try TemporaryDirectory()
    command = ([executable] + arguments).joined(separator: " ")
    process.executableURL = URL(fileURLWithPath: try locate(executable))
    process.arguments = arguments
    // Open MPI's jobs share a folder in /tmp; one that ends removes it while another moves in.
    // Runs begin with random weights, unless a test says otherwise.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["OMPI_MCA_orte_tmpdir_base": output.path, "AKURU_MODELS": ""]) { $1 }
      .merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try emptyFile(output.file("stdout"))
    process.standardError = try emptyFile(output.file("stderr"))
    let ended = ended
    process.terminationHandler = { _ in ended.signal() }
    // Tests run on threads that block signals, which a child inherits: it would ignore SIGTERM and SIGUSR1. A shell starts
    // what it does not wait for deaf to SIGINT, which is inherited too.
    for number in [SIGINT, SIGQUIT] { signal(number, SIG_DFL) }
    var (none, before) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
  }

  public var processIdentifier: Int32 { process.processIdentifier }

  /// What was written so far.
  public var stdout: String { contents("stdout") }
  public var stderr: String { contents("stderr") }

  public func send(signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// Waits for the end. After `timeout` seconds it sends SIGTERM, five seconds later SIGKILL, and throws.
  public func wait(timeout: Double = 120) throws -> ProcessResult {
    if ended.wait(timeout: .now() + timeout) == .timedOut {
      send(signal: SIGTERM)
      if ended.wait(timeout: .now() + 5) == .timedOut { send(signal: SIGKILL) }
      throw SubprocessError(
        description: "\(command) did not end within \(timeout) s\nstdout: \(stdout)\nstderr: \(stderr)")
    }
    let signalled = process.terminationReason == .uncaughtSignal
    return ProcessResult(
      exitCode: process.terminationStatus + (signalled ? 128 : 0), stdout: stdout, stderr: stderr)
  }

  private func contents(_ name: String) -> String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: output.file(name)))) ?? Data(), as: UTF8.self)
  }
}

private func emptyFile(_ path: String) throws -> FileHandle {
  guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
  else {
    throw SubprocessError(description: "cannot write \(path)")
  }
  return file
}

/// The path of a program: itself when it has a slash, else the first hit in PATH.
private func locate(_ executable: String) throws -> String {
  if executable.contains("/") { return executable }
  let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
  let candidates = folders.map { "\($0)/\(executable)" }
  guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
    throw SubprocessError(description: "\(executable) is not in PATH")
  }
  return path
}
