import Messages

/// A table with a header: comma, semicolon or tab between the columns, as metadata.csv of Hugging Face's ImageFolder and labels.csv
/// of EasyOCR.
enum CSVTable {
  private static let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]

  /// Whether the first record names columns of images and texts.
  static func looksLikeOne(_ start: [UInt8]) -> Bool {
    separators.contains { separator in
      guard let names = header(start, separator)?.names else { return false }
      return (try? ColumnNames.found(in: names, path: "", place: "")) != nil
    }
  }

  /// Whether the header has these columns.
  static func has(_ columns: ColumnNames, _ start: [UInt8]) -> Bool {
    separators.contains { separator in
      let names = header(start, separator)?.names ?? []
      return [columns.image, columns.text].allSatisfy(names.contains)
    }
  }

  /// Calls `add` for each record after the header.
  /// - Throws: ``DataSetError`` for a header without the columns.
  static func read(
    _ bytes: [UInt8], path: String, columns: ColumnNames?, add: (ListEntry) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    var (reader, names, columns) = try start(bytes, path: path, columns: columns)
    let image = try index(of: columns.image, in: names, path: path)
    let text = try index(of: columns.text, in: names, path: path)
    // EasyOCR writes no quotes: what is no record of a table has its text after the first comma.
    let isEasyOCR = names.count == 2 && names[0] == "filename" && names[1] == "words"
    while true {
      func note(_ contents: ListEntry.Contents) throws(DataSetError) {
        try add(ListEntry(contents: contents, place: reader.place))
      }
      do throws(CSVReader.Malformed) {
        guard try reader.next() else { return }
      } catch {
        try note((isEasyOCR ? easyOCREntry(reader.rawLine) : nil) ?? .bad(image: nil, reason: error.reason))
        continue
      }
      if isEasyOCR && reader.fieldCount != 2, let entry = easyOCREntry(reader.rawLine) {
        try note(entry)
        continue
      }
      guard reader.fieldCount == names.count else {
        let reason =
          "\(counted(reader.fieldCount, "field")) where the header has \(names.count); quote fields that hold the separator"
        try note(.bad(image: reader.fieldCount > image ? reader.field(image) : nil, reason: reason))
        continue
      }
      switch (reader.field(image), reader.field(text)) {
      case (let image?, let text?): try note(.record(image: image, text: text))
      case (let image, _): try note(.bad(image: image, reason: "it \(DataSetError.notUTF8Remedy)"))
      }
    }
  }

  /// The reader behind the header, with the separator under which the header has both columns.
  private static func start(
    _ bytes: [UInt8], path: String, columns: ColumnNames?
  ) throws(DataSetError) -> (CSVReader, names: [String], ColumnNames) {
    var best: (reader: CSVReader, names: [String])?
    for separator in separators {
      guard let found = header(bytes, separator) else { continue }
      if let columns, found.names.contains(where: { sameScalars($0, columns.image) }),
        found.names.contains(where: { sameScalars($0, columns.text) })
      {
        return (found.reader, found.names, columns)
      }
      if columns == nil, let known = try? ColumnNames.found(in: found.names, path: path, place: "the header") {
        return (found.reader, found.names, known)
      }
      if found.names.count > best?.names.count ?? 0 { best = found }
    }
    guard let best, best.names.count > 1 || header(bytes, separators[0]) != nil else {
      if bytes.allSatisfy({ $0 == 0x0A || $0 == 0x0D }) { throw .noRecords(path: path) }
      throw .malformed(path: path, place: "the header", reason: headerFault(bytes))
    }
    if let columns { return (best.reader, best.names, columns) }
    return (best.reader, best.names, try ColumnNames.found(in: best.names, path: path, place: "the header"))
  }

  private static func header(_ bytes: [UInt8], _ separator: UInt8) -> (reader: CSVReader, names: [String])? {
    var reader = CSVReader(bytes: bytes, separator: separator)
    guard (try? reader.next()) == true else { return nil }
    let names = (0..<reader.fieldCount).compactMap { reader.field($0) }
    return names.count == reader.fieldCount ? (reader, names) : nil
  }

  private static func headerFault(_ bytes: [UInt8]) -> String {
    var reader = CSVReader(bytes: bytes)
    do throws(CSVReader.Malformed) { _ = try reader.next() } catch { return error.reason }
    return "it \(DataSetError.notUTF8Remedy)"
  }

  private static func index(of name: String, in names: [String], path: String) throws(DataSetError) -> Int {
    let places = names.indices.filter { sameScalars(names[$0], name) }
    guard let place = places.first else {
      // Only a name that the user gave can be missing here.
      throw .malformed(
        path: path, place: "the header",
        reason:
          "no column is named \(quoted(name)); it has \(names.prefix(20).map(quoted).joined(separator: ", ")); correct --columns"
      )
    }
    guard places.count == 1 else {
      throw .malformed(
        path: path, place: "the header", reason: "\(places.count) columns are named \(quoted(name)); rename all but one"
      )
    }
    return place
  }

  private static func easyOCREntry(_ line: ArraySlice<UInt8>) -> ListEntry.Contents? {
    guard let comma = line.firstIndex(of: UInt8(ascii: ",")) else { return nil }
    guard let image = String(validating: line[..<comma], as: UTF8.self),
      let text = String(validating: line[(comma + 1)...], as: UTF8.self)
    else { return .bad(image: nil, reason: "it \(DataSetError.notUTF8Remedy)") }
    return .record(image: image, text: text)
  }
}

extension ColumnNames {
  /// The columns of image and text among `names`.
  /// - Throws: ``DataSetError/missingColumn(path:place:column:found:)`` if one is missing.
  static func found(in names: [String], path: String, place: String) throws(DataSetError) -> ColumnNames {
    func match(_ known: [String]) -> String? {
      for wanted in known {
        if let name = names.first(where: { lowercased($0) == wanted }) { return name }
      }
      return nil
    }
    guard let image = match(images) else {
      throw .missingColumn(path: path, place: place, column: "file_name", found: names)
    }
    guard let text = match(texts) else {
      throw .missingColumn(path: path, place: place, column: "text", found: names)
    }
    return ColumnNames(image: image, text: text)
  }

  private init(image: String, text: String) { (self.image, self.text) = (image, text) }
}
