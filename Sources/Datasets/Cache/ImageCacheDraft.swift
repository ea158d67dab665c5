import Files
import Foundation

/// An image cache under construction: a temporary file beside its final path. One process per machine owns the draft;
/// all processes write their images into it with ``ImageCacheWriter``; then the owner publishes it.
///
/// Jobs that build the same cache concurrently do not conflict before the rename, and the last one writes the same
/// bytes as the first. A draft that is released without being published removes its file.
package final class ImageCacheDraft {
  /// The file to write into.
  package let temporaryPath: String
  private let path: String
  private let layout: ImageCacheLayout
  /// Holds the lock that distinguishes a file under construction from one that a killed process left.
  private let file: OpenFile
  private var isPublished = false

  /// Creates the folder if needed, removes files that killed processes left there, and reserves the whole file's space.
  ///
  /// - Parameter path: the final file.
  /// - Throws: ``ImageCacheError/system(action:path:code:)``, with ENOSPC if there is not enough space.
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
    // All properties are set, so a failure from here on runs `deinit`, which removes the file.
    do throws(FileError) {
      try file.reserve(layout.fileSize)
    } catch {
      // The error names the final path, which people know, not the temporary file.
      throw .system(action: error.action, path: path, code: error.code)
    }
  }

  deinit {
    if !isPublished { unlink(temporaryPath) }
  }

  /// Seals the file after all images are written, flushes it to the disk, and renames it to its final path.
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
    // If the folder cannot be flushed, the cache may have to be built again, nothing worse.
    try? synchronizeFolder(Files.folder(of: path))
  }

  /// Creates and locks `FOLDER/.NAME.tmp-NUMBER`.
  private static func create(beside path: String) throws(FileError) -> OpenFile {
    while true {
      let name = ".\(lastComponent(path)).tmp-\(UInt64.random(in: 0 ... .max))"
      let temporary = joinPath(Files.folder(of: path), name)
      if FileStatus(path: temporary, followLink: false) != nil { continue }
      let file = try OpenFile(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, action: "create")
      // Another job may have removed the file as abandoned before it was locked.
      if file.lock(waits: true) == 0, try file.isUnlinked() { continue }
      return file
    }
  }

  /// Removes temporary caches that no living process has locked. If the file system has no locks, they are kept.
  private static func removeAbandoned(in folder: String) {
    guard let names = try? folderContents(folder) else { return }
    for name in names where name.hasPrefix(".images-") && name.contains(".cache.tmp-") {
      let path = joinPath(folder, name)
      guard let file = try? OpenFile(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK) else { continue }
      if file.lock(waits: false) == 0 { unlink(path) }
    }
  }
}
