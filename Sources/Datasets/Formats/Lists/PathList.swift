import Images

/// Lines of a path and its text, without a header: `path TAB text` of PaddleOCR and Loghi, or with a comma or a semicolon.
enum PathList {
  /// Whether the first line that is not empty begins with the name of an image and a separator.
  static func looksLikeOne(_ start: [UInt8]) -> Bool {
    guard let line = start.split(separator: lf).first else { return false }
    return separator(of: line) != nil
  }

  /// Calls `add` for each line that is not empty.
  /// - Throws: ``DataSetError`` if the first line shows no separator.
  static func read(
    _ bytes: [UInt8], path: String, add: (ListEntry) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    var separator: UInt8?
    var (start, number) = (0, 0)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: lf) ?? bytes.count
      var line = bytes[start..<end]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      start = end + 1
      number += 1
      if line.isEmpty { continue }
      if separator == nil { separator = self.separator(of: line) }
      guard let separator else {
        throw .malformed(
          path: path, place: "line \(number)",
          reason: "no path of an image and a tab before the text; is it another form? "
            + "--format \(GroundTruthForm.allCases.map(\.rawValue).joined(separator: "|")) chooses one")
      }
      try add(ListEntry(contents: contents(line, separator), place: "line \(number)"))
    }
  }

  private static func contents(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> ListEntry.Contents {
    guard line.count <= DataSetLimits.recordBytes else {
      return .bad(image: nil, reason: "the line is above the limit of 4 MiB; give one line for each image")
    }
    guard let text = String(validating: line, as: UTF8.self) else {
      return .bad(image: nil, reason: "it \(DataSetError.notUTF8Remedy)")
    }
    guard let place = text.utf8.firstIndex(of: separator) else {
      return .bad(image: nil, reason: "no \(name(of: separator)) between path and text; write one")
    }
    let (image, words) = (String(text[..<place]), text[text.utf8.index(after: place)...])
    // PaddleOCR's lists for finding words have JSON in place of the text.
    if words.hasPrefix("[{\"") && words.contains("\"transcription\"") {
      return .bad(image: image, reason: JSONLabels.detection)
    }
    return .record(image: image, text: String(words))
  }

  private static func name(of separator: UInt8) -> String {
    separator == UInt8(ascii: "\t") ? "tab" : separator == UInt8(ascii: ",") ? "comma" : "semicolon"
  }

  /// The separator of a line whose first part names an image.
  private static func separator(of line: ArraySlice<UInt8>) -> UInt8? {
    [UInt8(ascii: "\t"), UInt8(ascii: ","), UInt8(ascii: ";")].first { separator in
      guard let place = line.firstIndex(of: separator) else { return false }
      let name = String(decoding: line[..<place], as: UTF8.self)
      return ImageFormat.stem(ofName: name) != nil || LineLookup.parts(of: name) != nil
    }
  }
}

private let lf = UInt8(ascii: "\n")
