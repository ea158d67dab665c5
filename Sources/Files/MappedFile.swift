import Foundation

/// A whole file mapped into memory. All processes that map it share one physical copy per machine. The mapping outlives
/// the file's name.
///
/// Unchecked: the address never changes, and writers write only bytes that nobody else accesses at the time.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  private let base: UnsafeMutableRawPointer?
  /// Bytes of the file.
  package let size: Int

  /// Maps a regular file.
  package init(_ path: String, writable: Bool = false) throws(FileError) {
    let file = try OpenFile.regular(path, writable ? O_RDWR : O_RDONLY)
    size = try file.size()
    self.path = path
    guard size > 0 else {
      base = nil
      return
    }
    let protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
    let mapped = mmap(nil, size, protection, MAP_SHARED, file.descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else { throw FileError("map", path) }
    base = mapped
  }

  deinit { if let base { munmap(base, size) } }

  /// The contents; valid during the lifetime of the object.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }

  /// The contents of a file that was mapped writable.
  package var mutableBytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: size) }

  /// Waits until all writes to the mapping are on the disk.
  package func synchronize() throws(FileError) {
    guard msync(base, size, MS_SYNC) == 0 else { throw FileError("write", path) }
  }
}
