import Foundation

/// What the file system says about a path, without following a link at its end.
struct FileStatus {
  enum Kind { case file, folder, link, other }
  let kind: Kind
  let size: Int64

  /// nil if there is nothing at the path (or nothing that may be looked at).
  init?(path: String, followLink: Bool) {
    var status = stat()
    guard (followLink ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    size = Int64(status.st_size)
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .link
    default: kind = .other
    }
  }
}

/// Reads a regular file of at most `limit` bytes.
func readFile(_ path: String, limit: Int, limitName: String) throws(DataSetError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else {
    throw errno == ENOENT ? .notFound(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
  }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw .unreadable(path: path, reason: String(cString: strerror(errno)))
  }
  guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "not a regular file") }
  guard status.st_size <= limit else { throw .tooLarge(path: path, place: "", what: "the file", limit: limitName) }
  let size = Int(status.st_size)
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while count < size {
      let got = read(descriptor, buffer.baseAddress! + count, size - count)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failure = errno }
      if got <= 0 { break }
      count += got
    }
  }
  guard failure == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(failure))) }
  return bytes
}

/// The names in a folder, without "." and "..", in no particular order.
func listFolder(_ path: String) throws(DataSetError) -> [String] {
  guard let folder = opendir(path) else {
    throw errno == ENOENT ? .notFound(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
  }
  defer { closedir(folder) }
  var names: [String] = []
  errno = 0
  while let entry = readdir(folder) {
    let (name, isUTF8) = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) {
        (String(cString: $0), String(validatingCString: $0) != nil)
      }
    }
    guard isUTF8 else {
      throw .unreadable(path: path, reason: "it holds \(quoted(name)), a name not in UTF-8; rename it")
    }
    if name != "." && name != ".." { names.append(name) }
    errno = 0
  }
  guard errno == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
  return names
}

/// The path without links and dots; nil if it does not exist.
func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(validatingCString: resolved)
}

/// True if the bytes of `a` come before those of `b`: the order of paths, the same in every locale.
func pathPrecedes(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}

/// The folder that a path's last name is in.
func parentFolder(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
