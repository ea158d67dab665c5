import Files
import Images
import Settings

/// The forms of ground truth. The raw value is the name for `--format`.
package enum GroundTruthForm: String, OptionChoice {
  /// Images, each with a text file of the same name.
  case pairs
  /// PAGE-XML or ALTO, whose lines are cut out of images of pages.
  case xml
  /// A table with a header: comma, semicolon or tab between the columns.
  case csv
  /// A JSON object in each line.
  case jsonl
  /// A path and a text in each line, without a header.
  case list
  /// One JSON object of paths and texts, as docTR has it.
  case json
  /// Shards of `akuru pack`.
  case shards

  /// What a data set may be, for messages.
  static let expected = """
    images with texts (X.png + X.gt.txt or X.txt), PAGE-XML or ALTO, a list (metadata.csv, .tsv or .jsonl, labels.json, or \
    lines of path and text), or shards, in it or in its folders
    """

  /// The form of a file, by its contents and, where they leave a choice, the end of its name.
  ///
  /// - Parameter columns: a text whose header has them is a table.
  static func of(file path: String, columns: ColumnNames? = nil) throws(DataSetError) -> Recognition {
    let start: [UInt8]
    do throws(FileError) { start = try WholeFile.readStart(path, count: 1 << 16) } catch { throw DataSetError(error) }
    if let other = otherKind(start) { return .other(other) }
    if PageDocument.schema(of: start) != nil { return .form(.xml) }
    guard let text = TextBytes.utf8(start) else { return .other("text in a broken UTF-16") }
    if text.first(where: { !isSpace($0) }) == UInt8(ascii: "<") { return .other("XML that is neither PAGE nor ALTO") }
    let name = lowercased(path)
    if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") { return .form(.jsonl) }
    if text.first(where: { !isSpace($0) }) == UInt8(ascii: "{") {
      return .form(name.hasSuffix(".json") ? .json : .jsonl)
    }
    if let columns, CSVTable.has(columns, text) { return .form(.csv) }
    if name.hasSuffix(".csv") { return .form(PathList.looksLikeOne(text) ? .list : .csv) }
    if PathList.looksLikeOne(text) { return .form(.list) }
    if CSVTable.looksLikeOne(text) { return .form(.csv) }
    return .other(text.isEmpty ? "an empty file" : "a text without paths of images")
  }

  enum Recognition: Equatable {
    case form(GroundTruthForm)
    /// Something else, for a message.
    case other(String)
  }

  /// What is surely no list and no XML, with the remedy.
  private static func otherKind(_ start: [UInt8]) -> String? {
    if start.starts(with: Array("PAR1".utf8)) { return parquet }
    if start.starts(with: Array("ARROW1".utf8)) {
      return "an Arrow file; give the images and texts that it was made of"
    }
    return start.withUnsafeBytes { ImageFormat.kind(of: $0) }.map {
      "\($0); give the folder that holds it and its text"
    }
  }

  static let parquet =
    "parquet; convert it with Launch/use/from-parquet FILE.parquet --output FOLDER, and give that folder"
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

/// The string with ASCII letters in lower case.
func lowercased(_ text: String) -> String {
  String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
}
