import Foundation

/// The metadata files of Hugging Face ImageFolder: each record names an image and gives its text.
/// https://huggingface.co/docs/datasets/image_dataset#imagefolder
enum MetadataFile {
  static let csvName = "metadata.csv"
  static let jsonLinesName = "metadata.jsonl"

  enum Format {
    case csv, jsonLines

    /// The form, by the end of the file's name; nil for other files.
    init?(path: String) {
      let name = path.lowercased()
      if name.hasSuffix(".csv") {
        self = .csv
      } else if name.hasSuffix(".jsonl") {
        self = .jsonLines
      } else {
        return nil
      }
    }
  }

  /// Calls `add(fileName, text, place)` for each record.
  static func read(
    _ path: String, _ format: Format, add: (String, String, String) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    switch format {
    case .csv: try readCSV(path, add: add)
    case .jsonLines: try readJSONLines(path, add: add)
    }
  }

  /// Calls `add(fileName, text, place)` for each record of a metadata.csv.
  static func readCSV(
    _ path: String, add: (String, String, String) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    let bytes = try readFile(path, limit: DataSetLimits.metadataBytes, limitName: "1 GiB")
    var reader = CSVReader(bytes: bytes, path: path)
    guard try reader.next() else { throw .noRecords(path: path) }
    var names: [String] = []
    for i in 0..<reader.fieldCount { names.append(try reader.field(i)) }
    let fileName = try column("file_name", in: names, path: path)
    let text = try column("text", in: names, path: path)
    while try reader.next() {
      guard reader.fieldCount == names.count else {
        let reason =
          "\(reader.fieldCount) \(reader.fieldCount == 1 ? "field" : "fields") where the header has \(names.count); "
          + "quote fields that hold commas"
        throw .malformed(path: path, place: reader.place, reason: reason)
      }
      try add(try reader.field(fileName), try reader.field(text), reader.place)
    }
  }

  private static func column(_ name: String, in names: [String], path: String) throws(DataSetError) -> Int {
    let places = names.indices.filter { sameScalars(names[$0], name) }
    guard let place = places.first else {
      throw .missingColumn(path: path, place: "the header", column: name, found: names)
    }
    guard places.count == 1 else {
      throw .malformed(path: path, place: "the header", reason: "\(places.count) columns are named \"\(name)\"")
    }
    return place
  }

  /// Calls `add(fileName, text, place)` for each line of a metadata.jsonl; blank lines are skipped.
  static func readJSONLines(
    _ path: String, add: (String, String, String) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    let bytes = try readFile(path, limit: DataSetLimits.metadataBytes, limitName: "1 GiB")
    let decoder = JSONDecoder()
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var number = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[start..<end]
      start = end + 1
      number += 1
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let place = "line \(number)"
      guard line.count <= DataSetLimits.recordBytes else {
        throw .tooLarge(path: path, place: place, what: "the line", limit: "4 MiB")
      }
      guard String(validating: line, as: UTF8.self) != nil else { throw .notUTF8(path: path, place: place) }
      let object: JSONLine
      do {
        object = try decoder.decode(JSONLine.self, from: Data(line))
      } catch let error as DecodingError {
        throw .malformed(path: path, place: place, reason: reason(for: error))
      } catch {
        throw .malformed(path: path, place: place, reason: "not a JSON object: \(error)")
      }
      guard let fileName = object.fileName else {
        throw .missingColumn(path: path, place: place, column: "file_name", found: object.keys)
      }
      guard let text = object.text else {
        throw .missingColumn(path: path, place: place, column: "text", found: object.keys)
      }
      try add(fileName, text, place)
    }
  }

  private static func reason(for error: DecodingError) -> String {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      guard let key = context.codingPath.last else { return "not a JSON object" }
      return "\"\(key.stringValue)\" is not a string"
    default:
      return "not valid JSON; write one complete object per line"
    }
  }
}

/// One line of a metadata.jsonl.
private struct JSONLine: Decodable {
  let fileName: String?
  let text: String?
  /// All keys, sorted.
  let keys: [String]

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    keys = container.allKeys.map(\.stringValue).sorted()
    func string(_ name: String) throws -> String? {
      let key = Key(stringValue: name)
      return container.contains(key) ? try container.decode(String.self, forKey: key) : nil
    }
    fileName = try string("file_name")
    text = try string("text")
  }
}
