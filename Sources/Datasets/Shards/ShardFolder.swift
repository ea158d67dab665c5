import Files
import Foundation

/// A folder of shards under construction, hidden beside its final path; `deinit` removes it unless it was published.
final class ShardFolder {
  let path: String
  /// Holds the lock that distinguishes a folder under construction from one that a killed process left.
  private let folder: OpenFile
  private var isPublished = false

  /// Creates `.NAME.tmp-PROCESS` beside `output`, and removes folders that killed processes left there.
  init(beside output: String) throws(ShardError) {
    let url = URL(fileURLWithPath: output).standardizedFileURL
    let (parent, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
    do throws(FileError) {
      try createFolder(parent)
      let prefix = ".\(name).tmp-"
      for old in ((try? folderContents(parent)) ?? []) where old.hasPrefix(prefix) {
        ShardFolder.removeIfAbandoned(joinPath(parent, old))
      }
      path = joinPath(parent, prefix + String(getpid()))
      guard mkdir(path, 0o777) == 0 else { throw FileError("create the folder", path) }
      folder = try OpenFile(path, O_RDONLY | O_DIRECTORY, action: "open the folder")
    } catch {
      throw ShardError(error)
    }
    _ = folder.lock(waits: false)
  }

  deinit {
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func removeIfAbandoned(_ path: String) {
    guard let folder = try? OpenFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
    if folder.lock(waits: false) == 0 { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Writes a file and flushes it to the disk.
  func write(_ bytes: [UInt8], to name: String) throws(ShardError) {
    do throws(FileError) {
      let file = try OpenFile(joinPath(path, name), O_WRONLY | O_CREAT | O_EXCL, action: "create")
      try file.write(bytes)
      try file.synchronize()
    } catch {
      throw ShardError(error)
    }
  }

  /// Renames the folder to its final name. An empty folder of that name is replaced.
  func publish(as output: String) throws(ShardError) {
    try? folder.synchronize()
    guard rename(path, output) == 0 else { throw ShardError(FileError("rename \(path) to", output)) }
    isPublished = true
    try? synchronizeFolder(URL(fileURLWithPath: output).deletingLastPathComponent().path)
  }
}
