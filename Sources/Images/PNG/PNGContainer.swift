/// The PNG file structure (PNG specification, third edition, section 5): a signature, then chunks of
/// length (4 bytes, big-endian), type (4 letters), data, CRC (4 bytes).
///
/// It is scanned here, before libpng reads the file, so that limits are checked before memory is allocated, and a
/// truncated file is reported as such.
struct PNGContainer {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// Signature and IHDR chunk.
  static let headerBytes = 33

  let header: PNGHeader
  /// Whether there is a tRNS chunk: a transparent color, or alpha values for a palette.
  private(set) var hasTransparency = false
  private(set) var orientation = ImageOrientation.upright

  /// Scans the chunks up to IEND; bytes after it are ignored. libpng checks the checksums.
  init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
    guard bytes.count <= limits.fileBytes else {
      throw ImageError(png: .tooLarge("\(bytes.count) bytes, at most \(limits.fileBytes)"))
    }
    header = try PNGHeader(bytes, limits: limits)
    var dataBytes = 0
    var exif: ImageOrientation?
    var offset = PNGContainer.headerBytes
    while true {
      let remaining = bytes.count - offset
      guard remaining >= 12 else {
        throw ImageError(png: .truncated("it ends after \(bytes.count) bytes, before IEND"))
      }
      let length = Int(bytes.bigEndian32(at: offset))
      guard length <= Int(Int32.max), let type = bytes.chunkType(at: offset + 4) else {
        throw ImageError(png: .corrupt("no chunk at byte \(offset)"))
      }
      guard remaining >= 12 + length else {
        throw ImageError(png: .truncated("the \(type) chunk needs \(length + 12) bytes, \(remaining) remain"))
      }
      if type == "IDAT" { dataBytes += length }
      if type == "tRNS" { hasTransparency = true }
      if type == "eXIf" && exif == nil {
        exif = ImageOrientation(bytes: Array(bytes[offset + 8..<offset + 8 + length]))
      }
      offset += 12 + length
      if type == "IEND" { break }
    }
    orientation = exif ?? .upright
    // Deflate expands a byte to at most 1032, so a small file that declares a large image is refused without decoding.
    guard (dataBytes + 1) * 1032 >= header.leastBytes else {
      throw ImageError(
        png: .corrupt("\(dataBytes) bytes of data cannot hold \(header.width) x \(header.height) pixels"))
    }
  }

  /// The orientation of a file of which only the headers of chunks are read, up to the first eXIf chunk that tells it. A
  /// file that ends early has none.
  static func orientation(_ reader: some ByteReader) throws(ImageError) -> ImageOrientation {
    var offset = headerBytes
    while true {
      let start = try reader.bytes(8, at: offset)
      guard let length = start.number(at: 0, as: UInt32.self, isLittle: false).map(Int.init), start.count == 8,
        length <= Int32.max
      else { return .upright }
      let type = String(decoding: start[4...], as: UTF8.self)
      if type == "IEND" { return .upright }
      if type == "eXIf", let found = ImageOrientation(bytes: try reader.bytes(length, at: offset + 8)) { return found }
      offset += 12 + length
    }
  }

  /// The channels that libpng gives for this file.
  var channels: ImageChannels {
    switch header.colorType {
    case 0: hasTransparency ? .grayAlpha : .gray
    case 4: .grayAlpha
    case 6: .rgba
    default: hasTransparency ? .rgba : .rgb
    }
  }
}

/// The IHDR chunk.
struct PNGHeader {
  let width: Int
  let height: Int
  let bitDepth: Int
  let colorType: Int

  /// Parses the first 33 bytes and ignores the rest.
  init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
    guard !bytes.isEmpty else { throw ImageError(png: .empty) }
    guard bytes.prefix(8).elementsEqual(PNGContainer.signature.prefix(bytes.count)) else {
      throw ImageError(png: .otherFormat(ImageFormat.guess(bytes)))
    }
    guard bytes.count >= PNGContainer.headerBytes else {
      throw ImageError(png: .truncated("\(bytes.count) bytes, before the end of the header"))
    }
    guard bytes.bigEndian32(at: 8) == 13, bytes.chunkType(at: 12) == "IHDR" else {
      throw ImageError(png: .corrupt("it does not start with an IHDR chunk"))
    }
    width = Int(bytes.bigEndian32(at: 16))
    height = Int(bytes.bigEndian32(at: 20))
    bitDepth = Int(bytes[24])
    colorType = Int(bytes[25])
    let legalDepths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
    guard legalDepths[colorType]?.contains(bitDepth) == true else {
      throw ImageError(png: .corrupt("color type \(colorType) with bit depth \(bitDepth)"))
    }
    if let refusal = limits.refusal(width: width, height: height) { throw ImageError(png: refusal) }
  }

  /// The smallest size of the decompressed rows, in bytes.
  var leastBytes: Int {
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1
    return width * height * channels * bitDepth / 8
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The four letters; nil if the bytes are not letters.
  fileprivate func chunkType(at offset: Int) -> String? {
    let letters = self[offset..<offset + 4]
    guard letters.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }) else { return nil }
    return String(decoding: letters, as: UTF8.self)
  }
}
