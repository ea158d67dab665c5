import Messages

/// How data sets are read where their contents leave a choice.
package struct ReadingOptions: Sendable, Equatable {
  /// The form to read; nil is the one that the contents show.
  package var form: GroundTruthForm?
  /// The end of the images' names, as in ".nrm.png", where several images share a text; nil is by rule, see ``ImageTextPairs``.
  package var imageSuffix: String?
  /// The columns of a list; nil is by their names, see ``ColumnNames``.
  package var columns: ColumnNames?
  /// The types of lines and regions to read from pages; empty is all.
  package var lineTypes: [String] = []
  /// Whether lists may name files outside of their own folder.
  package var allowsOutside = false
  package var text = TextPolicy()

  package init(text: TextPolicy = TextPolicy()) { self.text = text }

  /// Options that were given and say nothing about data of these forms, each with what it is for.
  func unused(by forms: Set<GroundTruthForm>) -> [String] {
    let given: [(isGiven: Bool, name: String, uses: Set<GroundTruthForm>, what: String)] = [
      (imageSuffix != nil, "--image-suffix", [.pairs], "images with a text file each"),
      (columns != nil, "--columns", [.csv, .jsonl], "tables and JSON Lines"),
      (!lineTypes.isEmpty, "--line-types", [.xml], "PAGE-XML and ALTO"),
    ]
    return given.filter { $0.isGiven && $0.uses.isDisjoint(with: forms) }.map {
      "\($0.name) says nothing about this data: it is for \($0.what); look whether this is the data you mean"
    }
  }
}

/// The columns of a table, or the keys of JSON objects, that hold a record's image and text.
package struct ColumnNames: Sendable, Equatable {
  package var image: String
  package var text: String

  /// Names that are known without being told, the likeliest first; ASCII letters of either case.
  static let images = [
    "file_name", "filename", "image", "image_path", "img_path", "path", "file_path", "filepath", "file", "img",
    "image_name",
    "image_file",
  ]
  static let texts = [
    "text", "words", "transcription", "transcript", "label", "ground_truth", "gt", "sentence", "caption", "ocr_text",
  ]

  /// - Parameter option: as in `image=path,text=transcription`.
  /// - Throws: `ConfigurationError`.
  package init(option: String) throws {
    var values: [String: String] = [:]
    for part in option.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2, ["image", "text"].contains(sides[0]), !sides[1].isEmpty,
        values.updateValue(sides[1], forKey: sides[0]) == nil
      else { throw ColumnNames.error(option) }
    }
    guard let image = values["image"], let text = values["text"] else { throw ColumnNames.error(option) }
    (self.image, self.text) = (image, text)
  }

  private static func error(_ option: String) -> ConfigurationError {
    ConfigurationError(
      "--columns \(option): give the columns of image and text, as in image=path,text=transcription")
  }
}
