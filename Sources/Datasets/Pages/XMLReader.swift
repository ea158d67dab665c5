internal import CXML2
import Foundation

/// The elements of an XML file, one after the other, by libxml2's text reader. Nothing but the given bytes is read:
/// no DTD, no entity, no network. http://www.w3.org/TR/xml (5th edition)
final class XMLReader {
  private let path: String
  private let reader: xmlTextReaderPtr
  private let errors: UnsafeMutablePointer<akuru_xml_errors>

  private init(_ path: String, _ reader: xmlTextReaderPtr, _ errors: UnsafeMutablePointer<akuru_xml_errors>) {
    (self.path, self.reader, self.errors) = (path, reader, errors)
  }

  private static let isInitialized: Void = xmlInitParser()

  /// Calls `body` with a reader before the root element. The reader must not leave it.
  static func read<Result>(
    _ bytes: [UInt8], path: String, _ body: (XMLReader) throws(DataSetError) -> Result
  ) throws(DataSetError) -> Result {
    isInitialized
    let errors = UnsafeMutablePointer<akuru_xml_errors>.allocate(capacity: 1)
    akuru_xml_begin(errors)
    defer {
      akuru_xml_end(errors)
      errors.deallocate()
    }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(DataSetError) -> Result in
      let created = buffer.withMemoryRebound(to: CChar.self) {
        xmlReaderForMemory($0.baseAddress, Int32($0.count), nil, nil, Int32(XML_PARSE_NONET.rawValue))
      }
      guard let created else { throw .unreadable(path: path, reason: "libxml2 has no memory for it") }
      defer { xmlFreeTextReader(created) }
      return try body(XMLReader(path, created, errors))
    }
  }

  // MARK: - The current element

  /// The element's name without its prefix.
  var name: String { xmlTextReaderConstLocalName(reader).map { String(cString: $0) } ?? "" }

  /// The value of an attribute without a prefix.
  func attribute(_ name: String) -> String? {
    guard let value = xmlTextReaderGetAttribute(reader, name) else { return nil }
    defer { akuru_xml_free(value) }
    return String(cString: value)
  }

  /// The line of the file on which the element begins. A node counts to 65,535; beyond, the parser says where it is.
  var line: Int {
    let line = xmlTextReaderCurrentNode(reader).map { xmlGetLineNo($0) } ?? 0
    return line > 0 && line < 65_535 ? line : Int(xmlTextReaderGetParserLineNumber(reader))
  }

  /// An error about the current element.
  func error(_ reason: String) -> DataSetError { .malformed(path: path, place: "line \(line)", reason: reason) }

  /// An error about a limit that the current element is above.
  func tooLarge(_ what: String, limit: String) -> DataSetError {
    .tooLarge(path: path, place: "line \(line)", what: what, limit: limit)
  }

  // MARK: - Going on

  /// Goes to the next start of an element, its end, or text; false at the end of the file.
  func advance() throws(DataSetError) -> Bool {
    while true {
      let status = xmlTextReaderRead(reader)
      if errors.pointee.code != 0 || status < 0 { throw failure() }
      guard status > 0 else { return false }
      switch kind {
      case XML_READER_TYPE_ELEMENT:
        guard xmlTextReaderDepth(reader) < Int32(PageLimits.depth) else {
          throw tooLarge("the number of elements inside each other", limit: "\(PageLimits.depth)")
        }
        return true
      case XML_READER_TYPE_END_ELEMENT, XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA, XML_READER_TYPE_WHITESPACE,
        XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        return true
      case XML_READER_TYPE_ENTITY_REFERENCE:
        throw error("the entity &\(name.shortened); is not declared; write the character itself")
      default:
        continue
      }
    }
  }

  /// Calls `body` at the start of each child element of the current one, up to the end of the current one. What `body`
  /// does not read of a child is skipped.
  func forEachChild(_ body: (_ name: String) throws(DataSetError) -> Void) throws(DataSetError) {
    try forEachNode { (kind, depth) throws(DataSetError) in
      if kind == XML_READER_TYPE_ELEMENT && depth == 1 { try body(name) }
    }
  }

  /// The text inside the current element, up to its end.
  func text() throws(DataSetError) -> String {
    var text = ""
    try forEachNode { (kind, _) throws(DataSetError) in
      guard kind != XML_READER_TYPE_ELEMENT, kind != XML_READER_TYPE_END_ELEMENT else { return }
      if let value = xmlTextReaderConstValue(reader) { text += String(cString: value) }
    }
    return text
  }

  /// Calls `body` with the kind and the depth of each node inside the current element.
  private func forEachNode(
    _ body: (xmlReaderTypes, Int32) throws(DataSetError) -> Void
  ) throws(DataSetError) {
    if xmlTextReaderIsEmptyElement(reader) == 1 { return }
    let depth = xmlTextReaderDepth(reader)
    while try advance() {
      let below = xmlTextReaderDepth(reader) - depth
      if below == 0 { return }
      try body(kind, below)
    }
  }

  private var kind: xmlReaderTypes { xmlReaderTypes(UInt32(bitPattern: xmlTextReaderNodeType(reader))) }

  /// What libxml2 did not like.
  private func failure() -> DataSetError {
    let error = errors.pointee
    let place = "line \(error.line > 0 ? Int(error.line) : line)"
    if error.code == XML_ERR_INVALID_ENCODING.rawValue || error.code == XML_I18N_CONV_FAILED.rawValue {
      return .malformed(
        path: path, place: place,
        reason: "bytes that are not in the encoding that the file declares; convert the file to UTF-8, and declare that"
      )
    }
    let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let reason = text.trimmingCharacters(in: .whitespacesAndNewlines).prefix { $0 != "\n" }
    return .malformed(
      path: path, place: place,
      reason: "not well-formed XML: \(reason.isEmpty ? "it cannot be read" : "\(reason)"); export the page again")
  }
}
