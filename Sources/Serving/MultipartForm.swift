/// The fields of a form with files: multipart/form-data (RFC 7578), as browsers and curl -F send it.
package struct MultipartForm {
  package struct Field {
    package let name: String
    /// The name of the file as the client gives it; nil for a field that is none. It is a name for messages, not a path.
    package let fileName: String?
    package let bytes: [UInt8]
  }

  package let fields: [Field]

  /// The most fields of a form.
  private static let mostFields = 16
  /// Bytes of the headers of a field.
  private static let headerBytes = 8192

  /// nil for a body that is no form of this type.
  package init?(_ body: [UInt8], contentType: String) {
    guard contentType.lowercased().hasPrefix("multipart/form-data"),
      let boundary = MultipartForm.parameter("boundary", of: contentType), !boundary.isEmpty, boundary.utf8.count <= 70
    else { return nil }
    // Each delimiter begins on a line of its own; the first one may be the first line.
    let delimiter = Array("\r\n--\(boundary)".utf8)
    let whole = ([13, 10] + body)[...]
    guard let first = MultipartForm.find(delimiter, in: whole, from: 0) else { return nil }
    var (place, fields): (Int, [Field]) = (first + delimiter.count, [])
    while true {
      if whole[place...].starts(with: Array("--".utf8)) { break }
      guard fields.count < MultipartForm.mostFields, let end = MultipartForm.find(delimiter, in: whole, from: place),
        let field = MultipartForm.field(whole[place..<end])
      else { return nil }
      fields.append(field)
      place = end + delimiter.count
    }
    self.fields = fields
  }

  /// The first field of a name.
  package subscript(name: String) -> Field? { fields.first { $0.name == name } }

  /// A field: the rest of the delimiter's line, headers, an empty line, the contents.
  private static func field(_ bytes: ArraySlice<UInt8>) -> Field? {
    let start = bytes.prefix(headerBytes)
    guard let blank = find([13, 10, 13, 10], in: start, from: start.startIndex) else { return nil }
    let headers = String(decoding: bytes[bytes.startIndex..<blank], as: UTF8.self)
    let disposition = headers.split(whereSeparator: \.isNewline).first {
      $0.lowercased().hasPrefix("content-disposition:")
    }
    guard let disposition, let name = parameter("name", of: String(disposition)) else { return nil }
    return Field(
      name: name, fileName: parameter("filename", of: String(disposition)), bytes: Array(bytes[(blank + 4)...]))
  }

  /// The value of `; name=value` or `; name="value"` in a header.
  private static func parameter(_ name: String, of header: String) -> String? {
    var rest = header[...]
    while let semicolon = rest.firstIndex(of: ";") {
      rest = rest[rest.index(after: semicolon)...].drop { $0 == " " }
      guard let equals = rest.firstIndex(of: "=") else { return nil }
      let key = rest[..<equals].lowercased()
      rest = rest[rest.index(after: equals)...]
      var value = rest.prefix { $0 != ";" && !$0.isWhitespace }
      if rest.first == "\"" {
        value = rest.dropFirst().prefix { $0 != "\"" }
        rest = rest[value.endIndex...]
      }
      if key == name { return String(value) }
    }
    return nil
  }

  /// Where a pattern begins first.
  private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
    var place = start
    while place + pattern.count <= bytes.endIndex {
      guard let next = bytes[place...].firstIndex(of: pattern[0]), next + pattern.count <= bytes.endIndex else {
        return nil
      }
      if bytes[next..<next + pattern.count].elementsEqual(pattern) { return next }
      place = next + 1
    }
    return nil
  }
}
