import Foundation

/// An open file that closes itself. All calls are repeated when a signal interrupts them.
struct OpenFile: ~Copyable {
  let descriptor: Int32
  let path: String

  /// Opens `path`; the descriptor is not inherited by child processes.
  init(_ path: String, _ flags: Int32, action: String = "open") throws(FileError) {
    var opened: Int32
    repeat { opened = open(path, flags | O_CLOEXEC, 0o666) } while opened < 0 && errno == EINTR
    guard opened >= 0 else { throw FileError(action, path) }
    (descriptor, self.path) = (opened, path)
  }

  deinit { close(descriptor) }

  /// Opens a regular file for reading. A folder or a device is an error (and a named pipe does not block).
  static func reading(_ path: String) throws(FileError) -> OpenFile {
    let file = try OpenFile(path, O_RDONLY | O_NONBLOCK, action: "read")
    let mode = try file.status().st_mode & S_IFMT
    guard mode == S_IFREG else { throw FileError("read", path, code: mode == S_IFDIR ? EISDIR : EINVAL) }
    return file
  }

  /// Bytes in the file.
  func size() throws(FileError) -> Int { Int(try status().st_size) }

  /// When the file was written last, in seconds since 1970 by the file system's clock.
  func modified() throws(FileError) -> Int {
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

  /// Fills `buffer` from `offset` on. Returns the bytes read: fewer than asked for at the end of the file only.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
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

  /// Writes all of `buffer` at the current position.
  func write(_ buffer: UnsafeRawBufferPointer) throws(FileError) {
    if let code = Faults.boundary() { throw FileError("write", path, code: code) }
    Progress.tick()
    var done = 0
    while done < buffer.count {
      let count = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("write", path) }
      done += count
    }
  }

  func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in try write(UnsafeRawBufferPointer(buffer)) }
  }

  /// Waits until the contents are on the disk.
  func synchronize() throws(FileError) {
    if let code = Faults.boundary() { throw FileError("flush", path, code: code) }
    var result: Int32
    repeat { result = fsync(descriptor) } while result < 0 && errno == EINTR
    guard result == 0 else { throw FileError("flush", path) }
  }
}

/// The names in a folder, without "." and "..", in no particular order.
func folderContents(_ path: String) throws(FileError) -> [String] {
  guard let folder = opendir(path) else { throw FileError("read the folder", path) }
  defer { closedir(folder) }
  let nameOffset = MemoryLayout<dirent>.offset(of: \dirent.d_name)!
  var names: [String] = []
  errno = 0
  while let entry = readdir(folder) {
    let name = (UnsafeRawPointer(entry) + nameOffset).assumingMemoryBound(to: CChar.self)
    names.append(String(cString: name))
    errno = 0
  }
  guard errno == 0 else { throw FileError("read the folder", path) }
  return names.filter { $0 != "." && $0 != ".." }
}

enum FileKind { case file, folder, other }

/// What stands at `path`, links followed; nil when nothing does.
func kind(of path: String) throws(FileError) -> FileKind? {
  var status = stat()
  guard stat(path, &status) == 0 else {
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw FileError("examine", path)
  }
  switch status.st_mode & S_IFMT {
  case S_IFREG: return .file
  case S_IFDIR: return .folder
  default: return .other
  }
}

/// Creates a folder and those above it that are missing.
func createFolder(_ path: String) throws(FileError) {
  if try kind(of: path) == .folder { return }
  let parent = folder(of: path)
  if parent != path { try createFolder(parent) }
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileError("create the folder", path) }
  guard try kind(of: path) == .folder else { throw FileError("create the folder", path, code: ENOTDIR) }
}

/// The folder that `path` is in: "." for a plain name, "/" for "/".
func folder(of path: String) -> String {
  var bytes = Array(path.utf8)
  while bytes.count > 1 && bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
  guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
}

/// The last component of `path`.
func lastComponent(_ path: String) -> String {
  let parts = path.utf8.split(separator: UInt8(ascii: "/"))
  return parts.last.map { String(decoding: $0, as: UTF8.self) } ?? path
}
