import Files
import Images

/// Reads a list: each record of it names an image and gives its text.
struct ListReader: GroundTruthReader {
  /// The folder of the list, from which its names start.
  let folder: GroundTruthFolder
  /// The list's name in the folder.
  let name: String
  let form: GroundTruthForm

  var path: String { folder.file(name) }

  /// The names of lists that stand for their folder, and their forms.
  static let known: [(name: String, form: GroundTruthForm)] = [
    ("metadata.csv", .csv), ("metadata.tsv", .csv), ("metadata.jsonl", .jsonl),
  ]
  /// Lists of labels that stand for their folder where it holds no pairs: of docTR, EasyOCR and PaddleOCR.
  static let labels: [(name: String, form: GroundTruthForm)] = [
    ("labels.json", .json), ("labels.csv", .csv), ("labels.tsv", .csv), ("labels.jsonl", .jsonl), ("label.txt", .list),
    ("labels.txt", .list), ("rec_gt.txt", .list),
  ]

  func read(into records: inout RecordCollector) throws(DataSetError) {
    records.form = form
    let before = records.records.count
    let bytes = try readFile(path, limit: DataSetLimits.metadataBytes, limitName: "1 GiB")
    let text = try TextBytes.utf8(bytes, path: path)
    var locator = FileLocator(
      folder, allowsOutside: records.options.allowsOutside, inner: form == .json ? "images/" : nil)
    var lines = LineLookup(folder)
    let columns = records.options.columns
    func addRecord(_ entry: ListEntry) throws(DataSetError) { try add(entry, to: &records, &locator, &lines) }
    switch form {
    case .csv: try CSVTable.read(text, path: path, columns: columns, add: addRecord)
    case .jsonl: try JSONLinesList.read(text, path: path, columns: columns, add: addRecord)
    case .json: try JSONLabels.read(text, path: path, add: addRecord)
    default: try PathList.read(text, path: path, add: addRecord)
    }
    guard records.records.count > before else { throw .noRecords(path: path) }
    for (page, note) in lines.notes.sorted(by: { pathPrecedes($0.key, $1.key) }) {
      records.leave(page, .unclearTurn, note)
    }
    if ListReader.known.contains(where: { $0.name == name }) { findUnlisted(from: before, &records) }
  }

  private func add(
    _ entry: ListEntry, to records: inout RecordCollector, _ locator: inout FileLocator, _ lines: inout LineLookup
  ) throws(DataSetError) {
    let (name, text): (String, String)
    switch entry.contents {
    case .bad(let image, let reason):
      // A name that cannot be used is none.
      let known = image.flatMap { FileLocator.refusal(of: $0) == nil && !FileLocator.leadsOut($0) ? $0 : nil }
      let unnamed = "\(self.name), \(entry.place)"
      let fault = known == nil ? reason : "\(self.name), \(entry.place): \(reason)"
      return try records.addBad(folder.prefix + (known ?? unnamed), fault, in: folder)
    case .record(let image, let words): (name, text) = (image, words)
    }
    if let (file, id) = LineLookup.parts(of: name), locator.allows(name) {
      let path = name.utf8.first == UInt8(ascii: "/") ? name : folder.prefix + name
      switch try lines.line(id, of: file) {
      case .success(let line):
        return try records.add(path, text: text, size: line.page.size, origin: .line(line), in: folder)
      case .failure(let error): return try records.addBad(path, error.reason, in: folder)
      }
    }
    switch try locator.find(name) {
    case .file(let path, let size): try records.add(path, text: text, size: size, in: folder)
    case .refused(let reason):
      try records.addBad("\(folder.prefix)\(self.name), \(entry.place)", reason, in: folder)
    }
  }

  /// Finds images that the list does not name in the folders of those that it names.
  private func findUnlisted(from first: Int, _ records: inout RecordCollector) {
    var listed: [String: Set<String>] = [:]
    for record in records.records[first...] where record.page == nil {
      let parts = record.path.split(separator: "/", omittingEmptySubsequences: false)
      listed[parts.dropLast().joined(separator: "/"), default: []].insert(String(parts.last ?? ""))
    }
    for (place, names) in listed.sorted(by: { $0.key < $1.key }) where !FileLocator.leadsOut(place) {
      let path = place.isEmpty ? folder.root : joinPath(folder.root, place)
      // A folder with readable files may forbid listing; unlisted images are then unknown.
      guard let found = try? folderContents(path) else { continue }
      for name in found.sorted(by: pathPrecedes) where ImageFormat.stem(ofName: name) != nil && !names.contains(name) {
        records.leave(
          joinPath(path, name), .unlistedImage, "the metadata does not list it, so it is not used; list it or remove it"
        )
      }
    }
  }
}

/// One entry of a list.
struct ListEntry {
  enum Contents {
    case record(image: String, text: String)
    /// With the image's name, if the list gives it, and the reason and remedy.
    case bad(image: String?, reason: String)
  }

  let contents: Contents
  /// Where it stands in the list, as in "record 2 (line 3)".
  let place: String
}
