import Images

/// Puts texts, confidences and words into the lines of a PAGE-XML or ALTO file, in place of those that are there. All else stays.
struct PageFiller {
  /// A line of the file, and what was read in it; nil leaves the line as it is.
  typealias FilledLine = (line: PageDocument.Line, transcript: LineTranscript?)

  private let tree: XMLTree
  private let schema: PageDocument.Schema
  private let lines: [FilledLine]
  private let size: (width: Int, height: Int)?
  private let elements: [XMLElement]
  /// The place of each in ``elements``.
  private let places: [XMLElement: Int]
  /// Names of elements that are taken.
  private var names: Set<String>

  /// Removes the texts and words of the lines that get others.
  ///
  /// - Parameter lines: those of the file, in its order.
  /// - Throws: ``DataSetError`` that names `path`.
  init(
    _ bytes: [UInt8], _ schema: PageDocument.Schema, path: String, lines: [FilledLine], size: (width: Int, height: Int)?
  ) throws(DataSetError) {
    tree = try XMLTree(bytes, path: path)
    (self.schema, self.lines, self.size) = (schema, lines, size)
    var elements: [XMLElement] = []
    if let root = tree.root { PageFiller.collect(schema, root, into: &elements) }
    self.elements = elements
    places = Dictionary(uniqueKeysWithValues: elements.enumerated().map { ($1, $0) })
    guard elements.count == lines.count else {
      throw .malformed(
        path: path, place: "its lines",
        reason: "\(lines.count) are read and \(elements.count) found again; export the page again")
    }
    for (element, line) in zip(elements, lines) where line.transcript != nil {
      element.remove(schema == .page ? ["Word", "TextEquiv"] : ["String", "SP", "HYP"])
    }
    names = tree.values(of: schema == .page ? "id" : "ID")
  }

  /// The lines in the order in which the readers of pages give them.
  private static func collect(_ schema: PageDocument.Schema, _ root: XMLElement, into lines: inout [XMLElement]) {
    switch schema {
    case .page:
      for page in root.children where page.name == "Page" { collect(page, PAGEReader.holdsLines, into: &lines) }
    case .alto:
      for layout in root.children where layout.name == "Layout" {
        for page in layout.children where page.name == "Page" {
          collect(page, { ALTOReader.isSpace($0) || ALTOReader.isBlock($0) }, into: &lines)
        }
      }
    }
  }

  private static func collect(
    _ element: XMLElement, _ holdsLines: (String) -> Bool, into lines: inout [XMLElement]
  ) {
    for child in element.children {
      if child.name == "TextLine" {
        lines.append(child)
      } else if holdsLines(child.name) {
        collect(child, holdsLines, into: &lines)
      }
    }
  }

  /// The filled file.
  /// - Parameter time: of the change, where the file says that of the last one.
  mutating func filled(time: String) -> [UInt8] {
    for (element, (line, transcript)) in zip(elements, lines) {
      guard let transcript else { continue }
      switch schema {
      case .page: fillPAGE(element, transcript)
      case .alto: fillALTO(element, line, transcript)
      }
      element.indent()
    }
    if schema == .page, let root = tree.root {
      for metadata in root.children where metadata.name == "Metadata" {
        for change in metadata.children where change.name == "LastChange" { change.setText(time) }
      }
      for page in root.children where page.name == "Page" { renewTexts(ofRegionsIn: page) }
    }
    return tree.bytes()
  }

  /// A name for a new element that no other has.
  private mutating func name(_ wanted: String) -> String {
    var (name, number) = (wanted, 1)
    while names.contains(name) {
      number += 1
      name = "\(wanted)_\(number)"
    }
    names.insert(name)
    return name
  }

  // MARK: - PAGE

  /// TextLineType: Word and TextEquiv come after Coords and Baseline.
  private mutating func fillPAGE(_ line: XMLElement, _ transcript: LineTranscript) {
    let next = line.children.first { !["AlternativeImage", "Coords", "Baseline"].contains($0.name) }
    let coordinates = line.children.first { $0.name == "Coords" }
    let hasPoints = coordinates.map { $0["points"] == nil && !$0.children.isEmpty } ?? false
    let base = line["id"].flatMap { $0.isXMLName ? $0 : nil } ?? "line"
    for (number, word) in transcript.words.enumerated() {
      let element = line.add("Word", ["id": name("\(base)_w\(number + 1)")], before: next)
      addPoints(word.polygon, to: element.add("Coords"), asElements: hasPoints)
      addText(word.text, word.confidence, to: element)
    }
    addText(transcript.text, transcript.confidence, to: line, before: next)
  }

  private func addText(_ text: String, _ confidence: Double?, to element: XMLElement, before next: XMLElement? = nil) {
    let equivalent = element.add("TextEquiv", ["conf": confidence.map(decimal)], before: next)
    equivalent.add("Unicode").setText(text)
  }

  private func addPoints(_ polygon: [PagePoint], to element: XMLElement, asElements: Bool) {
    let points = polygon.map { $0.onPage(size) }
    guard asElements else {
      element["points"] = points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
      return
    }
    for point in points { element.add("Point", ["x": "\(point.x)", "y": "\(point.y)"]) }
  }

  /// Regions that have a text of their own get that of their lines.
  private func renewTexts(ofRegionsIn element: XMLElement) {
    for region in element.children where PAGEReader.holdsLines(region.name) {
      renewTexts(ofRegionsIn: region)
      let inside = region.children
      let own = inside.compactMap { places[$0] }.map { lines[$0] }
      guard let place = inside.firstIndex(where: { $0.name == "TextEquiv" }),
        own.contains(where: { $0.transcript != nil })
      else { continue }
      let next = inside[place...].first { $0.name != "TextEquiv" }
      region.remove(["TextEquiv"])
      let text = own.map { $0.transcript?.text ?? $0.line.text ?? "" }.joined(separator: "\n")
      addText(text, nil, to: region, before: next)
      region.indent()
    }
  }

  // MARK: - ALTO

  /// TextLine of TextBlockType: Strings come after Shape, with a SP between two.
  private mutating func fillALTO(_ element: XMLElement, _ line: PageDocument.Line, _ transcript: LineTranscript) {
    let base = element["ID"].flatMap { $0.isXMLName ? $0 : nil } ?? "line"
    var before: PageBox?
    for (number, word) in transcript.words.enumerated() {
      let box = PageBox(word.polygon, size)
      if let before { addSpace(between: before, and: box, to: element) }
      before = box
      element.add(
        "String",
        [
          "ID": name("\(base)_s\(number + 1)"), "HPOS": "\(box.left)", "VPOS": "\(box.top)", "WIDTH": "\(box.width)",
          "HEIGHT": "\(box.height)", "CONTENT": word.text, "WC": decimal(word.confidence),
        ])
    }
    // A line has at least one String.
    if transcript.words.isEmpty {
      element.add(
        "String",
        [
          "HPOS": element["HPOS"], "VPOS": element["VPOS"], "WIDTH": element["WIDTH"], "HEIGHT": element["HEIGHT"],
          "CONTENT": "", "WC": decimal(transcript.confidence),
        ])
    }
  }

  private func addSpace(between one: PageBox, and other: PageBox, to line: XMLElement) {
    let (left, right) = one.left <= other.left ? (one.right, other.left) : (other.right, one.left)
    guard right > left else {
      line.add("SP")
      return
    }
    line.add("SP", ["WIDTH": "\(right - left)", "VPOS": "\(min(one.top, other.top))", "HPOS": "\(left)"])
  }
}

/// A probability with up to four places after the point.
func decimal(_ value: Double) -> String {
  let units = value.isFinite ? Int((max(0, min(value, 1)) * 1e4).rounded()) : 0
  if units % 10_000 == 0 { return "\(units / 10_000)" }
  var text = "0.\(String(units + 10_000).dropFirst())"
  while text.hasSuffix("0") { text.removeLast() }
  return text
}

extension PagePoint {
  /// The nearest whole point on the page; PAGE allows no other.
  func onPage(_ size: (width: Int, height: Int)?) -> (x: Int, y: Int) {
    (
      Int(max(0, min(x.rounded(), Double(size?.width ?? Int(PageLimits.pixels))))),
      Int(max(0, min(y.rounded(), Double(size?.height ?? Int(PageLimits.pixels)))))
    )
  }
}

/// The upright box around a polygon, in whole pixels of the page.
struct PageBox {
  private(set) var left = 0
  private(set) var top = 0
  private(set) var right = 0
  private(set) var bottom = 0

  init(_ polygon: [PagePoint], _ size: (width: Int, height: Int)?) {
    guard !polygon.isEmpty else { return }
    let points = polygon.map { $0.onPage(size) }
    let (xs, ys) = (points.map(\.x).sorted(), points.map(\.y).sorted())
    (left, top, right, bottom) = (xs[0], ys[0], xs[xs.count - 1], ys[ys.count - 1])
  }

  var width: Int { right - left }
  var height: Int { bottom - top }
}

extension String {
  /// Whether XML takes the text as the name of an element (xsd:ID): no colon, and no digit at its start.
  var isXMLName: Bool {
    guard let first = unicodeScalars.first, first == "_" || first.properties.isAlphabetic else { return false }
    return unicodeScalars.allSatisfy {
      $0 == "_" || $0 == "-" || $0 == "." || $0.properties.isAlphabetic || ("0"..."9").contains($0)
    }
  }
}
