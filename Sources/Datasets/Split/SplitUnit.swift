import Files

/// What stays together when a data set is split. The raw value is the name for `--by`.
package enum SplitUnit: String, Sendable, CaseIterable, Encodable {
  /// All images of a page: the lines of one PAGE or ALTO file. An image of its own is a page of its own.
  case page
  /// All images of a folder, which is the book where each book has a folder.
  case folder
  /// All images of a text.
  case text

  /// The name of one, for messages.
  package var name: String { rawValue }
}

/// Finds pages and folders of records, links followed, so that each is the same under all of its names.
struct RecordPlaces {
  private var resolved: [String: String] = [:]

  /// The folder of the image.
  mutating func folder(of record: Record) -> String {
    let book = record.book
    if record.path.utf8.first == UInt8(ascii: "/") { return resolve(book.isEmpty ? "/" : book, record) }
    return resolve(book.isEmpty ? record.folder : joinPath(record.folder, book), record)
  }

  /// The file that describes the page; nil if the image is no line of a page.
  mutating func pageFile(of record: Record) -> String? {
    guard let file = record.line?.page else { return nil }
    return resolve(file.utf8.first == UInt8(ascii: "/") ? file : joinPath(record.folder, file), record)
  }

  /// The image of the page, or, in a shard, the file that describes it; nil if the image is no line of a page.
  mutating func pageImage(of record: Record) -> String? {
    record.page.map { resolve($0.imagePath, record) } ?? pageFile(of: record)
  }

  private mutating func resolve(_ path: String, _ record: Record) -> String {
    if record.isInShard { return path }
    if let known = resolved[path] { return known }
    let found = resolvedPath(path) ?? path
    resolved[path] = found
    return found
  }
}

/// The records of a data set in groups that stay together.
struct RecordGroups {
  struct Group {
    /// Decides the place in the order of selection.
    private(set) var name: String
    private(set) var records: [Int] = []
    private(set) var letters: Set<UInt32> = []
    /// The data sets that the records are of.
    private(set) var sources: Set<Int> = []

    init(name: String) { self.name = name }

    mutating func add(_ index: Int, _ record: Record, name: String) {
      if pathPrecedes(name, self.name) { self.name = name }
      records.append(index)
      letters.formUnion(record.text.unicodeScalars.lazy.map(\.value))
      sources.insert(record.source)
    }
  }

  let unit: SplitUnit
  /// In the order of their first records.
  private(set) var groups: [Group] = []
  /// Records without a fault; the others are in no group.
  private(set) var recordCount = 0
  /// Records that are lines of pages.
  private(set) var lineCount = 0
  /// Whether any image is a line of a page.
  var holdsPages: Bool { lineCount > 0 }

  init(_ dataSet: DataSet, by unit: SplitUnit) {
    self.unit = unit
    var places = RecordPlaces()
    var numbers: [String: Int] = [:]
    for (index, record) in dataSet.records.enumerated() where record.fault == nil {
      recordCount += 1
      if record.line?.page != nil { lineCount += 1 }
      let (key, name) = RecordGroups.identity(of: record, unit, &places)
      let number = numbers[key] ?? groups.count
      if number == groups.count {
        numbers[key] = number
        groups.append(Group(name: name))
      }
      groups[number].add(index, record, name: name)
    }
  }

  /// What tells a group from the others, and its name. The name does not depend on where the data set is.
  private static func identity(
    of record: Record, _ unit: SplitUnit, _ places: inout RecordPlaces
  ) -> (key: String, name: String) {
    switch unit {
    case .text: return (record.text, record.text)
    case .folder: return (places.folder(of: record), name(record.book, record))
    case .page:
      guard let file = record.line?.page, let image = places.pageImage(of: record) else {
        return ("\(record.source)/\(record.path)", name(record.path, record))
      }
      return (image, name(file, record))
    }
  }

  /// Data sets that are given together may use the same names.
  private static func name(_ path: String, _ record: Record) -> String {
    record.source == 0 ? path : "\(path)\0\(record.source)"
  }

  /// Whether the groups tell of pages or books: `auto` splits by them then.
  var areTelling: Bool {
    switch unit {
    case .text: true
    case .page: 2 * lineCount > recordCount && groups.count - (recordCount - lineCount) > 1
    case .folder:
      // Data sets that are given together are not books: each may be of another kind.
      Dictionary(grouping: groups.flatMap(\.sources), by: { $0 }).values.contains { $0.count > 1 }
    }
  }
}
