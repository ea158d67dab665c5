import Foundation

/// A folder under construction, hidden beside its final path; `deinit` removes it unless it was published. A killed process leaves it,
/// and the next draft for the same path removes it.
package final class FolderDraft {
  package let path: String
  /// Holds the lock that distinguishes a folder under construction from one that a killed process left.
  private let folder: OpenFile
  private var isPublished = false

  /// Creates `.NAME.tmp-PROCESS` beside `output`, and removes folders that killed processes left there.
  package init(beside output: String) throws(FileError) {
    let url = URL(fileURLWithPath: output).standardizedFileURL
    let (parent, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
    try createFolder(parent)
    let prefix = ".\(name).tmp-"
    for old in ((try? folderContents(parent)) ?? []) where old.hasPrefix(prefix) {
      FolderDraft.removeIfAbandoned("\(parent)/\(old)")
    }
    let path = "\(parent)/\(prefix)\(getpid())"
    try Leftovers.beginning(path) { () throws(FileError) in
      guard mkdir(path, 0o777) == 0 else { throw FileError("create the folder", path) }
    }
    self.path = path
    folder = try OpenFile(path, O_RDONLY | O_DIRECTORY, action: "open the folder")
    _ = folder.lock(waits: false)
  }

  deinit {
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
    Leftovers.finished(path)
  }

  private static func removeIfAbandoned(_ path: String) {
    guard let folder = try? OpenFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
    if folder.lock(waits: false) == 0 { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Writes a file and flushes it to the disk.
  package func write(_ bytes: [UInt8], to name: String) throws(FileError) {
    let file = try OpenFile("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL, action: "create")
    try file.write(bytes)
    try file.synchronize()
  }

  /// Renames the folder to its final name. An empty folder of that name is replaced.
  package func publish(as output: String) throws(FileError) {
    try? folder.synchronize()
    guard rename(path, output) == 0 else { throw FileError("rename \(path) to", output) }
    isPublished = true
    try? synchronizeFolder(URL(fileURLWithPath: output).deletingLastPathComponent().path)
  }
}
