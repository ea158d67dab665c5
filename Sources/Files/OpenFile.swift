import Foundation
import Instrumentation

/// An open file that closes itself. Calls that a signal interrupts are repeated.
package struct OpenFile: ~Copyable {
  package let descriptor: Int32
  package let path: String

  /// Opens `path`; the descriptor is not inherited by child processes.
  package init(_ path: String, _ flags: Int32, action: String = "open") throws(FileError) {
    var opened: Int32
    repeat { opened = open(path, flags | O_CLOEXEC, 0o666) } while opened < 0 && errno == EINTR
    guard opened >= 0 else { throw FileError(action, path) }
    (descriptor, self.path) = (opened, path)
  }

  deinit { close(descriptor) }

  /// Opens a regular file for reading. A folder or a device is an error; a named pipe does not block.
  package static func reading(_ path: String) throws(FileError) -> OpenFile { try regular(path, O_RDONLY) }

  /// Opens a regular file; see ``reading(_:)``.
  package static func regular(_ path: String, _ flags: Int32) throws(FileError) -> OpenFile {
    let file = try OpenFile(path, flags | O_NONBLOCK, action: "read")
    let mode = try file.status().st_mode & S_IFMT
    guard mode == S_IFREG else { throw FileError("read", path, code: mode == S_IFDIR ? EISDIR : FileError.notRegular) }
    return file
  }

  /// Bytes in the file.
  package func size() throws(FileError) -> Int { Int(try status().st_size) }

  /// The time of the last write, in seconds since 1970 by the file system's clock.
  package func modified() throws(FileError) -> Int {
    #if canImport(Darwin)
      try Int(status().st_mtimespec.tv_sec)
    #else
      try Int(status().st_mtim.tv_sec)
    #endif
  }

  private func status() throws(FileError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("examine", path) }
    return status
  }

  /// Fills `buffer` from `offset` on. Returns the number of bytes read: fewer than `buffer` holds only at the end of
  /// the file.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Up to `count` bytes from `offset` on; fewer at the end of the file.
  package func bytes(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(FileError) {
        initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all of `buffer` at the current position.
  package func write(_ buffer: UnsafeRawBufferPointer) throws(FileError) {
    if let code = Faults.boundary() { throw FileError("write", path, code: code) }
    Heartbeat.tick()
    var done = 0
    while done < buffer.count {
      let count = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("write", path) }
      done += count
    }
  }

  package func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in try write(UnsafeRawBufferPointer(buffer)) }
  }

  /// Waits until all contents are on the disk.
  package func synchronize() throws(FileError) {
    if let code = Faults.boundary() { throw FileError("flush", path, code: code) }
    var result: Int32
    repeat { result = fsync(descriptor) } while result < 0 && errno == EINTR
    guard result == 0 else { throw FileError("flush", path) }
  }

  /// Passes all writes to the file system, as closing does: network file systems report lost writes at that point.
  package func handOver() throws(FileError) {
    let copy = dup(descriptor)
    guard copy >= 0, close(copy) == 0 || errno == EINTR else { throw FileError("write", path) }
  }

  /// Reserves space for `size` bytes, in pieces: a call that a signal interrupts frees what it reserved.
  package func reserve(_ size: Int) throws(FileError) {
    func failure(_ code: Int32) -> FileError {
      FileError("reserve \((size + 999_999) / 1_000_000) MB for", path, code: code)
    }
    if try freeBytes(at: path) < size { throw failure(ENOSPC) }
    for start in stride(from: 0, to: size, by: 1 << 20) {
      var code: Int32
      repeat {
        code = posix_fallocate(descriptor, off_t(start), off_t(min(1 << 20, size - start)))
      } while code == EINTR
      guard code == 0 else { throw failure(code) }
    }
  }

  /// Cuts the file to `size` bytes.
  package func truncate(_ size: Int) throws(FileError) {
    var code: Int32
    repeat { code = ftruncate(descriptor, off_t(size)) } while code != 0 && errno == EINTR
    guard code == 0 else { throw FileError("write", path) }
  }

  /// Takes the file's lock, which is released when the process ends.
  ///
  /// - Parameter waits: whether to wait for a process that holds it.
  /// - Returns: 0, or the reason in `errno`: EWOULDBLOCK if another process holds the lock.
  package func lock(waits: Bool) -> Int32 {
    while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno != EINTR { return errno }
    }
    return 0
  }

  /// Whether the file's name was removed.
  package func isUnlinked() throws(FileError) -> Bool { try status().st_nlink == 0 }
}
