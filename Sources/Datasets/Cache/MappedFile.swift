import Foundation

/// A whole file in memory, shared with everybody who maps it: there is one physical copy on a machine. The mapping outlives
/// the file's name.
///
/// Unchecked: the address never changes. Who writes, writes bytes that nobody else touches at the time.
final class MappedFile: @unchecked Sendable {
  let path: String
  private let base: UnsafeMutableRawPointer
  private let size: Int

  /// Maps a regular file that must have exactly `size` bytes, at least one.
  /// - Throws: ``ImageCacheError/absent(path:)``, ``ImageCacheError/damaged(path:reason:)`` for another size.
  init(_ path: String, size: Int, writable: Bool = false) throws(ImageCacheError) {
    let descriptor = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? .absent(path: path) : .system(action: "open", path: path, code: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(action: "examine", path: path, code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .damaged(path: path, reason: "it is not a regular file") }
    guard Int(status.st_size) == size else {
      throw .damaged(path: path, reason: "it has \(status.st_size) bytes instead of \(size)")
    }
    let mapped = mmap(nil, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else { throw .system(action: "map", path: path, code: errno) }
    (self.path, base, self.size) = (path, mapped, size)
  }

  deinit { munmap(base, size) }

  /// The contents; valid as long as the object.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }

  /// The contents of a file that was mapped writable.
  var mutableBytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: size) }

  /// Waits until what was written into the mapping is on the disk.
  func synchronize() throws(ImageCacheError) {
    guard msync(base, size, MS_SYNC) == 0 else { throw .system(action: "write", path: path, code: errno) }
  }
}
