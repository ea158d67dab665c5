import Images

/// Reads ALTO, versions 1 to 4: https://www.loc.gov/standards/alto/v4/alto-4-4.xsd
struct ALTOReader {
  private let reader: XMLReader
  /// The label of each tag, by its ID.
  private var tags: [String: String] = [:]
  private var lines = PageLines()
  /// The number of blocks so far.
  private var blocks = 0
  /// Whether the file has SP elements, so that a String after a String without one goes on with its word.
  private var hasSpaces = false
  /// Lines of several Strings without SP, and their texts if the file has no SP at all.
  private var spaced: [(line: Int, text: String)] = []

  /// Reads from the start of the root element to its end.
  static func read(_ reader: XMLReader, into document: inout PageDocument) throws(DataSetError) {
    var alto = ALTOReader(reader: reader)
    var pages = 0
    try reader.forEachChild { (name) throws(DataSetError) in
      switch name {
      case "Description": try readDescription(reader, &document)
      case "Tags": try alto.readTags()
      case "Layout":
        try reader.forEachChild { (name) throws(DataSetError) in
          guard name == "Page" else { return }
          pages += 1
          guard pages == 1 else { throw reader.error("a second <Page>; make one file of each page") }
          document.size = try pageSize(reader, "WIDTH", "HEIGHT")
          var surroundings = LineSurroundings()
          surroundings.turn(reader, "ROTATION")
          try alto.readBlocks(surroundings)
        }
      default: break
      }
    }
    guard pages == 1 else { throw reader.error("no <Page> in <alto>; export the page again") }
    if !alto.hasSpaces {
      for (line, text) in alto.spaced { alto.lines.setText(text, of: line) }
    }
    document.lines = alto.lines.lines
  }

  private init(reader: XMLReader) { self.reader = reader }

  // MARK: - Description and tags

  /// DescriptionType. Without the resolution of the scan, tenths of millimeters are no pixels.
  private static func readDescription(_ reader: XMLReader, _ document: inout PageDocument) throws(DataSetError) {
    try reader.forEachChild { (name) throws(DataSetError) in
      if name == "sourceImageInformation" {
        try reader.forEachChild { (name) throws(DataSetError) in
          guard name == "fileName", document.imageName == nil else { return }
          let text = (try reader.text()).withoutOuterSpace
          document.imageName = text.isEmpty ? nil : text
        }
      } else if name == "MeasurementUnit" {
        let start = reader.error("its MeasurementUnit is not pixel; export the page in pixels, or convert it")
        let unit = (try reader.text()).withoutOuterSpace
        guard unit.isEmpty || unit.lowercased() == "pixel" else { throw start }
      }
    }
  }

  /// TagsType. A name in the text is no type of its line: NamedEntityTag is left out.
  private mutating func readTags() throws(DataSetError) {
    try reader.forEachChild { (name) throws(DataSetError) in
      guard name.hasSuffix("Tag"), name != "NamedEntityTag", let id = reader.attribute("ID") else { return }
      let label = reader.attribute("LABEL") ?? ""
      tags[id] = label.isEmpty ? reader.attribute("TYPE") ?? "" : label
    }
  }

  /// The labels of the tags that the current element refers to.
  private var labels: [String] {
    guard let references = reader.attribute("TAGREFS") else { return [] }
    return references.split(whereSeparator: \.isWhitespace).compactMap { tags[String($0)] }
  }

  private var direction: PageDocument.Direction? {
    reader.attribute("BASEDIRECTION").flatMap { PageDocument.Direction(alto: $0) }
  }

  // MARK: - Blocks and lines

  /// Reads the lines of the current element: a page, a margin, its print space or a block.
  private mutating func readBlocks(_ outer: LineSurroundings) throws(DataSetError) {
    try reader.forEachChild { (name) throws(DataSetError) in
      switch name {
      case "TextLine": try readLine(outer)
      case _ where Self.isSpace(name): try readBlocks(outer)
      case _ where Self.isBlock(name):
        var inner = outer
        blocks += 1
        inner.region = blocks
        try inner.add(labels + [reader.attribute("TYPE") ?? ""], reader)
        // Text that is turned counterclockwise, the page clockwise: the same sign (BlockType).
        inner.turn(reader, "ROTATION")
        inner.direction = direction ?? outer.direction
        try readBlocks(inner)
      default: break
      }
    }
  }

  /// Whether an element of a page is a part of it that holds blocks.
  static func isSpace(_ name: String) -> Bool {
    ["TopMargin", "LeftMargin", "RightMargin", "BottomMargin", "PrintSpace"].contains(name)
  }

  /// Whether an element is a block that may hold lines.
  static func isBlock(_ name: String) -> Bool { name == "TextBlock" || name == "ComposedBlock" }

  /// TextLine of TextBlockType.
  private mutating func readLine(_ outer: LineSurroundings) throws(DataSetError) {
    var inner = outer
    try inner.add(labels, reader)
    inner.direction = direction ?? outer.direction
    var line = PageLine(reader, idName: "ID", inner)
    var place = ALTOPlace()
    line.attempt { (line) throws(LineFault) in
      line.outline.box = try ALTOPlace.box(reader)
      if let text = reader.attribute("BASELINE") { place.baseline = try PageNumbers.list(text, "BASELINE") }
    }
    var text = ALTOText()
    try reader.forEachChild { (name) throws(DataSetError) in
      switch name {
      case "Shape":
        try reader.forEachChild { (name) throws(DataSetError) in
          guard name == "Polygon", let points = reader.attribute("POINTS") else { return }
          line.attempt { (_) throws(LineFault) in try place.addPolygon(points) }
        }
      case "String":
        place.addWord(try? ALTOPlace.box(reader))
        text.add(string: reader.attribute("CONTENT"))
      case "SP": text.addSpace()
      case "HYP": text.add(hyphen: reader.attribute("CONTENT"))
      default: break
      }
    }
    line.attempt { (line) throws(LineFault) in
      try place.apply(to: &line.outline, isHorizontal: inner.isHorizontal)
    }
    line.setText(text.spaced)
    if line.fault == nil { line.setText(text.joined) }
    hasSpaces = hasSpaces || text.hasSpace
    if line.fault == nil, let other = text.spaced, !text.hasSpace, other != text.joined {
      spaced.append((lines.lines.count, other))
    }
    try lines.add(line, reader)
  }
}

/// The text of a line. Its Strings are as printed: what they are substituted by (SUBS_CONTENT) is a word of two lines.
private struct ALTOText {
  /// The Strings with a space for each SP; nil without Strings.
  private(set) var joined: String?
  /// The Strings with a space between each two.
  private(set) var spaced: String?
  private(set) var hasSpace = false
  private var start = ""

  mutating func add(string content: String?) {
    guard let content else { return }
    joined = (joined ?? start) + content
    spaced = spaced.map { $0 + " " + content } ?? content
  }

  mutating func addSpace() {
    hasSpace = true
    if joined == nil { start += " " } else { joined? += " " }
  }

  /// A hyphen that ends the line, unless the last String has it already.
  mutating func add(hyphen content: String?) {
    guard let content, !content.isEmpty else { return }
    let hyphens: Set<Unicode.Scalar> = ["-", "\u{AD}", "\u{2010}", "\u{2011}", "\u{AC}", "\u{2E17}"]
    if let joined {
      if joined.hasSuffix(content) { return }
      let scalars = content.unicodeScalars
      if scalars.count == 1, hyphens.contains(scalars.first!), let last = joined.unicodeScalars.last,
        hyphens.contains(last)
      {
        return
      }
    }
    joined = (joined ?? start) + content
    spaced = (spaced ?? "") + content
  }
}

/// Where a line stands, as its attributes, its Shape and its Strings say.
private struct ALTOPlace {
  /// The numbers of BASELINE: points, or one y (before ALTO 4.2).
  var baseline: [Double] = []
  private var polygons: [[PagePoint]] = []
  private var points = 0
  private var words: LineOutline.Box?

  /// The box of the current element; nil if it has none, or none with an area.
  static func box(_ reader: XMLReader) throws(LineFault) -> LineOutline.Box? {
    var values: [Double] = []
    for name in ["HPOS", "VPOS", "WIDTH", "HEIGHT"] {
      guard let text = reader.attribute(name), !text.isEmpty else { return nil }
      values.append(try PageNumbers.number(text, name))
    }
    guard values[2] >= 0 && values[3] >= 0 else {
      throw LineFault(reason: "its \(values[2] < 0 ? "WIDTH" : "HEIGHT") is negative; mend it")
    }
    guard values[2] > 0 && values[3] > 0 else { return nil }
    return .init(
      from: PagePoint(values[0], values[1]), to: PagePoint(values[0] + values[2], values[1] + values[3]))
  }

  mutating func addPolygon(_ text: String) throws(LineFault) {
    let polygon = try PageNumbers.points(text, "Polygon")
    points += polygon.count
    guard points <= PageLimits.points else {
      throw LineFault(reason: "its polygons have more than 10,000 points; simplify them")
    }
    if polygon.count > 2 { polygons.append(polygon) }
  }

  mutating func addWord(_ box: LineOutline.Box?) {
    guard let box else { return }
    words = words.map { Self.around([$0.from, $0.to, box.from, box.to]) } ?? box
  }

  /// Gives an outline what is known. Several polygons are parts of a line: the box around them all holds it.
  func apply(to outline: inout LineOutline, isHorizontal: Bool) throws(LineFault) {
    if polygons.count == 1 {
      outline.polygon = polygons[0]
    } else if !polygons.isEmpty {
      outline.box = Self.around(polygons.joined() + (outline.box.map { [$0.from, $0.to] } ?? []))
    }
    if outline.polygon.isEmpty && outline.box == nil { outline.box = words }
    guard baseline.count == 1 else {
      outline.baseline = try PageNumbers.points(baseline, "BASELINE")
      return
    }
    // One y is the baseline of the whole box, unless it is not in the box at all: then it says nothing.
    guard isHorizontal, let box = outline.box ?? (outline.polygon.isEmpty ? nil : Self.around(outline.polygon)),
      baseline[0] > box.from.y, baseline[0] <= box.to.y
    else { return }
    outline.baseline = [PagePoint(box.from.x, baseline[0]), PagePoint(box.to.x, baseline[0])]
  }

  private static func around(_ points: some Sequence<PagePoint>) -> LineOutline.Box {
    var (from, to) = (PagePoint(.infinity, .infinity), PagePoint(-.infinity, -.infinity))
    for point in points {
      from = PagePoint(min(from.x, point.x), min(from.y, point.y))
      to = PagePoint(max(to.x, point.x), max(to.y, point.y))
    }
    return .init(from: from, to: to)
  }
}
