import Files
import Images
import Messages

/// Reads a folder and the folders in it, links followed. In each, the first of these decides: shards, a list that stands for its folder
/// (which is not searched further), or pairs and pages. If nothing is found anywhere, a single other list at the top is read.
struct FolderSearch: GroundTruthReader {
  let root: String

  func read(into records: inout RecordCollector) throws(DataSetError) {
    let before = records.records.count
    var walk = Walk(root: root, options: records.options)
    try walk.visit(GroundTruthFolder(root: root), depth: 0, &records)
    var isOther = false
    if records.records.count == before, let list = try walk.otherList() {
      isOther = true
      try list.read(into: &records)
    }
    guard records.records.count > before else {
      throw records.noLine(of: root) ?? .unrecognized(path: root, found: walk.summary)
    }
    if records.records[before...].contains(where: { $0.form == .xml }) {
      for (folder, name) in walk.brokenPages {
        try records.addBad(folder.prefix + name, "it is neither PAGE-XML nor ALTO; export the page again", in: folder)
      }
    }
    // Images of pages, and those that a list of another name names, are of use.
    var pages = Set(records.records[before...].compactMap { $0.page?.imagePath })
    if isOther { pages.formUnion(records.records[before...].map(\.absolutePath)) }
    records.keepLeftOut { !pages.contains($0.path) }
    for (folder, images) in walk.strangers {
      let unused = images.filter { !pages.contains(folder.file($0)) }
      guard let first = unused.first else { continue }
      records.leave(
        folder.path, .unlistedImage,
        "holds \(counted(unused.count, "image")) without texts, such as \(quoted(first)), which are not used")
    }
  }
}

/// The state of a search.
private struct Walk {
  let root: String
  let options: ReadingOptions
  /// What was found, for the error that nothing could be read.
  private var images = 0
  private var texts = 0
  private var folders = 0
  private var others = 0
  private var otherXML = 0
  private var parquet = 0
  private var firstUnpaired: ImageTextPairs.Unpaired?
  private var holdsTars = false
  private var topNames: [String] = []
  /// XML files with the names of images that are neither PAGE nor ALTO.
  private(set) var brokenPages: [(folder: GroundTruthFolder, name: String)] = []
  /// The folders above the current one.
  private var ancestors: Set<FileStatus.Identity> = []
  /// Folders of images without texts.
  private(set) var strangers: [(folder: GroundTruthFolder, images: [String])] = []

  init(root: String, options: ReadingOptions) { (self.root, self.options) = (root, options) }

  mutating func visit(_ folder: GroundTruthFolder, depth: Int, _ records: inout RecordCollector) throws(DataSetError) {
    folders += 1
    guard depth <= DataSetLimits.depth, folders <= DataSetLimits.folders else {
      throw .tooLarge(
        path: folder.path, place: "",
        what: depth > DataSetLimits.depth ? "the depth of folders" : "the number of folders",
        limit: depth > DataSetLimits.depth ? "64" : "1 million")
    }
    let status: FileStatus?
    do throws(FileError) { status = try FileStatus.following(folder.path) } catch { throw DataSetError(error) }
    // A link to a folder above would lead in a circle.
    guard let identity = status?.identity, ancestors.insert(identity).inserted else { return }
    defer { ancestors.remove(identity) }
    let (names, inner) = try contents(of: folder, &records)
    if depth == 0 { topNames = names }
    if try readWhole(folder, names, &records) { return }
    try readFiles(folder, names, &records)
    for name in inner {
      var next = folder
      next.prefix += name + "/"
      try visit(next, depth: depth + 1, &records)
    }
  }

  /// The names of files and of folders, sorted by bytes.
  private func contents(
    of folder: GroundTruthFolder, _ records: inout RecordCollector
  ) throws(DataSetError) -> (files: [String], folders: [String]) {
    let entries: [FolderEntry]
    do throws(FileError) { entries = try folderEntries(folder.path) } catch { throw DataSetError(error) }
    var (files, folders): ([String], [String]) = ([], [])
    for entry in entries where !entry.name.hasPrefix(".") {
      guard entry.isUTF8 else {
        records.leave(folder.file(entry.name), .unpairedFile, isProblem: true, "its name is not in UTF-8; rename it")
        continue
      }
      var kind = entry.kind
      if kind == nil || kind == .link {
        do throws(FileError) { kind = try FileStatus.following(folder.file(entry.name))?.kind } catch {
          throw DataSetError(error)
        }
      }
      if kind == .folder { folders.append(entry.name) } else { files.append(entry.name) }
    }
    return (files.sorted(by: pathPrecedes), folders.sorted(by: pathPrecedes))
  }

  /// Reads what stands for the whole folder: shards or a list.
  private func readWhole(
    _ folder: GroundTruthFolder, _ names: [String], _ records: inout RecordCollector
  ) throws(DataSetError) -> Bool {
    let lists = names.compactMap { name in ListReader.known.first { $0.name == name && isWanted($0.form) } }
    if isWanted(.shards) && names.contains(ShardIndex.fileName) {
      guard lists.isEmpty else {
        throw .unrecognized(path: folder.path, found: "shards and a metadata file; remove one")
      }
      try ShardsReader(folder: folder).read(into: &records)
      return true
    }
    if let first = lists.first {
      guard lists.count == 1 else {
        throw .unrecognized(path: folder.path, found: "both \(first.name) and \(lists[1].name); remove one")
      }
      try ListReader(folder: folder, name: first.name, form: first.form).read(into: &records)
      return true
    }
    let labels = names.compactMap { name in ListReader.labels.first { $0.name == name && isWanted($0.form) } }
    guard labels.count == 1, let list = labels.first, !holdsPairs(names) else { return false }
    try ListReader(folder: folder, name: list.name, form: list.form).read(into: &records)
    return true
  }

  private func isWanted(_ form: GroundTruthForm) -> Bool { options.form == nil || options.form == form }

  private func holdsPairs(_ names: [String]) -> Bool {
    isWanted(.pairs) && !ImageTextPairs(names: names, imageSuffix: options.imageSuffix).pairs.isEmpty
  }

  /// Reads the pages and the pairs of a folder.
  private mutating func readFiles(
    _ folder: GroundTruthFolder, _ names: [String], _ records: inout RecordCollector
  ) throws(DataSetError) {
    var (pages, stems): ([String], Set<String>) = ([], [])
    for name in names {
      if lowercased(name).hasSuffix(".xml") {
        guard isWanted(.xml) else { continue }
        let isPage: Bool
        do throws(DataSetError) {
          isPage = try GroundTruthForm.of(file: folder.file(name)) == .form(.xml)
        } catch {
          // A link that leads nowhere, for example.
          if error.isOfMachine { throw error }
          records.leave(folder.file(name), .unpairedFile, isProblem: true, error.reason)
          continue
        }
        if isPage {
          pages.append(name)
          stems.insert(String(name.dropLast(4)))
        } else {
          try noteOtherXML(name, folder, names, &records)
        }
      }
    }
    try PagesReader(folder: folder, names: pages).read(into: &records)
    count(names)
    guard isWanted(.pairs) else { return }
    // Beside a page, its image and the text of the whole page have the page's name.
    let own = stems.isEmpty ? names : names.filter { !stems.contains(stem(of: $0)) }
    for name in names
    where !stems.isEmpty && name.hasSuffix(ImageTextPairs.textSuffix) && stems.contains(stem(of: name)) {
      records.leave(
        folder.file(name), .otherVersion,
        "the lines of PAGE-XML or ALTO beside it are read instead; --format pairs reads the text")
    }
    let reader = PairsReader(folder, names: own, options: options)
    if firstUnpaired == nil { firstUnpaired = reader.pairs.unpaired.first }
    if reader.pairs.pairs.isEmpty {
      // X.bin.png is another version of the image of X.xml.
      let images = own.filter { name in
        ImageFormat.stem(ofName: name) != nil
          && !name.indices.contains { name[$0] == "." && stems.contains(String(name[..<$0])) }
      }
      if !images.isEmpty { strangers.append((folder, images)) }
      for file in reader.pairs.unpaired where ImageFormat.stem(ofName: file.name) == nil {
        records.leave(folder.file(file.name), .unpairedFile, isProblem: true, file.detail)
      }
      return
    }
    try reader.read(into: &records)
  }

  /// XML that is neither PAGE nor ALTO: a bad record where an image has its name, else a note.
  private mutating func noteOtherXML(
    _ name: String, _ folder: GroundTruthFolder, _ names: [String], _ records: inout RecordCollector
  ) throws(DataSetError) {
    otherXML += 1
    let own = name.dropLast(4)
    if names.contains(where: { ImageFormat.stem(ofName: $0).map { $0.elementsEqual(own.utf8) } ?? false }) {
      brokenPages.append((folder, name))
    } else {
      records.leave(folder.file(name), .unlistedImage, "it is neither PAGE-XML nor ALTO, and is not used")
    }
  }

  private func stem(of name: String) -> String {
    if let stem = ImageFormat.stem(ofName: name) { return String(decoding: stem, as: UTF8.self) }
    let suffix = [ImageTextPairs.textSuffix, ImageTextPairs.plainTextSuffix].first { name.hasSuffix($0) } ?? ""
    return String(name.dropLast(suffix.count))
  }

  private mutating func count(_ names: [String]) {
    for name in names {
      if ImageFormat.stem(ofName: name) != nil {
        images += 1
      } else if lowercased(name).hasSuffix(".txt") {
        texts += 1
      } else if !lowercased(name).hasSuffix(".xml") {
        others += 1
        if name.hasSuffix(".parquet") { parquet += 1 }
        if name.hasSuffix(".tar") { holdsTars = true }
      }
    }
  }

  /// The only list at the top of the search, if pairs and pages gave nothing.
  func otherList() throws(DataSetError) -> ListReader? {
    var found: [ListReader] = []
    for name in topNames {
      guard ImageFormat.stem(ofName: name) == nil, !lowercased(name).hasSuffix(".xml") else { continue }
      let recognized = try GroundTruthForm.of(file: joinPath(root, name), columns: options.columns)
      guard case .form(let form) = recognized, isWanted(form),
        [.csv, .jsonl, .json, .list].contains(form)
      else { continue }
      found.append(ListReader(folder: GroundTruthFolder(root: root), name: name, form: form))
    }
    guard found.count > 1 else { return found.first }
    throw .unrecognized(
      path: root,
      found:
        "\(found.count) lists, \(found.prefix(4).map { quoted($0.name) }.joined(separator: ", ")); give one of them")
  }

  /// What the search found, for an error.
  var summary: String {
    if parquet > 0 { return GroundTruthForm.parquet }
    if holdsTars {
      return "tar files without \(ShardIndex.fileName); copy that too, or let akuru pack write the shards"
    }
    if let firstUnpaired {
      let partner = firstUnpaired.unread.map { ", and \(quoted($0)) of a format that is not read; convert it to PNG" }
      return "\(quoted(firstUnpaired.name)) without \(quoted(firstUnpaired.missing))\(partner ?? "")"
    }
    if images + texts + others + otherXML == 0 {
      return folders > 1 ? "\(counted(folders, "folder")) without files" : "an empty folder"
    }
    var parts = [(images, "image"), (texts, "text"), (otherXML, "XML file that is neither PAGE nor ALTO")]
      .filter { $0.0 > 0 }.map { $0.0 == 1 || $0.1.hasPrefix("XML") ? "\($0.0) \($0.1)" : counted($0.0, $0.1) }
    if others > 0 { parts.append("\(others) other \(others == 1 ? "file" : "files")") }
    return parts.joined(separator: ", ") + (folders > 1 ? " in \(counted(folders, "folder"))" : "")
  }
}
