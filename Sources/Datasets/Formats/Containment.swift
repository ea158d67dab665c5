import Files

/// Checks that the files that a data set names are inside its folder, with links resolved.
struct Containment {
  private let folder: String
  /// The folder without links, ending in "/".
  private let root: String
  /// Folders of names that were found to be inside: the parts before the last "/".
  private var checkedFolders: Set<String> = []

  init(folder: String) throws(DataSetError) {
    guard let resolved = resolvedPath(folder) else { throw .notFound(path: folder) }
    self.folder = folder
    root = resolved == "/" ? resolved : resolved + "/"
  }

  /// The size of the file `name`, or -1 if there is none. `file` and `place` locate the name in messages.
  mutating func size(of name: String, file: String, place: String) throws(DataSetError) -> Int64 {
    func refuse(_ reason: String) -> DataSetError {
      .outside(path: file, place: place, fileName: name, reason: reason)
    }
    let bytes = name.utf8
    if bytes.isEmpty { throw refuse("is empty") }
    if bytes.count > DataSetLimits.fileNameBytes { throw refuse("is longer than a path can be") }
    if bytes.contains(0) { throw refuse("holds a NUL") }
    if bytes.first == UInt8(ascii: "/") { throw refuse("is an absolute path") }
    let parts = bytes.split(separator: UInt8(ascii: "/"))
    if parts.contains(where: { $0.elementsEqual("..".utf8) }) { throw refuse("goes up with \"..\"") }

    let path = joinPath(folder, name)
    guard let status = FileStatus(path: path, followLink: false) else { return -1 }
    let parent = bytes.lastIndex(of: UInt8(ascii: "/")).map { String(name[..<$0]) } ?? ""
    if status.kind == .link {
      guard let target = resolvedPath(path) else { return -1 }
      guard isInside(target) else { throw refuse("is a link out of the folder") }
      return FileStatus(path: path, followLink: true)?.size ?? -1
    }
    if !parent.isEmpty && !checkedFolders.contains(parent) {
      guard let target = resolvedPath(joinPath(folder, parent)), isInside(target) else {
        throw refuse("leads through a link out of the folder")
      }
      checkedFolders.insert(parent)
    }
    return status.size
  }

  /// Whether the name alone, ignoring links, stays inside the folder.
  static func staysInside(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= DataSetLimits.fileNameBytes && !bytes.contains(0)
      && bytes.first != UInt8(ascii: "/")
      && !bytes.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }

  private func isInside(_ resolved: String) -> Bool {
    root.utf8.elementsEqual((resolved + "/").utf8) || resolved.utf8.starts(with: root.utf8)
  }
}
