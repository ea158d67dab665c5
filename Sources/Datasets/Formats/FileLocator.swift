import Files

/// Finds the files that a list names. Names must stay in the list's folder, unless the user allows more. Links in that folder are the
/// user's own, wherever they lead.
struct FileLocator {
  private let folder: GroundTruthFolder
  private let allowsOutside: Bool
  /// A folder inside of the list's, to which names may also be relative; ends in "/".
  private let inner: String?
  /// The names in folders that were searched for another spelling, by their NFC.
  private var spellings: [String: [String: String]] = [:]

  init(_ folder: GroundTruthFolder, allowsOutside: Bool, inner: String? = nil) {
    (self.folder, self.allowsOutside, self.inner) = (folder, allowsOutside, inner)
  }

  enum Found: Equatable {
    /// The path from the folder's root; size -1 if there is no such file.
    case file(path: String, size: Int64)
    /// The name is not used, for the reason and with the remedy.
    case refused(String)
  }

  /// The file of a name: as it stands, in the inner folder, with "\" as "/", or in another normalization form.
  /// - Throws: what the machine refuses.
  mutating func find(_ name: String) throws(DataSetError) -> Found {
    let isOutside = FileLocator.leadsOut(name)
    if let reason = FileLocator.refusal(of: name) { return .refused(reason) }
    if isOutside && !allowsOutside {
      return .refused(
        "file_name \(quoted(name)) \(name.utf8.first == UInt8(ascii: "/") ? "is an absolute path" : "goes up with \"..\""); "
          + "images must be inside the data set's folder, unless you give --allow-outside")
    }
    let path = name.utf8.first == UInt8(ascii: "/") ? name : folder.prefix + name
    if let size = try size(path) { return .file(path: path, size: size) }
    if isOutside { return .file(path: path, size: -1) }
    if let inner, let size = try size(folder.prefix + inner + name) {
      return .file(path: folder.prefix + inner + name, size: size)
    }
    if name.utf8.contains(UInt8(ascii: "\\")) {
      let slashed = String(decoding: name.utf8.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
      if !FileLocator.leadsOut(slashed), let size = try size(folder.prefix + slashed) {
        return .file(path: folder.prefix + slashed, size: size)
      }
    }
    if !name.utf8.allSatisfy({ $0 < 0x80 }), let other = otherSpelling(of: path), let size = try size(other) {
      return .file(path: other, size: size)
    }
    return .file(path: path, size: -1)
  }

  /// Whether a name is a path that may be opened.
  func allows(_ name: String) -> Bool {
    FileLocator.refusal(of: name) == nil && (allowsOutside || !FileLocator.leadsOut(name))
  }

  /// Whether a name leads out of its folder.
  static func leadsOut(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "/")
      || name.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }

  /// Why a name can be no path at all.
  static func refusal(of name: String) -> String? {
    let bytes = name.utf8
    if bytes.isEmpty { return "the name of the image is empty" }
    if bytes.count > DataSetLimits.fileNameBytes { return "file_name \(quoted(name)) is longer than a path can be" }
    if bytes.contains(0) { return "file_name \(quoted(name)) holds a NUL" }
    return nil
  }

  private func size(_ path: String) throws(DataSetError) -> Int64? {
    do throws(FileError) {
      return try FileStatus.following(path.utf8.first == UInt8(ascii: "/") ? path : joinPath(folder.root, path))?.size
    } catch {
      throw DataSetError(error)
    }
  }

  /// A path whose last part is spelled with other scalars: macOS stores é as two.
  private mutating func otherSpelling(of path: String) -> String? {
    let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
    let (place, name) = (String(path[..<start]), String(path[start...]))
    if spellings[place] == nil {
      var names: [String: String] = [:]
      for name in (try? folderContents(joinPath(folder.root, place))) ?? [] {
        names[TextPolicy.Normalization.nfc.applied(to: name)] = name
      }
      spellings[place] = names
    }
    return spellings[place]?[TextPolicy.Normalization.nfc.applied(to: name)].map { place + $0 }
  }
}
