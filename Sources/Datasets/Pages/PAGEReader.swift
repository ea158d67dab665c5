import Images

/// Reads PAGE-XML, 2010 to 2019: http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15/pagecontent.xsd
struct PAGEReader {
  private let reader: XMLReader
  private var lines = PageLines()
  /// The number of regions so far.
  private var regions = 0

  /// Reads from the start of the root element to its end.
  static func read(_ reader: XMLReader, into document: inout PageDocument) throws(DataSetError) {
    var page = PAGEReader(reader: reader)
    var pages = 0
    try reader.forEachChild { (name) throws(DataSetError) in
      guard name == "Page" else { return }
      pages += 1
      guard pages == 1 else { throw reader.error("a second <Page>; make one file of each page") }
      document.imageName = reader.attribute("imageFilename").flatMap { $0.isEmpty ? nil : $0 }
      document.size = try pageSize(reader, "imageWidth", "imageHeight")
      var surroundings = LineSurroundings()
      surroundings.turn(reader, "orientation")
      surroundings.direction = direction(reader)
      try page.readRegions(surroundings)
    }
    guard pages == 1 else { throw reader.error("no <Page> in <PcGts>; export the page again") }
    document.lines = page.lines.lines
  }

  private init(reader: XMLReader) { self.reader = reader }

  private static func direction(_ reader: XMLReader) -> PageDocument.Direction? {
    reader.attribute("readingDirection").flatMap { PageDocument.Direction(rawValue: $0) }
  }

  /// Reads the lines of the current element and of all regions in it. Transkribus puts lines into cells of tables, too.
  private mutating func readRegions(_ outer: LineSurroundings) throws(DataSetError) {
    try reader.forEachChild { (name) throws(DataSetError) in
      if name == "TextLine" {
        try readLine(outer)
      } else if Self.holdsLines(name) {
        var inner = outer
        regions += 1
        inner.region = regions
        try inner.add(Self.structureTypes(reader) + [reader.attribute("type") ?? ""], reader)
        // readingOrientation comes on top of orientation, which is absolute (TextRegionType).
        inner.turn(reader, "orientation", "readingOrientation")
        inner.direction = Self.direction(reader) ?? outer.direction
        try readRegions(inner)
      }
    }
  }

  /// Whether an element of a page may hold lines.
  static func holdsLines(_ name: String) -> Bool { name.hasSuffix("Region") || name == "TableCell" }

  /// TextLineType.
  private mutating func readLine(_ outer: LineSurroundings) throws(DataSetError) {
    var inner = outer
    try inner.add(Self.structureTypes(reader), reader)
    inner.direction = Self.direction(reader) ?? outer.direction
    var line = PageLine(reader, idName: "id", inner)
    var equivalents = TextEquivalents()
    var words: [String] = []
    var wordBytes = 0
    try reader.forEachChild { (name) throws(DataSetError) in
      switch name {
      case "Coords": try readPoints(&line, \.polygon, "Coords")
      case "Baseline": try readPoints(&line, \.baseline, "Baseline")
      case "TextEquiv": try equivalents.read(reader)
      case "Word":
        var word = TextEquivalents()
        try reader.forEachChild { (name) throws(DataSetError) in
          if name == "TextEquiv" { try word.read(reader) }
        }
        // A text above the limit is refused; it need not be kept whole.
        guard let text = word.best, wordBytes <= 4 * DataSetLimits.textScalars + 1 else { return }
        words.append(text)
        wordBytes += text.utf8.count + 1
      default: break
      }
    }
    // A line's own text that is left empty does not hide that of its words.
    let own = equivalents.best.flatMap { $0.withoutOuterSpace.isEmpty && !words.isEmpty ? nil : $0 }
    line.setText(own ?? (words.isEmpty ? nil : words.joined(separator: " ")))
    try lines.add(line, reader)
  }

  /// CoordsType and BaselineType: the attribute points, or in 2010 elements Point with x and y.
  private func readPoints(
    _ line: inout PageLine, _ part: WritableKeyPath<LineOutline, [PagePoint]>, _ name: String
  ) throws(DataSetError) {
    if let text = reader.attribute("points") {
      line.attempt { (line) throws(LineFault) in line.outline[keyPath: part] = try PageNumbers.points(text, name) }
      return
    }
    var points: [PagePoint] = []
    var fault: LineFault?
    try reader.forEachChild { (child) throws(DataSetError) in
      guard child == "Point", fault == nil else { return }
      do throws(LineFault) {
        guard points.count < PageLimits.points else {
          throw LineFault(reason: "\(name) has more than 10,000 points; simplify it")
        }
        points.append(
          PagePoint(
            try PageNumbers.number(reader.attribute("x") ?? "", "x of \(name)"),
            try PageNumbers.number(reader.attribute("y") ?? "", "y of \(name)")))
      } catch {
        fault = error
      }
    }
    if let fault { line.fail(fault.reason) } else { line.outline[keyPath: part] = points }
  }

  /// The types that an attribute custom gives, as in "readingOrder {index:0;} structure {type:heading;}". That is the
  /// convention of Transkribus; eScriptorium and OCR-D keep it.
  static func structureTypes(_ reader: XMLReader) -> [String] {
    guard let custom = reader.attribute("custom") else { return [] }
    return custom.split(separator: "}").flatMap { block -> [String] in
      let parts = block.split(separator: "{", maxSplits: 1)
      guard parts.count == 2, parts[0].withoutOuterSpace == "structure" else { return [] }
      return parts[1].split(separator: ";").compactMap { entry in
        let pair = entry.split(separator: ":", maxSplits: 1)
        return pair.count == 2 && pair[0].withoutOuterSpace == "type" ? pair[1].withoutOuterSpace : nil
      }
    }
  }
}

/// The texts that an element offers (TextEquivType): the one with the lowest index holds; without indices, that with the
/// highest confidence, or else the first.
private struct TextEquivalents {
  private(set) var best: String?
  private var index: Double?
  private var confidence: Double?

  /// Reads a TextEquiv. Its PlainText is a coarser spelling, and not read.
  mutating func read(_ reader: XMLReader) throws(DataSetError) {
    let index = reader.attribute("index").flatMap { Double($0) }
    let confidence = reader.attribute("conf").flatMap { Double($0) }
    var text: String?
    try reader.forEachChild { (name) throws(DataSetError) in
      if name == "Unicode" { text = try reader.text() }
    }
    guard let text else { return }
    let isBetter =
      switch (index, self.index) {
      case (let new?, let old?): new < old
      case (_?, nil): true
      case (nil, _?): false
      case (nil, nil): (confidence ?? -1) > (self.confidence ?? -1)
      }
    if best == nil || isBetter { (best, self.index, self.confidence) = (text, index, confidence) }
  }
}

/// The size of a page that two attributes state, in ALTO with fractions; nil if one is missing, empty or 0.
func pageSize(
  _ reader: XMLReader, _ width: String, _ height: String
) throws(DataSetError) -> (width: Int, height: Int)? {
  func side(_ name: String) throws(DataSetError) -> Int? {
    guard let text = reader.attribute(name), !text.withoutOuterSpace.isEmpty else { return nil }
    let side: Double
    do throws(LineFault) { side = try PageNumbers.number(text, name) } catch { throw reader.error(error.reason) }
    guard side >= 0 else { throw reader.error("\(name) \(quoted(text)) is negative; mend it") }
    return side.rounded() > 0 ? Int(side.rounded()) : nil
  }
  let (width, height) = (try side(width), try side(height))
  guard let width, let height else { return nil }
  return (width, height)
}
