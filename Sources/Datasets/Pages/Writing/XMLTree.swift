internal import CXML2
import Foundation

/// An XML file as a tree, by libxml2, to be changed and written again: what is not changed stays, with comments, other namespaces and
/// the encoding. As with ``XMLReader``, nothing but the given bytes is read.
final class XMLTree {
  fileprivate let document: xmlDocPtr

  /// Parses a file that ``XMLMarkup`` has checked.
  /// - Throws: ``DataSetError`` that names `path`.
  init(_ bytes: [UInt8], path: String) throws(DataSetError) {
    xmlInitParser()
    let errors = UnsafeMutablePointer<akuru_xml_errors>.allocate(capacity: 1)
    akuru_xml_begin(errors)
    defer {
      akuru_xml_end(errors)
      errors.deallocate()
    }
    let parsed = bytes.withUnsafeBytes {
      xmlReadMemory(
        $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), nil, nil, Int32(XML_PARSE_NONET.rawValue))
    }
    guard let parsed, errors.pointee.code == 0 else {
      if let parsed { xmlFreeDoc(parsed) }
      throw .malformed(
        path: path, place: "line \(max(1, errors.pointee.line))",
        reason: "not well-formed XML, or too large for a tree; export the page again")
    }
    document = parsed
  }

  deinit { xmlFreeDoc(document) }

  /// The root element; nil if there is none.
  var root: XMLElement? { xmlDocGetRootElement(document).map { XMLElement($0) } }

  /// The file, in the encoding that it declares, else in UTF-8.
  ///
  /// - Parameter inUTF8: whether it is in UTF-8, and declares that, in any case.
  func bytes(inUTF8: Bool = false) -> [UInt8] {
    var (memory, size): (UnsafeMutablePointer<xmlChar>?, Int32) = (nil, 0)
    if inUTF8 || document.pointee.encoding == nil {
      xmlDocDumpMemoryEnc(document, &memory, &size, "UTF-8")
    } else {
      xmlDocDumpMemory(document, &memory, &size)
    }
    guard let memory else { return [] }
    defer { akuru_xml_free(memory) }
    return Array(UnsafeBufferPointer(start: memory, count: Int(size)))
  }

  /// The values of all attributes of one name, without a prefix.
  func values(of attribute: String) -> Set<String> {
    var values: Set<String> = []
    var pending = root.map { [$0] } ?? []
    while let element = pending.popLast() {
      if let value = element[attribute] { values.insert(value) }
      pending += element.children
    }
    return values
  }
}

/// An element of an ``XMLTree``, valid as long as the tree and not removed.
struct XMLElement: Hashable {
  private let node: xmlNodePtr

  fileprivate init(_ node: xmlNodePtr) { self.node = node }

  /// The name without its prefix.
  var name: String { node.pointee.name.map { String(cString: $0) } ?? "" }

  /// The namespace; empty without one.
  var namespace: String { node.pointee.ns?.pointee.href.map { String(cString: $0) } ?? "" }

  /// The elements inside, in order.
  var children: [XMLElement] { nodes.filter { $0.pointee.type == XML_ELEMENT_NODE }.map { XMLElement($0) } }

  private var nodes: [xmlNodePtr] {
    var nodes: [xmlNodePtr] = []
    var next = node.pointee.children
    while let current = next {
      nodes.append(current)
      next = current.pointee.next
    }
    return nodes
  }

  /// The value of an attribute without a prefix. What XML cannot say becomes U+FFFD.
  subscript(attribute: String) -> String? {
    get {
      guard let value = xmlGetNoNsProp(node, attribute) else { return nil }
      defer { akuru_xml_free(value) }
      return String(cString: value)
    }
    nonmutating set {
      if let newValue { xmlSetProp(node, attribute, newValue.inXML) } else { xmlUnsetProp(node, attribute) }
    }
  }

  /// Replaces all content by a text.
  func setText(_ text: String) {
    removeNodes { _ in true }
    append(xmlNewDocText(node.pointee.doc, text.inXML))
  }

  /// Appends a new element of the same namespace.
  @discardableResult
  func add(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:], before next: XMLElement? = nil)
    -> XMLElement
  {
    let made = xmlNewDocNode(node.pointee.doc, node.pointee.ns, name, nil)!
    if let next { xmlAddPrevSibling(next.node, made) } else { append(made) }
    let element = XMLElement(made)
    for (name, value) in attributes { element[name] = value }
    return element
  }

  /// Removes the child elements of these names.
  func remove(_ names: Set<String>) {
    removeNodes { $0.pointee.type == XML_ELEMENT_NODE && names.contains(XMLElement($0).name) }
  }

  private func removeNodes(where isRemoved: (xmlNodePtr) -> Bool) {
    for child in nodes where isRemoved(child) {
      xmlUnlinkNode(child)
      xmlFreeNode(child)
    }
  }

  private func append(_ child: xmlNodePtr?) { xmlAddChild(node, child) }

  // MARK: - Layout

  /// Puts each element inside on a line of its own, if this one is: two columns farther in than this one, or as far as the first of
  /// them is.
  func indent() {
    guard let outer = XMLElement.space(node.pointee.prev) else { return }
    let first = nodes.first { $0.pointee.type == XML_ELEMENT_NODE }
    let inner = XMLElement.space(first?.pointee.prev).flatMap { $0.count > outer.count ? $0 : nil } ?? outer + "  "
    lay(outer: outer, inner: inner, step: String(inner.dropFirst(outer.count)))
  }

  private func lay(outer: String, inner: String, step: String) {
    let elements = nodes.filter { $0.pointee.type == XML_ELEMENT_NODE }
    guard !elements.isEmpty else { return }
    removeNodes { XMLElement.space($0) != nil }
    for element in nodes where element.pointee.type != XML_TEXT_NODE {
      xmlAddPrevSibling(element, xmlNewDocText(node.pointee.doc, inner))
      if element.pointee.type == XML_ELEMENT_NODE {
        XMLElement(element).lay(outer: inner, inner: inner + step, step: step)
      }
    }
    append(xmlNewDocText(node.pointee.doc, outer))
  }

  /// The text of a node of white space alone that holds a line break, from the last one on.
  private static func space(_ node: xmlNodePtr?) -> String? {
    guard let node, node.pointee.type == XML_TEXT_NODE, let content = node.pointee.content else { return nil }
    let text = String(cString: content)
    guard text.utf8.count < 1000,
      text.unicodeScalars.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }),
      let lineBreak = text.unicodeScalars.lastIndex(of: "\n")
    else { return nil }
    return String(text.unicodeScalars[lineBreak...])
  }
}

extension String {
  /// The text, U+FFFD for each scalar that XML 1.0 cannot hold.
  var inXML: String {
    func isFine(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 9, 10, 13, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
      default: false
      }
    }
    if unicodeScalars.allSatisfy(isFine) { return self }
    return String(UnicodeScalarView(unicodeScalars.map { isFine($0) ? $0 : "\u{FFFD}" }))
  }
}

/// A page's file as a string: PAGE-XML and ALTO of another encoding declare UTF-8 then.
/// - Throws: ``DataSetError`` for XML that cannot be parsed.
package func pageText(_ file: [UInt8]) throws(DataSetError) -> String {
  let isPage = PageDocument.schema(of: Array(file.prefix(1 << 16))) != nil
  return String(decoding: isPage ? try XMLTree(file, path: "the page").bytes(inUTF8: true) : file, as: UTF8.self)
}
