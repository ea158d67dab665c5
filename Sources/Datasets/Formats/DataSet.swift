import Files
import Messages

/// The records of one or more data sets, in a stable order: data sets as given, records as in a list, or sorted by path.
package struct DataSet: Sendable {
  /// What is in a data set but is no record: a file without a partner, an image that a list does not name, a line without text.
  package struct LeftOut: Sendable, Equatable, CustomStringConvertible {
    /// Path of the file or line, including the folder.
    package let path: String
    package let kind: AuditFinding.Kind
    /// Whether it may be a mistake, which stops training without `--skip-bad`.
    package let isProblem: Bool
    /// The reason and the remedy.
    package let detail: String

    package var description: String { "\(path): \(detail)".onOneLine }
  }

  /// The folders, or files, as given.
  package let folders: [String]
  package let records: [Record]
  /// The audit reports it.
  package let leftOut: [LeftOut]
  /// A line for each of them.
  package var notes: [String] { leftOut.map { $0.kind.leavesOut ? "left out: \($0)" : "\($0)" } }
  /// The policy of the records' texts.
  package let textPolicy: TextPolicy
  /// SHA-256 over relative paths, sizes and texts (not times, not the folder's own path), in hexadecimal.
  package let fingerprint: String

  init(folders: [String], records: [Record], leftOut: [LeftOut], textPolicy: TextPolicy) {
    (self.folders, self.records, self.leftOut, self.textPolicy) = (folders, records, leftOut, textPolicy)
    fingerprint = DataSet.fingerprint(of: records)
  }

  /// Loads a folder or a file, or several separated by commas; an argument that is itself the path of a folder is not split. The
  /// contents determine the form, see ``FolderSearch`` and ``GroundTruthForm``.
  ///
  /// The images are not opened; see ``Audit``.
  ///
  /// - Parameter allowsWeights: whether weights are allowed; ``DataSetArgument`` parses them.
  package static func load(
    _ argument: String, _ options: ReadingOptions = ReadingOptions(), allowsWeights: Bool = false
  ) throws(DataSetError) -> DataSet {
    let parsed = try DataSetArgument(argument)
    guard allowsWeights || parsed.isPlain else {
      throw .argument(reason: "data set \(quoted(argument)): weights go with --train only; leave them out")
    }
    var collector = RecordCollector(options: options)
    for (source, folder) in parsed.folders.enumerated() {
      collector.begin(source)
      let before = collector.records.count
      try reader(of: folder, options).read(into: &collector)
      guard collector.records.count > before else {
        throw collector.noLine(of: folder) ?? .noRecords(path: folder)
      }
    }
    for unused in options.unused(by: Set(collector.records.map(\.form))) {
      collector.leave(argument, .unusedOption, unused)
    }
    return DataSet(
      folders: parsed.folders, records: collector.records, leftOut: collector.leftOut, textPolicy: options.text)
  }

  /// The reader of a folder or file.
  private static func reader(
    of path: String, _ options: ReadingOptions
  ) throws(DataSetError) -> any GroundTruthReader {
    let status: FileStatus?
    do throws(FileError) { status = try FileStatus.following(path) } catch { throw DataSetError(error) }
    guard let status else { throw .notFound(path: path) }
    if status.kind == .folder { return FolderSearch(root: path) }
    guard status.kind == .file else { throw .unrecognized(path: path, found: "neither a folder nor a file") }
    let (folder, name) = (GroundTruthFolder(root: Files.folder(of: path)), lastComponent(path))
    if name == ShardIndex.fileName && options.form ?? .shards == .shards { return ShardsReader(folder: folder) }
    let form: GroundTruthForm
    if let wanted = options.form {
      form = wanted
    } else {
      switch try GroundTruthForm.of(file: path, columns: options.columns) {
      case .form(let found): form = found
      case .other(let found): throw .unrecognized(path: path, found: found)
      }
    }
    switch form {
    case .xml: return PagesReader(folder: folder, names: [name])
    case .csv, .jsonl, .json, .list: return ListReader(folder: folder, name: name, form: form)
    case .pairs, .shards: throw .unrecognized(path: path, found: "a file; --format \(form.rawValue) takes a folder")
    }
  }

  /// Whether a folder directly holds a data set: a list, shards, pages or labels.
  package static func isInFolder(_ folder: String) -> Bool {
    let names = (try? folderContents(folder)) ?? []
    let files = ListReader.known.map(\.name) + [ShardIndex.fileName]
    return names.contains {
      files.contains($0) || $0.hasSuffix(ImageTextPairs.textSuffix) || lowercased($0).hasSuffix(".xml")
    }
  }

  /// The data set without some records, given by index. Its fingerprint differs.
  package func removing(_ indices: [Int]) -> DataSet {
    let removed = Set(indices)
    let kept = records.indices.filter { !removed.contains($0) }.map { records[$0] }
    return DataSet(folders: folders, records: kept, leftOut: leftOut, textPolicy: textPolicy)
  }

  /// The records at some indices, in that order.
  ///
  /// - Parameter keepsLeftOut: whether what is no record goes with them.
  func part(_ indices: [Int], keepsLeftOut: Bool) -> DataSet {
    DataSet(
      folders: folders, records: indices.map { records[$0] }, leftOut: keepsLeftOut ? leftOut : [],
      textPolicy: textPolicy)
  }

  /// A share of some records, one of `count`, in order. The lines of a page are in one share, so that it is decoded once.
  package func share(_ index: Int, of count: Int, in range: Range<Int>) -> Range<Int> {
    func boundary(_ index: Int) -> Int {
      var place = range.lowerBound + range.count * index / count
      guard place > range.lowerBound else { return place }
      while place < range.upperBound, let page = records[place].page, page === records[place - 1].page { place += 1 }
      return place
    }
    return boundary(index)..<boundary(index + 1)
  }

  /// The number of records of each form, in the order of the forms.
  package var forms: [(form: GroundTruthForm, count: Int)] {
    var counts: [GroundTruthForm: Int] = [:]
    for record in records { counts[record.form, default: 0] += 1 }
    return GroundTruthForm.allCases.compactMap { form in counts[form].map { (form, $0) } }
  }

  /// Records of each folder.
  package var countsOfFolders: [Int] {
    var counts = [Int](repeating: 0, count: folders.count)
    for record in records { counts[record.source] += 1 }
    return counts
  }

  private static func fingerprint(of records: [Record]) -> String {
    let hash = FingerprintHash()
    for record in records {
      hash.add(source: record.source, path: record.path, size: record.size, text: record.text)
    }
    return hash.value
  }
}
