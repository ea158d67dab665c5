import Foundation

/// A folder of shards in the making, hidden beside the place it will take; it goes with the object unless it was published.
final class ShardFolder {
  let path: String
  /// Holds the lock that tells a folder in the making from what a killed process left.
  private let descriptor: Int32
  private var isPublished = false

  /// Makes `.NAME.tmp-PROCESS` beside `output`, and removes what killed processes left there.
  init(beside output: String) throws(ShardError) {
    let url = URL(fileURLWithPath: output).standardizedFileURL
    let (parent, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw .system(action: "create the folder", path: parent, code: cause.map { Int32($0.code) } ?? ENOTDIR)
    }
    let prefix = ".\(name).tmp-"
    for old in ((try? listFolder(parent)) ?? []) where old.hasPrefix(prefix) {
      ShardFolder.removeIfAbandoned(joinPath(parent, old))
    }
    path = joinPath(parent, prefix + String(getpid()))
    guard mkdir(path, 0o777) == 0 else { throw .system(action: "create the folder", path: path, code: errno) }
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(action: "open the folder", path: path, code: errno) }
    flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
    if descriptor >= 0 { close(descriptor) }
  }

  private static func removeIfAbandoned(_ path: String) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { return }
    defer { close(folder) }
    if flock(folder, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Writes a file and waits until it is on the disk.
  func write(_ bytes: [UInt8], to name: String) throws(ShardError) {
    let file = joinPath(path, name)
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .system(action: "create", path: file, code: errno) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system(action: "write", path: file, code: errno) }
      done += count
    }
    guard fsync(descriptor) == 0 else { throw .system(action: "write", path: file, code: errno) }
  }

  /// Gives the folder its name. An empty folder of that name is replaced.
  func publish(as output: String) throws(ShardError) {
    fsync(descriptor)
    guard rename(path, output) == 0 else { throw .system(action: "rename \(path) to", path: output, code: errno) }
    isPublished = true
    let parent = open(URL(fileURLWithPath: output).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
  }
}
