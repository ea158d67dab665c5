import Files
import Foundation
import Instrumentation

/// The checkpoints of a run: `step-00001200.safetensors` per saved step, and `best.safetensors`.
package struct CheckpointDirectory: Sendable {
  /// `RUN/checkpoints`.
  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// A checkpoint that verified.
  package struct LoadedCheckpoint: Sendable {
    package let path: String
    package let checkpoint: Checkpoint

    package init(path: String, checkpoint: Checkpoint) { (self.path, self.checkpoint) = (path, checkpoint) }
  }

  package var bestPath: String { "\(path)/best.safetensors" }

  /// The file of the checkpoint taken after `step` steps.
  package func path(step: Int) -> String {
    let digits = String(step)
    return "\(path)/step-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).safetensors"
  }

  /// The steps that have a checkpoint, ascending; empty if there is no folder.
  package func steps() throws(CheckpointError) -> [Int] {
    do throws(FileError) { return try listSteps() } catch { throw .io(error) }
  }

  /// Whether a best checkpoint exists, good or not.
  package func hasBest() throws(CheckpointError) -> Bool {
    do throws(FileError) { return try kind(of: bestPath) != nil } catch { throw .io(error) }
  }

  /// The names of all checkpoint files, good or not: the newest step first, the best one last.
  package func fileNames() throws(FileError) -> [String] {
    let best = try kind(of: bestPath) == nil ? [] : [lastComponent(bestPath)]
    return try listSteps().reversed().map { lastComponent(path(step: $0)) } + best
  }

  private func listSteps() throws(FileError) -> [Int] {
    guard try kind(of: path) != nil else { return [] }
    return try folderContents(path).compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      guard let step = Int(name.dropFirst(5).dropLast(12)), lastComponent(path(step: step)) == name else { return nil }
      return step
    }.sorted()
  }

  // MARK: writing

  /// Writes the checkpoint of a step; when it is complete, deletes all but the newest `keep`. Returns the names of the
  /// deleted files. The best checkpoint is never deleted, nor are those of later steps: these only exist if they could
  /// not be verified on resuming, and the run overwrites them when it reaches their steps.
  @discardableResult
  package func save(_ checkpoint: Checkpoint, step: Int, keep: Int) throws(CheckpointError) -> [String] {
    try checkpoint.write(to: path(step: step))
    var deleted: [String] = []
    for old in try steps().filter({ $0 <= step }).dropLast(max(1, keep)) {
      if let code = Faults.boundary() { throw .io(FileError("remove", path(step: old), code: code)) }
      guard unlink(path(step: old)) == 0 || errno == ENOENT else { throw .io(FileError("remove", path(step: old))) }
      deleted.append(lastComponent(path(step: old)))
    }
    return deleted
  }

  /// Writes the best checkpoint, as a separate file so that one bad disk block cannot damage both copies.
  package func saveBest(_ checkpoint: Checkpoint) throws(CheckpointError) {
    try checkpoint.write(to: bestPath)
  }

  /// Throws `CheckpointError.noSpace` unless the folder's file system has `bytes` bytes free for this user.
  package func requireSpace(bytes: Int) throws(CheckpointError) {
    let available: Int
    do throws(FileError) { available = try freeBytes(at: path) } catch { throw .io(error) }
    guard available >= bytes else { throw .noSpace(path: path, needed: bytes, available: available) }
  }

  /// Throws if the process may not write files of that size.
  package func requireFileSize(bytes: Int) throws {
    guard let limit = ProcessLimits.fileSize, limit < bytes else { return }
    throw LimitError(
      "files: the limit is \(limit >> 10) KiB (ulimit -f), and a checkpoint needs \(bytes >> 10) KiB")
  }

  // MARK: reading

  /// Restores the newest usable checkpoint: verified, and accepted by `restore`. Tries the steps from the newest on,
  /// then the best checkpoint. Names each unusable one through `log`. Returns nil if there are no checkpoints at all.
  ///
  /// - Parameter restore: throws for a checkpoint that is intact but cannot be used.
  ///
  /// Throws `CheckpointError.noneVerifies` if checkpoints exist but none can be used.
  package func newestGood<Value>(
    restoring restore: (LoadedCheckpoint) throws -> Value, log: (String) -> Void
  ) throws(CheckpointError) -> Value? {
    try firstGood(of: try stepPathsNewestFirst() + bestPaths(), restoring: restore, log: log)
  }

  /// Reads the checkpoint of a `--checkpoint FILE|RUN|NAME` argument: the file, the best checkpoint of a run directory, else
  /// its newest, or the starter model of that name if there is no such file. An unusable checkpoint of a run directory is named through `log`, and the next is tried.
  ///
  /// Throws the file's error; for a run directory `.notFound` if it holds none, `.noneVerifies` if none is good.
  package static func open(_ argument: String, log: (String) -> Void) throws(CheckpointError) -> LoadedCheckpoint {
    let directory: CheckpointDirectory
    switch try place(of: argument) {
    case .file(let path): return LoadedCheckpoint(path: path, checkpoint: try Checkpoint.read(path))
    case .run(let found): directory = found
    }
    let candidates = try directory.bestPaths() + directory.stepPathsNewestFirst()
    if let found = try directory.firstGood(of: candidates, restoring: { $0 }, log: log) { return found }
    throw holdsNone(argument)
  }

  /// The file that a `--checkpoint FILE|RUN|NAME` argument names, not opened: the file itself, of a run directory the
  /// best checkpoint, else the newest, or that of a starter model.
  package static func resolve(_ argument: String) throws(CheckpointError) -> String {
    let directory: CheckpointDirectory
    switch try place(of: argument) {
    case .file(let path): return path
    case .run(let found): directory = found
    }
    if let path = try (directory.bestPaths() + directory.stepPathsNewestFirst()).first { return path }
    throw holdsNone(argument)
  }

  /// What an argument names.
  private enum Place {
    case file(String)
    case run(CheckpointDirectory)
  }

  private static func place(of argument: String) throws(CheckpointError) -> Place {
    do throws(FileError) {
      switch try kind(of: argument) {
      case .folder: return .run(CheckpointDirectory(path: "\(argument)/checkpoints"))
      case .file, .link, .other: return .file(argument)
      case nil: if let model = try StarterModels().named(argument) { return .file(model.path) }
      }
    } catch {
      throw .io(error)
    }
    let isName = !argument.contains("/") && !argument.contains(".")
    let model = isName ? ", and no model of that name (akuru models lists them)" : ""
    throw .notFound(path: argument, why: "there is no such file or run directory\(model)")
  }

  private static func holdsNone(_ argument: String) -> CheckpointError {
    .notFound(
      path: argument, why: "it is a folder without checkpoints/best.safetensors or checkpoints/step-*.safetensors")
  }

  private func stepPathsNewestFirst() throws(CheckpointError) -> [String] {
    try steps().reversed().map { path(step: $0) }
  }

  private func bestPaths() throws(CheckpointError) -> [String] {
    try hasBest() ? [bestPath] : []
  }

  private func firstGood<Value>(
    of candidates: [String], restoring restore: (LoadedCheckpoint) throws -> Value, log: (String) -> Void
  ) throws(CheckpointError) -> Value? {
    guard !candidates.isEmpty else { return nil }
    for candidate in candidates {
      do {
        return try restore(LoadedCheckpoint(path: candidate, checkpoint: try Checkpoint.read(candidate)))
      } catch {
        log("\(error)")
      }
    }
    throw .noneVerifies(folder: path, count: candidates.count)
  }
}
