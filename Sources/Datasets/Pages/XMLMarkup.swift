/// Where the marks of an XML file are, in any encoding that agrees with ASCII, and UTF-16: enough to know its root, and to
/// refuse what would cost libxml2 memory or time before it begins. http://www.w3.org/TR/xml (5th edition)
struct XMLMarkup {
  private let bytes: [UInt8]
  /// Bytes of a unit, 1 or 2.
  private let width: Int
  /// Where a unit has its low byte.
  private let low: Int
  /// Units of the file after its byte order mark.
  private let count: Int
  private let start: Int
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    switch bytes.prefix(4) {
    case let mark where mark.starts(with: [0xFF, 0xFE]): (width, low, start) = (2, 0, 2)
    case let mark where mark.starts(with: [0xFE, 0xFF]): (width, low, start) = (2, 1, 2)
    case [0x3C, 0, 0x3F, 0]: (width, low, start) = (2, 0, 0)
    case [0, 0x3C, 0, 0x3F]: (width, low, start) = (2, 1, 0)
    case let mark: (width, low, start) = (1, 0, mark.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    }
    count = (bytes.count - start) / width
  }

  /// A unit if it is ASCII, or 255.
  private func unit(_ i: Int) -> UInt8 {
    guard i < count else { return 255 }
    if width == 1 { return bytes[start + i] }
    return bytes[start + 2 * i + 1 - low] == 0 ? bytes[start + 2 * i + low] : 255
  }

  private func isAt(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { text in text.indices.allSatisfy { unit(position + $0) == text[$0] } }
  }

  /// Goes behind the next `text`, or to the end of the file.
  private mutating func skip(past text: StaticString) {
    let first = text.utf8Start.pointee
    while position < count && !(unit(position) == first && isAt(text)) { position += 1 }
    position = min(position + text.utf8CodeUnitCount, count)
  }

  private mutating func skipSpace() {
    while isSpace(unit(position)) { position += 1 }
  }

  /// The line, from 1, at the current position.
  private var line: Int { 1 + (0..<position).count { unit($0) == UInt8(ascii: "\n") } }

  // MARK: - The root

  /// The name of the root element without its prefix; nil if there is none before the end.
  var rootName: String? {
    var markup = self
    while true {
      markup.skipSpace()
      if markup.isAt("<?") {
        markup.skip(past: "?>")
      } else if markup.isAt("<!--") {
        // The end of "<!-->" is not its own.
        markup.position = min(markup.position + 4, markup.count)
        markup.skip(past: "-->")
      } else if markup.isAt("<!DOCTYPE") {
        if markup.skipTag() == nil { markup.skip(past: "]") }
        markup.skip(past: ">")
      } else {
        break
      }
    }
    guard markup.unit(markup.position) == UInt8(ascii: "<") else { return nil }
    var name: [UInt8] = []
    for i in markup.position + 1..<min(markup.count, markup.position + 200) {
      let unit = markup.unit(i)
      if isSpace(unit) || unit == UInt8(ascii: ">") || unit == UInt8(ascii: "/") {
        return String(decoding: name, as: UTF8.self)
      }
      if unit == UInt8(ascii: ":") { name = [] } else { name.append(unit) }
    }
    return nil
  }

  /// Goes to the ">" of the tag or declaration that begins here. nil, before the "[", if that holds further ones.
  /// - Returns: the number of its attributes, and how many of them declare namespaces.
  private mutating func skipTag() -> (attributes: Int, namespaces: Int)? {
    var (attributes, namespaces) = (0, 0)
    var quote: UInt8?
    while position < count {
      let unit = unit(position)
      if let open = quote {
        if unit == open { quote = nil }
      } else {
        switch unit {
        case UInt8(ascii: ">"): return (attributes, namespaces)
        case UInt8(ascii: "["): return nil
        case UInt8(ascii: "="): attributes += 1
        case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = unit
        case UInt8(ascii: "x") where isAt("xmlns"): namespaces += 1
        default: break
        }
      }
      position += 1
    }
    return (attributes, namespaces)
  }

  // MARK: - Refusals

  /// Refuses what is no XML, and what must not come before libxml2: entities, other encodings, thousands of attributes.
  static func check(_ bytes: [UInt8], path: String) throws(DataSetError) {
    guard bytes.count <= PageLimits.bytes else {
      throw .tooLarge(path: path, place: "", what: "the file", limit: "64 MiB")
    }
    var markup = XMLMarkup(bytes)
    func error(_ reason: String) -> DataSetError {
      .malformed(path: path, place: "line \(markup.line)", reason: reason)
    }
    markup.skipSpace()
    guard markup.position < markup.count else { throw error("the file is empty; export the page again") }
    guard markup.unit(markup.position) == UInt8(ascii: "<"), markup.width == 2 || !bytes.prefix(4).contains(0) else {
      throw error("not XML in UTF-8 or UTF-16; a page is a PAGE or ALTO file")
    }
    if let other = markup.otherEncoding {
      throw error("the file declares the encoding \(quoted(other)); convert it to UTF-8, and declare that")
    }
    var (tags, comments) = (0, 0)
    while true {
      markup.skip(past: "<")
      guard markup.position < markup.count else { return }
      if let (start, end) = markup.boundsOfText {
        // The end of "<!-->" is not its own.
        markup.position = min(markup.position + start.utf8CodeUnitCount, markup.count)
        markup.skip(past: end)
        comments += 1
      } else {
        guard let (attributes, namespaces) = markup.skipTag() else {
          throw error("its DOCTYPE declares entities or elements, which are not read; remove the DOCTYPE")
        }
        guard attributes <= PageLimits.attributes && namespaces <= PageLimits.namespaces else {
          throw error("an element with more than 100 attributes or 16 namespaces; export the page again")
        }
        tags += 1
      }
      guard tags <= PageLimits.tags && comments <= PageLimits.comments else {
        throw error("more than 2,000,000 tags or 100,000 comments; divide the page")
      }
    }
  }

  /// The start and the end of what begins here behind "<", if tags have no meaning in it.
  private var boundsOfText: (start: StaticString, end: StaticString)? {
    [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>")].first { isAt($0.0) }
  }

  /// The encoding that the file declares if in it, "<" could be another byte than in ASCII or UTF-16 (4.3.3).
  private var otherEncoding: String? {
    var markup = self
    guard markup.isAt("<?xml") else { return nil }
    let start = markup.position
    markup.skip(past: "?>")
    let end = markup.position
    markup.position = start
    markup.skip(past: "encoding")
    markup.skipSpace()
    guard markup.position < end, markup.isAt("=") else { return nil }
    markup.position += 1
    markup.skipSpace()
    let quote = markup.unit(markup.position)
    let units = (markup.position + 1..<max(end, markup.position + 1)).map { markup.unit($0) }
    let name = String(decoding: units.prefix { $0 != quote }, as: UTF8.self).lowercased()
    let isKnown =
      width == 2
      ? ["utf-8", "utf-16", "utf-16le", "utf-16be"].contains(name)
      : ["utf-8", "utf8", "us-ascii", "ascii", "latin1"].contains(name)
        || ["iso-8859-", "windows-125", "cp125"].contains { name.hasPrefix($0) }
    return isKnown ? nil : name
  }

  /// What to say of a file with another root element than those of PAGE and ALTO.
  static func otherRoot(_ name: String) -> String {
    let known = [
      "html": "HTML, perhaps hOCR", "TEI": "TEI", "mets": "METS, which names the files of pages",
      "document": "perhaps ABBYY XML",
    ]
    let what = known[name].map { " (\($0))" } ?? ""
    return "its root element is <\(name.shortened)>\(what), not <PcGts> (PAGE-XML) or <alto> (ALTO); "
      + "export pages as one of these"
  }
}

private func isSpace(_ unit: UInt8) -> Bool { unit == 0x20 || (9...13).contains(unit) }
