/// Texts as files hold them.
enum TextBytes {
  /// The bytes in UTF-8, without a byte order mark. UTF-16 with a byte order mark is converted; nil if it is not valid.
  static func utf8(_ bytes: [UInt8]) -> [UInt8]? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes[3...]) }
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    guard isLittle || bytes.starts(with: [0xFE, 0xFF]) else { return bytes }
    guard bytes.count.isMultiple(of: 2) else { return nil }
    let units = stride(from: 2, to: bytes.count, by: 2).map { i in
      isLittle ? UInt16(bytes[i]) | UInt16(bytes[i + 1]) << 8 : UInt16(bytes[i]) << 8 | UInt16(bytes[i + 1])
    }
    return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
  }

  /// The same for a file.
  /// - Throws: ``DataSetError`` that names it, with the remedy.
  static func utf8(_ bytes: [UInt8], path: String) throws(DataSetError) -> [UInt8] {
    guard let text = utf8(bytes) else { throw .notUTF8(path: path, place: "the file") }
    guard !looksLikeUTF16(text) else {
      throw .malformed(
        path: path, place: "the file",
        reason:
          "it looks like UTF-16 without a byte order mark; convert it, for example with iconv -f UTF-16LE -t UTF-8")
    }
    return text
  }

  /// Whether a text is likely UTF-16 without a byte order mark: a quarter of its bytes are 0.
  static func looksLikeUTF16(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(1024)
    return !start.isEmpty && start.count { $0 == 0 } * 4 >= start.count
  }

  /// The number of line breaks before the first line that is not UTF-8.
  static func lineBreaks(beforeBadLineIn bytes: some Collection<UInt8>) -> Int {
    var breaks = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: line, as: UTF8.self) == nil { break }
      breaks += 1
    }
    return breaks
  }
}
