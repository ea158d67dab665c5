import Images

/// A page as a PAGE-XML or ALTO file describes it: its image's name and its lines. No image is opened.
/// https://github.com/PRImA-Research-Lab/PAGE-XML, https://www.loc.gov/standards/alto
package struct PageDocument: Sendable {
  package enum Schema: String, Sendable {
    case page = "PAGE"
    case alto = "ALTO"
  }

  /// The direction of the letters, if the file says so (PAGE readingDirection, ALTO BASEDIRECTION).
  package enum Direction: String, Sendable {
    case leftToRight = "left-to-right"
    case rightToLeft = "right-to-left"
    case topToBottom = "top-to-bottom"
    case bottomToTop = "bottom-to-top"
  }

  package struct Line: Sendable {
    /// Its name in the file, or "line N", N from 1. No two lines of a page have the same: the second is "ID (2)".
    package var id: String
    /// The line of the file on which it begins, for messages.
    package var place: Int
    /// The types that it and its regions are given, from its own to that of the outermost region, each once.
    package var types: [String]
    /// The number of the innermost region around it, from 1 in the order of the file; 0 if there is none.
    package var region = 0
    /// The direction of its letters; nil if the file does not say.
    package var direction: Direction?
    /// Its text, with all white space; nil if the file gives none.
    package var text: String?
    /// Its place on the page; without any point if `fault` says so, or if the file gives none.
    package var outline: LineOutline
    /// What is wrong with this line alone, and the remedy; nil if nothing is.
    package var fault: String?
  }

  package var schema: Schema
  /// The image's name as the file gives it: PAGE imageFilename, ALTO fileName; nil if it gives none.
  package var imageName: String?
  /// The image's size in pixels that the file states; nil if it states none.
  package var size: (width: Int, height: Int)?
  /// In the order of the file.
  package var lines: [Line] = []

  init(schema: Schema) { self.schema = schema }

  /// Reads a file's bytes; `path` is for messages.
  /// - Throws: ``DataSetError`` if the file as a whole cannot be used. What is wrong with a line alone is in its `fault`.
  package static func read(_ bytes: [UInt8], path: String) throws(DataSetError) -> PageDocument {
    try XMLMarkup.check(bytes, path: path)
    return try XMLReader.read(bytes, path: path) { (reader: XMLReader) throws(DataSetError) -> PageDocument in
      guard try reader.advance(), let schema = Schema(root: reader.name) else {
        throw reader.error(XMLMarkup.otherRoot(reader.name))
      }
      var document = PageDocument(schema: schema)
      switch schema {
      case .page: try PAGEReader.read(reader, into: &document)
      case .alto: try ALTOReader.read(reader, into: &document)
      }
      // What follows the root has to be well-formed, too.
      while try reader.advance() {}
      return document
    }
  }

  /// What a file is by its first bytes; nil for all others. 4 KiB are enough for what programs write.
  package static func schema(of start: [UInt8]) -> Schema? {
    XMLMarkup(start).rootName.flatMap { Schema(root: $0) }
  }
}

extension PageDocument.Schema {
  /// The schema with this root element; its prefix and its version do not matter.
  init?(root: String) {
    switch root {
    case "PcGts": self = .page
    case "alto": self = .alto
    default: return nil
    }
  }
}

extension PageDocument.Direction {
  /// The direction by its name in ALTO (4.3, InlineDirType).
  init?(alto: String) {
    switch alto {
    case "ltr": self = .leftToRight
    case "rtl": self = .rightToLeft
    case "ttb": self = .topToBottom
    case "btt": self = .bottomToTop
    default: return nil
    }
  }
}

/// Limits of what a page's file can make the program allocate or compute.
enum PageLimits {
  /// Bytes of a file.
  static let bytes = 64 << 20
  /// Elements inside each other.
  static let depth = 64
  /// Attributes of one element: libxml2 before 2.12 compares each with all others.
  static let attributes = 100
  /// Namespaces that one element declares: libxml2 compares the prefix of each element inside with all of them.
  static let namespaces = 16
  /// Starts and ends of elements.
  static let tags = 2_000_000
  /// Comments, CDATA sections and processing instructions: libxml2's reader keeps them up to the next element.
  static let comments = 100_000
  /// Lines of a page.
  static let lines = 100_000
  /// Points of one polygon or baseline.
  static let points = 10_000
  /// Types of one line.
  static let types = 100
  /// The largest coordinate, either way from 0, and the largest size.
  static let pixels = 1_000_000.0
}
