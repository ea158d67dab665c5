import Files
import Foundation

/// An image cache in the making: a temporary file of its own, beside the place it will take. One process of a machine has
/// the draft; all of them write their images into it with ``ImageCacheWriter``; then it is published.
///
/// Jobs that make the same cache at once do not meet before the rename, and the last one leaves the same bytes as the
/// first. A draft that is released without being published removes its file.
package final class ImageCacheDraft {
  /// The file to write into.
  package let temporaryPath: String
  private let path: String
  private let layout: ImageCacheLayout
  /// Holds the lock that tells a file in the making from what a killed process left.
  private let file: OpenFile
  private var isPublished = false

  /// Creates the folder if needed, removes what killed processes left there, and reserves the whole file's space.
  ///
  /// - Parameter path: the file to be.
  /// - Throws: ``ImageCacheError/system(action:path:code:)``, with ENOSPC where the space is not there.
  package init(for path: String, layout: ImageCacheLayout) throws(ImageCacheError) {
    let folder = Files.folder(of: path)
    do throws(FileError) {
      try createFolder(folder)
      ImageCacheDraft.removeAbandoned(in: folder)
      file = try ImageCacheDraft.create(beside: path)
    } catch {
      throw ImageCacheError(error)
    }
    (self.path, self.layout, temporaryPath) = (path, layout, file.path)
    // From here on, a failure removes the file: the object is whole.
    do throws(FileError) {
      try file.reserve(layout.fileSize)
    } catch {
      // The name that people know, not that of the temporary file.
      throw .system(action: error.action, path: path, code: error.code)
    }
  }

  deinit {
    if !isPublished { unlink(temporaryPath) }
  }

  /// Seals the file once all images are in, waits until it is on the disk, and gives it its name.
  package func publish() throws(ImageCacheError) {
    let contents = try mapCache(temporaryPath, size: layout.fileSize, writable: true)
    contents.mutableBytes.copyBytes(from: layout.header)
    UnsafeMutableRawBufferPointer(rebasing: contents.mutableBytes[64...])
      .copyBytes(from: layout.checksum(of: contents.bytes))
    do throws(FileError) {
      try contents.synchronize()
      try file.synchronize()
      guard rename(temporaryPath, path) == 0 else { throw FileError("rename \(temporaryPath) to", path) }
    } catch {
      throw ImageCacheError(error)
    }
    isPublished = true
    // Where a folder cannot be flushed, the worst is that the cache has to be made again.
    try? synchronizeFolder(Files.folder(of: path))
  }

  /// Creates and locks `FOLDER/.NAME.tmp-NUMBER`.
  private static func create(beside path: String) throws(FileError) -> OpenFile {
    while true {
      let name = ".\(lastComponent(path)).tmp-\(UInt64.random(in: 0 ... .max))"
      let temporary = joinPath(Files.folder(of: path), name)
      if FileStatus(path: temporary, followLink: false) != nil { continue }
      let file = try OpenFile(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, action: "create")
      // Another job may have taken the file for an abandoned one before it was locked.
      if file.lock(waits: true) == 0, try file.isUnlinked() { continue }
      return file
    }
  }

  /// Removes temporary caches that no living process has locked. Where the file system has no locks, they stay.
  private static func removeAbandoned(in folder: String) {
    guard let names = try? listFolder(folder) else { return }
    for name in names where name.hasPrefix(".images-") && name.contains(".cache.tmp-") {
      let path = joinPath(folder, name)
      guard let file = try? OpenFile(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK) else { continue }
      if file.lock(waits: false) == 0 { unlink(path) }
    }
  }
}
