import Foundation

/// An image cache in the making: a temporary file of its own, beside the place it will take. One process of a machine has
/// the draft; all of them write their images into it with ``ImageCacheWriter``; then it is published.
///
/// Jobs that make the same cache at once do not meet before the rename, and the last one leaves the same bytes as the
/// first. A draft that is released without being published removes its file.
public final class ImageCacheDraft {
  /// The file to write into.
  public let temporaryPath: String
  private let path: String
  private let layout: ImageCacheLayout
  /// Holds the lock that tells a file in the making from what a killed process left.
  private let descriptor: Int32
  private var isPublished = false

  /// Creates the folder if needed, removes what killed processes left there, and reserves the whole file's space.
  ///
  /// - Parameter path: the file to be.
  /// - Throws: ``ImageCacheError/system(action:path:code:)``, with ENOSPC where the space is not there.
  public init(for path: String, layout: ImageCacheLayout) throws(ImageCacheError) {
    let folder = parentFolder(path)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw .system(action: "create the folder", path: folder, code: cause.map { Int32($0.code) } ?? ENOTDIR)
    }
    ImageCacheDraft.removeAbandoned(in: folder)
    (descriptor, temporaryPath) = try ImageCacheDraft.create(beside: path)
    (self.path, self.layout) = (path, layout)
    var code: Int32
    repeat { code = posix_fallocate(descriptor, 0, off_t(layout.fileSize)) } while code == EINTR
    guard code == 0 else {
      throw .system(action: "reserve \((layout.fileSize + 999_999) / 1_000_000) MB for", path: path, code: code)
    }
  }

  deinit {
    if !isPublished { unlink(temporaryPath) }
    close(descriptor)
  }

  /// Seals the file once all images are in, waits until it is on the disk, and gives it its name.
  public func publish() throws(ImageCacheError) {
    let file = try MappedFile(temporaryPath, size: layout.fileSize, writable: true)
    file.mutableBytes.copyBytes(from: layout.header)
    UnsafeMutableRawBufferPointer(rebasing: file.mutableBytes[64...]).copyBytes(from: layout.checksum(of: file.bytes))
    try file.synchronize()
    guard fsync(descriptor) == 0 else { throw .system(action: "write", path: temporaryPath, code: errno) }
    guard rename(temporaryPath, path) == 0 else {
      throw .system(action: "rename \(temporaryPath) to", path: path, code: errno)
    }
    isPublished = true
    // Where a folder cannot be flushed, the worst is that the cache has to be made again.
    let folder = open(parentFolder(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Creates and locks `FOLDER/.NAME.tmp-NUMBER`.
  private static func create(beside path: String) throws(ImageCacheError) -> (Int32, String) {
    let (folder, name) = (
      parentFolder(path), path.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0)! } ?? path
    )
    while true {
      let temporary = joinPath(folder, ".\(name).tmp-\(UInt64.random(in: 0 ... .max))")
      let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
      if descriptor < 0 && errno == EEXIST { continue }
      guard descriptor >= 0 else { throw .system(action: "create", path: temporary, code: errno) }
      // Another job may have taken the file for an abandoned one before it was locked.
      var status = stat()
      if flock(descriptor, LOCK_EX) == 0 && fstat(descriptor, &status) == 0 && status.st_nlink == 0 {
        close(descriptor)
        continue
      }
      return (descriptor, temporary)
    }
  }

  /// Removes temporary caches that no living process has locked. Where the file system has no locks, they stay.
  private static func removeAbandoned(in folder: String) {
    guard let names = try? listFolder(folder) else { return }
    for name in names where name.hasPrefix(".images-") && name.contains(".cache.tmp-") {
      let path = joinPath(folder, name)
      let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }
}
