import Foundation

/// `labels.json` of docTR: one object whose keys are names of images and whose values are their texts.
/// https://mindee.github.io/doctr/using_doctr/using_datasets.html
enum JSONLabels {
  /// What is wrong with labels for finding words.
  static let detection = "it holds regions of a page, for finding words; give the labels of cut words"

  /// Calls `add` for each entry, in the byte order of the names.
  static func read(
    _ bytes: [UInt8], path: String, add: (ListEntry) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
      throw .malformed(path: path, place: "the file", reason: "not one JSON object of names of images and their texts")
    }
    let twice = JSONKeys.twice(in: bytes[...])
    for name in object.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let place = "entry \(quoted(name))"
      if twice.contains(Array(name.utf8)) {
        try add(ListEntry(contents: .bad(image: name, reason: "the name stands twice; keep one"), place: place))
        continue
      }
      if let text = object[name] as? String {
        try add(ListEntry(contents: .record(image: name, text: text), place: place))
      } else {
        let reason =
          object[name] is [String: Any]
          ? detection
          : "its text is not a string"
        try add(ListEntry(contents: .bad(image: name, reason: reason), place: place))
      }
    }
  }
}
