import Files
import Images
import Messages

/// Reads ``ImageTextPairs`` of one folder.
struct PairsReader: GroundTruthReader {
  let folder: GroundTruthFolder
  /// The names of the folder's files.
  let names: [String]
  let pairs: ImageTextPairs

  init(_ folder: GroundTruthFolder, names: [String], options: ReadingOptions) {
    (self.folder, self.names) = (folder, names)
    pairs = ImageTextPairs(names: names, imageSuffix: options.imageSuffix)
  }

  func read(into records: inout RecordCollector) throws(DataSetError) {
    records.form = .pairs
    let (folder, all) = (folder, pairs.pairs)
    let contents = ConcurrentReads.map(all.count) { index in
      (
        size: Result { () throws(DataSetError) in try PairsReader.size(folder.file(all[index].image)) },
        text: Result { () throws(DataSetError) in try PairsReader.readText(folder.file(all[index].text)) }
      )
    }
    for (pair, contents) in zip(all, contents) {
      try add(pair, size: try contents.size.get(), contents.text, to: &records)
    }
    for file in pairs.unpaired {
      records.leave(folder.file(file.name), .unpairedFile, isProblem: !pairs.pairs.isEmpty, file.detail)
    }
    if let first = pairs.otherVersions.first {
      records.leave(
        folder.path, .otherVersion,
        "\(counted(pairs.otherVersions.count, "image")) gave way to another with the same text, the first is \(quoted(first)); "
          + "--image-suffix chooses")
    }
  }

  private func add(
    _ pair: ImageTextPairs.Pair, size: Int64, _ text: Result<String, DataSetError>, to records: inout RecordCollector
  ) throws(DataSetError) {
    let path = folder.prefix + pair.image
    if let rival = pair.rival {
      let fault = "\(quoted(rival)) has the same text \(quoted(pair.text)); keep one, or choose with --image-suffix"
      return try records.add(path, text: "", size: size, fault: fault, in: folder)
    }
    switch text {
    case .success(let text): try records.add(path, text: text, size: size, in: folder)
    case .failure(let error):
      if error.isOfMachine { throw error }
      try records.add(path, text: "", size: size, fault: "\(quoted(pair.text)): \(error.reason)", in: folder)
    }
  }

  private static func size(_ path: String) throws(DataSetError) -> Int64 {
    do throws(FileError) { return try FileStatus.following(path)?.size ?? -1 } catch { throw DataSetError(error) }
  }

  /// The text of a text file: UTF-8, or UTF-16 with a byte order mark; one trailing line break is removed.
  static func readText(_ path: String) throws(DataSetError) -> String {
    let bytes = try readFile(path, limit: DataSetLimits.textBytes, limitName: "64 KiB")
    var utf8 = try TextBytes.utf8(bytes, path: path)[...]
    if utf8.last == UInt8(ascii: "\n") {
      utf8 = utf8.dropLast()
      if utf8.last == UInt8(ascii: "\r") { utf8 = utf8.dropLast() }
    }
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw .notUTF8(path: path, place: "line \(1 + TextBytes.lineBreaks(beforeBadLineIn: utf8))")
    }
    return text
  }
}
