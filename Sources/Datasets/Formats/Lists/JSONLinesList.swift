import Foundation

/// A list with a JSON object in each line, as metadata.jsonl of Hugging Face's ImageFolder.
/// https://huggingface.co/docs/datasets/image_dataset#imagefolder
enum JSONLinesList {
  /// Calls `add` for each line; blank lines are skipped.
  /// - Throws: ``DataSetError/missingColumn(path:place:column:found:)`` if the first object shows no keys for image and text.
  static func read(
    _ bytes: [UInt8], path: String, columns: ColumnNames?, add: (ListEntry) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    let decoder = JSONDecoder()
    var columns = columns
    var (start, number) = (0, 0)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[start..<end]
      start = end + 1
      number += 1
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let place = "line \(number)"
      func note(bad reason: String, _ image: String? = nil) throws(DataSetError) {
        try add(ListEntry(contents: .bad(image: image, reason: reason), place: place))
      }
      guard line.count <= DataSetLimits.recordBytes else {
        try note(bad: "the line is above the limit of 4 MiB; write one object for each image")
        continue
      }
      guard String(validating: line, as: UTF8.self) != nil else {
        try note(bad: "it \(DataSetError.notUTF8Remedy)")
        continue
      }
      guard let object = try? decoder.decode(JSONLine.self, from: Data(line)) else {
        try note(bad: "not valid JSON; write one complete object in each line")
        continue
      }
      let names: ColumnNames
      if let known = columns {
        names = known
      } else {
        names = try ColumnNames.found(in: object.keys, path: path, place: place)
        columns = names
      }
      let repeated = JSONKeys.twice(in: line)
      if let twice = [names.image, names.text].first(where: { repeated.contains(Array($0.utf8)) }) {
        try note(bad: "it has \(quoted(twice)) twice; keep one")
        continue
      }
      switch (object.value(names.image), object.value(names.text)) {
      case (.string(let image), .string(let text)):
        try add(ListEntry(contents: .record(image: image, text: text), place: place))
      case (.string(let image), let text): try note(bad: reason(names.text, text), image)
      case (let image, _): try note(bad: reason(names.image, image))
      }
    }
  }

  private static func reason(_ key: String, _ value: JSONLine.Value) -> String {
    switch value {
    case .missing: "it lacks \(quoted(key))"
    default: "\(quoted(key)) is not a string; put it in quotes"
    }
  }
}

/// One object of a metadata.jsonl.
private struct JSONLine: Decodable {
  enum Value: Equatable { case string(String), other, missing }

  /// All keys, sorted.
  let keys: [String]
  private let container: KeyedDecodingContainer<Key>

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    container = try decoder.container(keyedBy: Key.self)
    keys = container.allKeys.map(\.stringValue).sorted()
  }

  func value(_ name: String) -> Value {
    let key = Key(stringValue: name)
    guard container.contains(key) else { return .missing }
    return (try? container.decode(String.self, forKey: key)).map { .string($0) } ?? .other
  }
}
