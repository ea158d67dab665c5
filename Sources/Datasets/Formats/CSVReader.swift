/// Reads the records of a CSV file (RFC 4180), byte by byte.
///
/// Bytes, not `Character`s: a comma followed by a combining vowel sign is one grapheme, so a reader that compares
/// characters would miss the comma and join two fields. In UTF-8 the bytes of `,`, `"`, CR and LF occur only as these
/// characters.
///
/// Accepted: a byte order mark, CR LF or LF, quoted fields with commas, line breaks and doubled quotes inside, a last
/// line without a line break, empty lines (skipped). A quote inside an unquoted field is an ordinary character.
struct CSVReader {
  private let bytes: [UInt8]
  private let path: String
  private var position = 0
  /// Line, from 1, on which the current record starts.
  private(set) var line = 0
  /// Number of the current record, from 0: the header is record 0.
  private(set) var record = -1
  private var nextLine = 1
  /// The record's fields, concatenated, quotes removed.
  private var content: [UInt8] = []
  /// End of each field in `content`.
  private var ends: [Int] = []

  init(bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// Number of fields of the current record.
  var fieldCount: Int { ends.count }

  /// The current record, for messages.
  var place: String { record == 0 ? "the header" : "record \(record) (line \(line))" }

  /// Field `i` of the current record.
  func field(_ i: Int) throws(DataSetError) -> String {
    let start = i == 0 ? 0 : ends[i - 1]
    guard let text = String(validating: content[start..<ends[i]], as: UTF8.self) else {
      throw .notUTF8(path: path, place: place)
    }
    return text
  }

  /// Reads the next record; false at the end of the file.
  mutating func next() throws(DataSetError) -> Bool {
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    skipEmptyLines()
    guard position < bytes.count else { return false }
    record += 1
    line = nextLine
    while try readField() {
      guard ends.count < DataSetLimits.fields else {
        throw .tooLarge(path: path, place: place, what: "the number of fields", limit: "10,000")
      }
    }
    return true
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
  private mutating func readField() throws(DataSetError) -> Bool {
    if position < bytes.count && bytes[position] == quote {
      try readQuoted()
    } else {
      while position < bytes.count, bytes[position] != comma, bytes[position] != lf, bytes[position] != cr {
        try append(bytes[position])
        position += 1
      }
    }
    ends.append(content.count)
    guard position < bytes.count else { return false }
    switch bytes[position] {
    case comma:
      position += 1
      return true
    case lf:
      position += 1
    case cr where position + 1 < bytes.count && bytes[position + 1] == lf:
      position += 2
    case cr where position + 1 == bytes.count:
      position += 1
    case cr:
      throw .malformed(
        path: path, place: place, reason: "a carriage return without a line feed; quote the field or convert the file")
    default:
      throw .malformed(
        path: path, place: place, reason: "text after a closing quote; double the quotes inside a quoted field")
    }
    nextLine += 1
    return false
  }

  /// Reads from an opening quote through its closing quote.
  private mutating func readQuoted() throws(DataSetError) {
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
    throw .malformed(path: path, place: place, reason: "a quoted field that never ends; add the closing quote")
  }

  private mutating func append(_ byte: UInt8) throws(DataSetError) {
    guard content.count < DataSetLimits.recordBytes else {
      throw .tooLarge(path: path, place: place, what: "the record", limit: "4 MiB; is a closing quote missing?")
    }
    content.append(byte)
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let lf = UInt8(ascii: "\n")
private let cr = UInt8(ascii: "\r")
