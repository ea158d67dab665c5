import Checkpoints
import Files
import Foundation
import Instrumentation
import MessagePassing
import Messages

/// Why a run directory cannot be used.
package enum RunDirectoryError: Error, CustomStringConvertible, ExitStatusProviding {
  case io(FileError)
  /// It contains a run already and `--resume` was not given.
  case holdsRun(path: String, found: String)
  /// Another process holds its lock; `holder` is that process's text in the lock file.
  case locked(path: String, holder: String)
  /// A value could not be encoded as JSON.
  case encoding(path: String, why: String)

  package var exitStatus: ExitStatus {
    switch self {
    case .holdsRun: .usage
    case .io, .locked, .encoding: .inputOutput
    }
  }

  package var description: String { text.onOneLine }

  private var text: String {
    switch self {
    case .io(let error): error.description
    case .holdsRun(let path, let found):
      "\(path) already holds a run (\(found)); go on with it: akuru train --resume --run-dir \(path.shellWord), or choose another --run-dir"
    case .locked(let path, let holder):
      "\(path) is being written by another job (\(holder)); wait for it to end, or choose another --run-dir"
    case .encoding(let path, let why): "cannot write \(path): \(why)"
    }
  }
}

/// The folder of one run, locked for this process during the lifetime of the object. Rank 0 has one.
///
/// Keep it in a property or in `withExtendedLifetime`: a local constant may be released after its last use.
///
/// Files: `config.json`, `alphabet.json`, `metrics.jsonl`, `train.log`, `checkpoints/`, and `.lock`.
package final class RunDirectory: Sendable {
  package let path: String
  package let checkpoints: CheckpointDirectory
  /// Names of temporary files of killed processes that were removed.
  package let removedTemporaries: [String]
  /// A warning, set if the file system has no locks: nothing then keeps out a second job.
  package let lockWarning: String?

  private let lock: OpenFile
  private let lease: RunLease

  package var configurationPath: String { "\(path)/config.json" }
  package var alphabetPath: String { "\(path)/alphabet.json" }
  package var metricsPath: String { "\(path)/metrics.jsonl" }
  package var logPath: String { "\(path)/train.log" }

  /// Creates the folder if needed, locks it, checks that it can be written, and cleans up after killed processes.
  ///
  /// - Parameter log: receives messages about a lease that is waited for or taken over.
  ///
  /// Throws `RunDirectoryError.holdsRun` if it contains a run and `resume` is false, `.locked` if another process holds
  /// its lock, `.io` if it cannot be created or written.
  package init(_ path: String, resume: Bool, log: (String) -> Void = { _ in })
    throws(RunDirectoryError)
  {
    self.path = path
    checkpoints = CheckpointDirectory(path: "\(path)/checkpoints")
    do throws(FileError) {
      try createFolder(path)
      lock = try OpenFile("\(path)/.lock", O_RDWR | O_CREAT | O_NOFOLLOW, action: "create")
    } catch {
      throw .io(error)
    }
    lockWarning = try RunDirectory.acquire(lock, path)
    if !resume, let found = try RunDirectory.traceOfRun(path, checkpoints) {
      throw .holdsRun(path: path, found: found)
    }
    lease = try RunLease(path, isLocked: lockWarning == nil, log: log)
    do throws(FileError) {
      try createFolder(checkpoints.path)
      removedTemporaries =
        try AtomicFile.removeTemporaries(in: path) + AtomicFile.removeTemporaries(in: checkpoints.path)
      for folder in [path, checkpoints.path] { try RunDirectory.probe(folder) }
    } catch {
      lease.end()
      throw .io(error)
    }
  }

  deinit { lease.end() }

  /// Writes `config.json`.
  package func writeConfiguration(_ configuration: some Encodable) throws(RunDirectoryError) {
    try write(configuration, to: configurationPath)
  }

  /// Writes `alphabet.json`: class k is `scalars[k - 1]`, class 0 is the CTC blank.
  package func writeAlphabet(_ scalars: [Unicode.Scalar]) throws(RunDirectoryError) {
    struct AlphabetFile: Encodable { let scalars: [String] }
    try write(AlphabetFile(scalars: scalars.map { String(Character($0)) }), to: alphabetPath)
  }

  private func write(_ value: some Encodable, to path: String) throws(RunDirectoryError) {
    let text: String
    do {
      text = try RunJSON.pretty(value)
    } catch {
      throw .encoding(path: path, why: "\(error)")
    }
    do throws(FileError) { try AtomicFile.write(Array(text.utf8), to: path) } catch { throw .io(error) }
  }

  /// Seconds to wait for a lock: a killed process holds it until the process is gone.
  private static let patience = 5

  /// Locks `.lock`, and writes the holder into it. Returns a warning if the file system has no locks.
  private static func acquire(_ lock: borrowing OpenFile, _ path: String) throws(RunDirectoryError) -> String? {
    let holder: String
    let deadline = ContinuousClock.now + .seconds(patience)
    var code = lock.lock(waits: false)
    while code == EWOULDBLOCK, .now < deadline, !StopRequest.isRaised {
      usleep(50_000)
      code = lock.lock(waits: false)
    }
    do throws(FileError) {
      if code == 0 {
        try lock.truncate(0)
        try lock.write(Array("process \(getpid()) on \(Communicator.ownHostName)".utf8))
        return nil
      }
      if code != EWOULDBLOCK {
        guard code == ENOSYS || code == ENOTSUP || code == ENOLCK else {
          throw FileError("lock", lock.path, code: code)
        }
        return "the file system of \(path) has no locks: make sure that no other job writes this run directory"
      }
      holder = String(decoding: try lock.bytes(200, at: 0), as: UTF8.self)
    } catch {
      throw .io(error)
    }
    throw .locked(path: path, holder: holder)
  }

  /// The name of a file that shows that the folder contains a run.
  private static func traceOfRun(
    _ path: String, _ checkpoints: CheckpointDirectory
  ) throws(RunDirectoryError) -> String? {
    do throws(FileError) {
      for name in ["config.json", "metrics.jsonl"] where try kind(of: "\(path)/\(name)") != nil { return name }
      return try checkpoints.fileNames().first.map { "checkpoints/\($0)" }
    } catch {
      throw .io(error)
    }
  }

  /// Writes, flushes and removes a small file, to test the folder.
  private static func probe(_ folder: String) throws(FileError) {
    let name = AtomicFile.temporaryName(for: "\(folder)/probe")
    defer { unlink(name) }
    let file = try OpenFile(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, action: "write to the folder \(folder):")
    try file.write(Array("probe".utf8))
    try file.synchronize()
  }
}
