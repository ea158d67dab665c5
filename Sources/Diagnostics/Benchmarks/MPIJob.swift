import Foundation
import MessagePassing
import Messages

/// A command of this program on several ranks, as a child process under `mpirun`. The process that starts it must not
/// have started MPI itself.
struct MPIJob {
  let ranks: Int
  let arguments: [String]

  /// Ranks are bound to cores if there are enough, and unbound otherwise.
  private var command: [String] {
    let binding =
      ranks <= Processors.allowedCores().count
      ? ["--bind-to", "core", "--map-by", "core"] : ["--oversubscribe", "--bind-to", "none"]
    return ["mpirun", "-n", "\(ranks)"] + binding + [Bundle.main.executablePath ?? CommandLine.arguments[0]]
      + arguments
  }

  /// Runs the command and returns its stdout. Its stderr is reported only if it fails.
  ///
  /// - Throws: `MPIJobFailure`.
  func run() throws -> String {
    let (output, errors) = (try temporaryFile(), try temporaryFile())
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (output, errors)
    // Foundation gives a child its own process group, so an interrupt from the keyboard does not reach it.
    let interrupts = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { if process.isRunning { process.terminate() } }
      source.resume()
      return source
    }
    defer {
      for source in interrupts { source.cancel() }
      for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
    do {
      try process.run()
    } catch {
      throw MPIJobFailure("mpirun cannot be started: \(error.localizedDescription)")
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit && process.terminationStatus == 0 else {
      if process.terminationStatus == 127 { throw MPIJobFailure("mpirun is not in PATH; install Open MPI") }
      let end = process.terminationReason == .exit ? "status" : "signal"
      let reason = MPIJobFailure.reason(try text(errors))
      throw MPIJobFailure(
        "mpirun -n \(ranks) akuru \(arguments.joined(separator: " ")): ended with \(end) "
          + "\(process.terminationStatus)\(reason.isEmpty ? "" : ": \(reason)")")
    }
    return try text(output)
  }

  private var environment: [String: String] {
    var variables = ProcessInfo.processInfo.environment
    if geteuid() == 0 {
      variables["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
      variables["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    }
    return variables
  }

  /// A file without a name. Unlike a pipe it never fills up, and a surviving child does not keep the reader waiting.
  private func temporaryFile() throws -> FileHandle {
    guard let file = tmpfile() else { throw MPIJobFailure("no temporary file: \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    return FileHandle(fileDescriptor: dup(fileno(file)), closeOnDealloc: true)
  }

  private func text(_ file: FileHandle) throws -> String {
    try file.seek(toOffset: 0)
    return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
  }
}

/// A command under `mpirun` that could not be started or did not succeed; exit status 4.
struct MPIJobFailure: ExitStatusProviding, CustomStringConvertible, Equatable {
  let description: String
  var exitStatus: ExitStatus { .inputOutput }

  init(_ description: String) {
    self.description = description
  }

  /// The reason in one line, from the job's stderr: Akuru's own message, else the beginning of mpirun's.
  static func reason(_ errors: String) -> String {
    let lines = errors.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.allSatisfy { "-=*".contains($0) } }
    let own = lines.first { $0.hasPrefix("akuru: ") }?.dropFirst("akuru: ".count)
    return String(own.map(String.init) ?? lines.joined(separator: " ")).prefix(300).description
  }
}
