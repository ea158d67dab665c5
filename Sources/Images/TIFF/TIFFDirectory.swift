/// The structure of a TIFF file (TIFF 6.0, section 2; BigTIFF with 64-bit offsets): a header, and a directory of tags for
/// each page, which gives the offset of the next.
struct TIFFStructure<Reader: ByteReader> {
  /// More directories than this are refused: a chain costs time.
  static var largestPageCount: Int { 65_535 }

  let reader: Reader
  private let isLittle: Bool
  private let isBig: Bool
  private let firstDirectory: Int

  init(_ reader: Reader) throws(ImageError) {
    self.reader = reader
    let header = try reader.bytes(16, at: 0)
    guard !header.isEmpty else { throw ImageError(tiff: .empty) }
    guard header.withUnsafeBytes({ TIFFSignature.matches($0) }) else {
      throw ImageError(tiff: .otherFormat(header.withUnsafeBytes { ImageFormat.guess($0) }))
    }
    let isLittle = header[0] == 0x49
    let version = header.number(at: 2, as: UInt16.self, isLittle: isLittle)
    isBig = version == 43
    self.isLittle = isLittle
    guard let first = header.offset(at: isBig ? 8 : 4, isBig: isBig, isLittle: isLittle) else {
      throw ImageError(tiff: .truncated("\(reader.count) bytes, before the end of the header"))
    }
    firstDirectory = first
  }

  /// The offsets of the directories, from the first to the one of `last`, or to the end of the chain.
  func directoryOffsets(through last: Int = .max) throws(ImageError) -> [Int] {
    var (offsets, seen): ([Int], Set<Int>) = ([], [])
    var offset = firstDirectory
    while offset != 0 && offsets.count <= last {
      guard seen.insert(offset).inserted else { throw ImageError(tiff: .corrupt("its pages form a loop")) }
      guard offsets.count < TIFFStructure.largestPageCount else {
        throw ImageError(tiff: .tooLarge("more than \(TIFFStructure.largestPageCount) pages"))
      }
      offsets.append(offset)
      if offsets.count > last { break }
      let count = try entryCount(at: offset)
      let place = offset + (isBig ? 8 + 20 * count : 2 + 12 * count)
      let bytes = try reader.bytes(isBig ? 8 : 4, at: place)
      guard let next = bytes.offset(at: 0, isBig: isBig, isLittle: isLittle) else { throw truncated }
      offset = next
    }
    guard !offsets.isEmpty else { throw ImageError(tiff: .corrupt("it holds no image")) }
    return offsets
  }

  /// The directory of a page.
  func directory(ofPage page: Int) throws(ImageError) -> TIFFDirectory<Reader> {
    let offsets = try directoryOffsets(through: page < 0 ? .max : page)
    guard offsets.indices.contains(page) else {
      throw ImageError(tiff: .unsupported("page \(page) of a TIFF with \(offsets.count), counted from 0; name another"))
    }
    let offset = offsets[page]
    let count = try entryCount(at: offset)
    let size = isBig ? 20 : 12
    let block = try reader.bytes(count * size, at: offset + (isBig ? 8 : 2))
    guard block.count == count * size else { throw truncated }
    return TIFFDirectory(reader: reader, offset: offset, isLittle: isLittle, isBig: isBig, entries: block)
  }

  private func entryCount(at offset: Int) throws(ImageError) -> Int {
    guard offset <= reader.count else { throw truncated }
    let bytes = try reader.bytes(isBig ? 8 : 2, at: offset)
    let count =
      isBig
      ? bytes.number(at: 0, as: UInt64.self, isLittle: isLittle)
      : bytes.number(at: 0, as: UInt16.self, isLittle: isLittle).map(UInt64.init)
    guard let count else { throw truncated }
    // libtiff's own bound.
    guard (1...4096).contains(count) else { throw ImageError(tiff: .corrupt("a directory of \(count) entries")) }
    return Int(count)
  }

  private var truncated: ImageError {
    ImageError(tiff: .truncated("it ends after \(reader.count) bytes, before a directory of its pages"))
  }
}

extension [UInt8] {
  /// An offset in a file: 8 bytes in a BigTIFF, else 4; nil beyond the end.
  fileprivate func offset(at place: Int, isBig: Bool, isLittle: Bool) -> Int? {
    isBig
      ? number(at: place, as: UInt64.self, isLittle: isLittle).map { Int(clamping: $0) }
      : number(at: place, as: UInt32.self, isLittle: isLittle).map { Int($0) }
  }
}

/// The first bytes of TIFF files.
enum TIFFSignature {
  static let all: [[UInt8]] = [[0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43]]

  /// Whether the bytes start with a signature; a truncated one counts.
  static func matches(_ bytes: some Sequence<UInt8>) -> Bool {
    let start = Array(bytes.prefix(4))
    return all.contains { start.elementsEqual($0.prefix(start.count)) }
  }
}

/// The tags of a page.
struct TIFFDirectory<Reader: ByteReader> {
  private let reader: Reader
  /// The place of the directory in the file.
  let offset: Int
  private let isLittle: Bool
  private let isBig: Bool
  /// The entries: tag (2 bytes), type (2), count (4 or 8), value or its offset (4 or 8).
  private let entries: [UInt8]
  private var entrySize: Int { isBig ? 20 : 12 }
  /// More numbers of a tag are refused: the largest image has fewer strips, and tiles of a usual size.
  private var mostValues: UInt64 { 1 << 20 }

  fileprivate init(reader: Reader, offset: Int, isLittle: Bool, isBig: Bool, entries: [UInt8]) {
    (self.reader, self.offset, self.isLittle, self.isBig, self.entries) = (reader, offset, isLittle, isBig, entries)
  }

  /// The unsigned numbers of a tag; nil if the page has no such tag.
  func values(_ tag: TIFFTag) throws(ImageError) -> [Int]? {
    for place in stride(from: 0, to: entries.count, by: entrySize) where number(place, UInt16.self) == tag.rawValue {
      let damaged = ImageError(tiff: .corrupt("its tag \(tag.rawValue) (\(tag)) is damaged"))
      let size: Int
      switch number(place + 2, UInt16.self) {
      case 1: size = 1
      case 3: size = 2
      case 4, 13: size = 4
      case 16 where isBig: size = 8
      default: throw damaged
      }
      let count = isBig ? number(place + 4, UInt64.self) : UInt64(number(place + 4, UInt32.self))
      guard count > 0, count <= mostValues else { throw damaged }
      let field = place + (isBig ? 12 : 8)
      let length = Int(count) * size
      var bytes = Array(entries[field..<field + (isBig ? 8 : 4)])
      if length > bytes.count {
        let offset = isBig ? number(field, UInt64.self) : UInt64(number(field, UInt32.self))
        bytes = try reader.bytes(length, at: Int(clamping: offset))
        guard bytes.count == length else {
          throw ImageError(tiff: .truncated("it ends after \(reader.count) bytes, before the values of \(tag)"))
        }
      }
      return (0..<Int(count)).map { i in
        switch size {
        case 1: Int(bytes[i])
        case 2: Int(bytes.number(at: 2 * i, as: UInt16.self, isLittle: isLittle)!)
        case 4: Int(bytes.number(at: 4 * i, as: UInt32.self, isLittle: isLittle)!)
        default: Int(clamping: bytes.number(at: 8 * i, as: UInt64.self, isLittle: isLittle)!)
        }
      }
    }
    return nil
  }

  /// The first number of a tag; nil if the page has no such tag.
  func value(_ tag: TIFFTag) throws(ImageError) -> Int? { try values(tag)?.first }

  private func number<Number: FixedWidthInteger>(_ place: Int, _ type: Number.Type) -> Number {
    entries.number(at: place, as: type, isLittle: isLittle)!
  }
}

/// The tags that decide how a page is read.
enum TIFFTag: UInt16 {
  case imageWidth = 256
  case imageLength = 257
  case bitsPerSample = 258
  case compression = 259
  case photometric = 262
  case stripOffsets = 273
  case orientation = 274
  case samplesPerPixel = 277
  case rowsPerStrip = 278
  case stripByteCounts = 279
  case planarConfiguration = 284
  case colorMap = 320
  case tileWidth = 322
  case tileLength = 323
  case tileOffsets = 324
  case tileByteCounts = 325
  case extraSamples = 338
  case sampleFormat = 339
}
