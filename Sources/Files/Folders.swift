import Foundation

/// The names in a folder, without "." and "..", in no particular order. Bytes that are not valid UTF-8 are replaced.
package func folderContents(_ path: String) throws(FileError) -> [String] {
  try folderEntries(path).map(\.name)
}

/// A name in a folder.
package struct FolderEntry: Sendable {
  /// Bytes that are not valid UTF-8 are replaced.
  package let name: String
  package let isUTF8: Bool
  /// What the folder says of its kind; nil if the file system does not say it there.
  package let kind: FileStatus.Kind?
}

/// The names in a folder, without "." and "..", in no particular order.
package func folderEntries(_ path: String) throws(FileError) -> [FolderEntry] {
  guard let folder = opendir(path) else { throw FileError("read the folder", path) }
  defer { closedir(folder) }
  let nameOffset = MemoryLayout<dirent>.offset(of: \dirent.d_name)!
  var entries: [FolderEntry] = []
  errno = 0
  while let entry = readdir(folder) {
    let text = (UnsafeRawPointer(entry) + nameOffset).assumingMemoryBound(to: CChar.self)
    let name = String(cString: text)
    if name != "." && name != ".." {
      let isUTF8 = String(validatingCString: text) != nil
      entries.append(FolderEntry(name: name, isUTF8: isUTF8, kind: FileStatus.Kind(entryType: entry.pointee.d_type)))
    }
    errno = 0
  }
  guard errno == 0 else { throw FileError("read the folder", path) }
  return entries
}

/// Creates a folder and its missing parents.
package func createFolder(_ path: String) throws(FileError) {
  if try kind(of: path) == .folder { return }
  let parent = folder(of: path)
  if parent != path { try createFolder(parent) }
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileError("create the folder", path) }
  guard try kind(of: path) == .folder else { throw FileError("create the folder", path, code: ENOTDIR) }
}

/// Creates the folder that will contain the file `path`, and its missing parents.
package func createFolder(of path: String) throws(FileError) { try createFolder(folder(of: path)) }

/// Makes a rename in a folder durable.
package func synchronizeFolder(_ path: String) throws(FileError) {
  let folder = try OpenFile(path, O_RDONLY | O_DIRECTORY)
  do throws(FileError) {
    try folder.synchronize()
  } catch {
    // Some network and FUSE file systems cannot flush a folder and say so; their renames cannot be made more durable.
    if error.code != EINVAL && error.code != ENOTSUP { throw error }
  }
}

// MARK: Paths

/// The folder that contains `path`: "." for a plain name, "/" for "/".
package func folder(of path: String) -> String {
  var bytes = Array(path.utf8)
  while bytes.count > 1 && bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
  guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
}

/// The last component of `path`.
package func lastComponent(_ path: String) -> String {
  let parts = path.utf8.split(separator: UInt8(ascii: "/"))
  return parts.last.map { String(decoding: $0, as: UTF8.self) } ?? path
}

/// The path without links and dots; nil if it does not exist.
package func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(validatingCString: resolved)
}

/// True if the bytes of `a` come before those of `b`: an order of paths that is the same in every locale.
package func pathPrecedes(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}
