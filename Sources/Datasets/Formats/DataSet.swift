import Files
import Foundation
import Hashing
import Images
import Messages

/// The records of one or more folders, in a stable order: folders as given, records as in the folder's metadata
/// file, or sorted by path for pairs.
package struct DataSet: Sendable {
  /// A file without a partner (`X.png` without `X.gt.txt` or the reverse), which is not a record.
  package struct Unpaired: Sendable, Equatable, CustomStringConvertible {
    /// Path of the file, including the folder.
    package let path: String
    /// Name of the missing file.
    package let missing: String

    package var description: String {
      "\(path): there is no \(missing) beside it; add it or remove the file".onOneLine
    }
  }

  /// The folders, or metadata files, as given.
  package let folders: [String]
  package let records: [Record]
  /// Files of pair folders that are not records. The audit reports them, which training and evaluation rely on.
  package let unpaired: [Unpaired]
  /// Image files beside listed images that the metadata does not list. The audit warns of them.
  package let unlisted: [String]
  /// SHA-256 over relative paths, sizes and texts (not times, not the folder's own path), in hexadecimal.
  package let fingerprint: String

  private init(folders: [String], records: [Record], unpaired: [Unpaired], unlisted: [String]) {
    self.folders = folders
    self.records = records
    self.unpaired = unpaired
    self.unlisted = unlisted
    fingerprint = DataSet.fingerprint(of: records)
  }

  /// Loads a folder, or several separated by commas; an argument that is itself the path of a folder is not split. The
  /// contents determine a folder's format, in this order: `metadata.csv` or `metadata.jsonl` with `file_name` and
  /// `text` (other images beside the listed ones are then ``unlisted``), shards with `shards.json`, or else pairs
  /// `X.png` + `X.gt.txt`. A metadata file of another name, `NAME.csv` or `NAME.jsonl`, may replace its folder as the
  /// argument.
  ///
  /// The images are not opened; see ``Audit``.
  ///
  /// - Parameter allowsWeights: whether weights are allowed; ``DataSetArgument`` parses them.
  package static func load(_ argument: String, allowsWeights: Bool = false) throws(DataSetError) -> DataSet {
    let parsed = try DataSetArgument(argument)
    guard allowsWeights || parsed.isPlain else {
      throw .invalid(reason: "data set \(quoted(argument)): weights go with --train only; leave them out")
    }
    let folders = parsed.folders
    var collector = RecordCollector()
    for (source, folder) in folders.enumerated() { try collector.load(folder, source: source) }
    return DataSet(
      folders: folders, records: collector.records, unpaired: collector.unpaired, unlisted: collector.unlisted)
  }

  /// Whether a folder directly holds a data set: a metadata file, shards or labels.
  package static func isInFolder(_ folder: String) -> Bool {
    let names = (try? folderContents(folder)) ?? []
    let files = [MetadataFile.csvName, MetadataFile.jsonLinesName, ShardIndex.fileName]
    return names.contains { files.contains($0) || $0.hasSuffix(ImageTextPairs.textSuffix) }
  }

  /// The data set without some records, given by index. Its fingerprint differs.
  package func removing(_ indices: [Int]) -> DataSet {
    let removed = Set(indices)
    let kept = records.indices.filter { !removed.contains($0) }.map { records[$0] }
    return DataSet(folders: folders, records: kept, unpaired: unpaired, unlisted: unlisted)
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

/// Computes ``DataSet/fingerprint``, record by record.
struct FingerprintHash {
  private let hash = SHA256()

  func add(source: Int, path: String, size: Int64, text: String) {
    add(Int64(source))
    add(path)
    add(size)
    add(text)
  }

  /// The fingerprint of all records; nothing can be added afterwards.
  var value: String { hexadecimal(hash.finalize()) }

  private func add(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { hash.update($0) }
  }

  private func add(_ string: String) {
    var string = string
    string.withUTF8 { bytes in
      add(Int64(bytes.count))
      hash.update(UnsafeRawBufferPointer(bytes))
    }
  }
}

/// Collects the records of the folders of one data set.
private struct RecordCollector {
  var records: [Record] = []
  var unpaired: [DataSet.Unpaired] = []
  var unlisted: [String] = []

  mutating func load(_ folder: String, source: Int) throws(DataSetError) {
    guard let status = FileStatus(path: folder, followLink: true) else { throw .notFound(path: folder) }
    guard status.kind == .folder else {
      guard let format = MetadataFile.Format(path: folder), status.kind == .file else {
        throw .unrecognized(path: folder, found: "a file; give the folder that holds it")
      }
      return try loadMetadata(folder, format, folder: Files.folder(of: folder), source: source)
    }
    let csv = joinPath(folder, MetadataFile.csvName)
    let jsonLines = joinPath(folder, MetadataFile.jsonLinesName)
    let index = joinPath(folder, ShardIndex.fileName)
    let before = records.count
    if FileStatus(path: index, followLink: true) != nil {
      guard FileStatus(path: csv, followLink: true) == nil, FileStatus(path: jsonLines, followLink: true) == nil else {
        throw .unrecognized(path: folder, found: "shards and a metadata file; remove one")
      }
      return try loadShards(index, folder: folder, source: source)
    }
    switch (FileStatus(path: csv, followLink: true) != nil, FileStatus(path: jsonLines, followLink: true) != nil) {
    case (true, true):
      throw .unrecognized(path: folder, found: "both metadata files; remove one")
    case (true, false):
      try loadMetadata(csv, .csv, folder: folder, source: source)
      findUnlisted(folder, from: before)
    case (false, true):
      try loadMetadata(jsonLines, .jsonLines, folder: folder, source: source)
      findUnlisted(folder, from: before)
    case (false, false):
      try loadPairs(folder, source: source)
    }
    if records.count == before { throw .noRecords(path: folder) }
  }

  private mutating func loadMetadata(
    _ path: String, _ format: MetadataFile.Format, folder: String, source: Int
  ) throws(DataSetError) {
    var containment = try Containment(folder: folder)
    let before = records.count
    try MetadataFile.read(path, format) { (name, text, place) throws(DataSetError) in
      try add(name, text, file: path, place: place, folder: folder, source: source, &containment)
    }
    if records.count == before { throw .noRecords(path: path) }
  }

  /// Finds unlisted images in the folders that contain listed ones.
  private mutating func findUnlisted(_ folder: String, from first: Int) {
    var listed: [String: Set<String>] = [:]
    for record in records[first...] {
      let parts = record.path.split(separator: "/", omittingEmptySubsequences: false)
      listed[parts.dropLast().joined(separator: "/"), default: []].insert(String(parts.last ?? ""))
    }
    for (place, names) in listed.sorted(by: { $0.key < $1.key }) {
      let path = place.isEmpty ? folder : joinPath(folder, place)
      // A folder with readable files may forbid listing; unlisted images are then unknown.
      guard let found = try? listFolder(path) else { continue }
      for name in found.sorted() where ImageFormat.stem(ofName: name) != nil && !names.contains(name) {
        unlisted.append(joinPath(path, name))
      }
    }
  }

  private mutating func loadPairs(_ folder: String, source: Int) throws(DataSetError) {
    var containment = try Containment(folder: folder)
    let names = try listFolder(folder)
    let found = ImageTextPairs(names: names)
    if let (image, other) = found.rivals {
      throw .malformed(path: folder, place: quoted(other), reason: "it has the same text as \(quoted(image)); keep one")
    }
    guard !found.pairs.isEmpty else {
      let what: String
      if names.isEmpty {
        what = "an empty folder"
      } else if let first = found.unpaired.first {
        what = "\(quoted(first.name)) without \(quoted(first.missing))"
      } else if names.contains(where: { $0.hasSuffix(".tar") }) {
        what = "tar files without \(ShardIndex.fileName); copy that too, or let akuru pack write the shards"
      } else {
        what = "\(names.count) other \(names.count == 1 ? "entry" : "entries")"
      }
      throw .unrecognized(path: folder, found: what)
    }
    for (image, label) in found.pairs {
      let labelPath = joinPath(folder, label)
      _ = try containment.size(of: label, file: folder, place: "the pair \(quoted(image))")
      let text = try ImageTextPairs.readText(labelPath)
      try add(image, text, file: labelPath, place: "the text", folder: folder, source: source, &containment)
    }
    for (name, missing) in found.unpaired {
      unpaired.append(DataSet.Unpaired(path: joinPath(folder, name), missing: missing))
    }
  }

  /// Loads shards; their sizes and records must match the index.
  private mutating func loadShards(_ path: String, folder: String, source: Int) throws(DataSetError) {
    var containment = try Containment(folder: folder)
    let index = try ShardIndex.read(path)
    let hash = FingerprintHash()
    let before = records.count
    for shard in index.shards {
      let place = "shard \(quoted(shard.file))"
      guard !shard.file.utf8.contains(UInt8(ascii: "/")) else { throw ShardIndex.damaged(path, "\(place) is a path") }
      let size = try containment.size(of: shard.file, file: path, place: place)
      let file = ShardFile(joinPath(folder, shard.file))
      guard size >= 0 else { throw .notFound(path: file.path) }
      guard size == shard.bytes else {
        throw .malformed(
          path: file.path, place: "damaged",
          reason: "it has \(size) bytes instead of \(shard.bytes); copy it again, or pack the data again")
      }
      for i in shard.paths.indices {
        let (name, offset, bytes) = (shard.paths[i], shard.offsets[i], shard.sizes[i])
        guard offset >= 0, bytes >= 0, bytes <= ImageLimits().fileBytes, offset <= size - bytes,
          Containment.staysInside(name)
        else { throw ShardIndex.damaged(path, "record \(i) of \(place) makes no sense") }
        try add(
          name, shard.texts[i], size: bytes, place: ShardLocation(file: file, offset: offset, digest: shard.digests[i]),
          file: path, in: "record \(i) of \(place)", folder: folder, source: source)
        hash.add(source: 0, path: name, size: bytes, text: records[records.count - 1].text)
      }
    }
    guard records.count > before else { throw .noRecords(path: folder) }
    guard hash.value == index.fingerprint, records.count - before == index.records else {
      throw ShardIndex.damaged(path, "its records are not those that were packed")
    }
  }

  private mutating func add(
    _ name: String, _ rawText: String, file: String, place: String, folder: String, source: Int,
    _ containment: inout Containment
  ) throws(DataSetError) {
    let size = try containment.size(of: name, file: file, place: place)
    try add(name, rawText, size: size, place: nil, file: file, in: place, folder: folder, source: source)
  }

  private mutating func add(
    _ name: String, _ rawText: String, size: Int64, place: ShardLocation?, file: String, in line: String,
    folder: String,
    source: Int
  ) throws(DataSetError) {
    guard records.count < DataSetLimits.records else {
      throw .tooLarge(path: file, place: line, what: "the number of records", limit: "50 million")
    }
    guard rawText.unicodeScalars.count <= DataSetLimits.textScalars else {
      throw .tooLarge(path: file, place: line, what: "the text", limit: "10,000 scalars")
    }
    let text = normalized(rawText)
    records.append(
      Record(
        path: name, folder: folder, text: text, rawText: sameScalars(text, rawText) ? nil : rawText, source: source,
        size: size, place: place))
  }
}
