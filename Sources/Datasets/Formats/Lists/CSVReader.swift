/// Reads the records of a table (RFC 4180), with a comma, a semicolon or a tab between fields, byte by byte.
///
/// Bytes, not `Character`s: a comma followed by a combining vowel sign is one grapheme, so a reader that compares
/// characters would miss the comma and join two fields. In UTF-8 the bytes of `,`, `"`, CR and LF occur only as these
/// characters.
///
/// Accepted: CR LF or LF, quoted fields with separators, line breaks and doubled quotes inside, a last line without a line break,
/// empty lines (skipped). A quote inside an unquoted field is an ordinary character. After a record that does not follow the
/// form, the next one starts at the next line, so that one wrong quote does not take the records after it.
struct CSVReader {
  private let bytes: [UInt8]
  private let separator: UInt8
  private var position = 0
  /// Start of the current record.
  private var start = 0
  /// Line, from 1, on which the current record starts.
  private(set) var line = 0
  /// Number of the current record, from 0: the header is record 0.
  private(set) var record = -1
  private var nextLine = 1
  /// The record's fields, concatenated, quotes removed.
  private var content: [UInt8] = []
  /// End of each field in `content`.
  private var ends: [Int] = []

  init(bytes: [UInt8], separator: UInt8 = UInt8(ascii: ",")) { (self.bytes, self.separator) = (bytes, separator) }

  /// Why a record cannot be read, with the remedy.
  struct Malformed: Error { let reason: String }

  /// Number of fields of the current record.
  var fieldCount: Int { ends.count }

  /// The current record, for messages.
  var place: String { record == 0 ? "the header" : "record \(record) (line \(line))" }

  /// Field `i` of the current record; nil if it is not UTF-8.
  func field(_ i: Int) -> String? {
    String(validating: content[(i == 0 ? 0 : ends[i - 1])..<ends[i]], as: UTF8.self)
  }

  /// The first line of the current record as it stands in the file.
  var rawLine: ArraySlice<UInt8> {
    var line = bytes[start..<(bytes[start...].firstIndex(of: lf) ?? bytes.count)]
    if line.last == cr { line.removeLast() }
    return line
  }

  /// Reads the next record; false at the end of the file.
  /// - Throws: for a record that does not follow the form; the next call reads the one after it.
  mutating func next() throws(Malformed) -> Bool {
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    skipEmptyLines()
    guard position < bytes.count else { return false }
    record += 1
    line = nextLine
    start = position
    do throws(Malformed) {
      while try readField() {
        guard ends.count < DataSetLimits.fields else { throw Malformed(reason: "it has more than 10,000 fields") }
      }
    } catch {
      skipLine()
      throw error
    }
    return true
  }

  /// Goes to the line after the first of the current record.
  private mutating func skipLine() {
    position = bytes[start...].firstIndex(of: lf).map { $0 + 1 } ?? bytes.count
    nextLine = line + 1
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  private mutating func skipEmptyLines() {
    while position < bytes.count {
      if bytes[position] == lf {
        position += 1
      } else if bytes[position] == cr && position + 1 < bytes.count && bytes[position + 1] == lf {
        position += 2
      } else {
        return
      }
      nextLine += 1
    }
  }

  /// Reads one field and its terminator. Returns true if that is a comma, so that another field follows.
  private mutating func readField() throws(Malformed) -> Bool {
    if position < bytes.count && bytes[position] == quote {
      try readQuoted()
    } else {
      while position < bytes.count, bytes[position] != separator, bytes[position] != lf, bytes[position] != cr {
        try append(bytes[position])
        position += 1
      }
    }
    ends.append(content.count)
    guard position < bytes.count else { return false }
    switch bytes[position] {
    case separator:
      position += 1
      return true
    case lf:
      position += 1
    case cr where position + 1 < bytes.count && bytes[position + 1] == lf:
      position += 2
    case cr where position + 1 == bytes.count:
      position += 1
    case cr:
      throw Malformed(reason: "a carriage return without a line feed; quote the field or convert the file")
    default:
      throw Malformed(reason: "text after a closing quote; double the quotes inside a quoted field")
    }
    nextLine += 1
    return false
  }

  /// Reads from an opening quote through its closing quote.
  private mutating func readQuoted() throws(Malformed) {
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == quote {
        guard position < bytes.count && bytes[position] == quote else { return }
        position += 1
      }
      if byte == lf { nextLine += 1 }
      try append(byte)
    }
    throw Malformed(reason: "a quoted field that never ends; add the closing quote")
  }

  private mutating func append(_ byte: UInt8) throws(Malformed) {
    guard content.count < DataSetLimits.recordBytes else {
      throw Malformed(reason: "it is above the limit of 4 MiB; is a closing quote missing?")
    }
    content.append(byte)
  }
}

private let quote = UInt8(ascii: "\"")
private let lf = UInt8(ascii: "\n")
private let cr = UInt8(ascii: "\r")
