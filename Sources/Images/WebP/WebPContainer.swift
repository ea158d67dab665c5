/// The WebP file structure (RFC 9649): "RIFF", a size, "WEBP", then chunks of type (4 letters), length (4 bytes, little-endian)
/// and data, padded to an even length. An extended file starts with a VP8X chunk; its EXIF chunk comes after the pixels.
///
/// It is scanned here, before libwebp reads the file, so that limits are checked before memory is allocated, and a
/// truncated file is reported as such.
struct WebPContainer {
  /// More chunks are refused: a still image has some.
  private static let largestChunkCount = 10_000

  private(set) var width = 0
  private(set) var height = 0
  private(set) var hasAlpha = false
  private(set) var orientation = ImageOrientation.upright

  /// Whether the bytes start as a WebP file does; a truncated start counts.
  static func matches(_ bytes: some Collection<UInt8>) -> Bool {
    let start = Array(bytes.prefix(12))
    return start.prefix(4).elementsEqual("RIFF".utf8.prefix(start.count))
      && start.dropFirst(8).elementsEqual("WEBP".utf8.prefix(max(0, start.count - 8)))
  }

  /// Scans up to the end that the file declares; what follows it is ignored.
  init(_ reader: some ByteReader, limits: ImageLimits) throws(ImageError) {
    let start = try reader.bytes(12, at: 0)
    guard !start.isEmpty else { throw ImageError(webp: .empty) }
    guard WebPContainer.matches(start) else {
      throw ImageError(webp: .otherFormat(start.withUnsafeBytes { ImageFormat.guess($0) }))
    }
    guard start.count == 12, let size = start.number(at: 4, as: UInt32.self, isLittle: true).map(Int.init) else {
      throw ImageError(webp: .truncated("\(start.count) bytes, before the end of the header"))
    }
    let end = 8 + size
    guard end <= reader.count else {
      throw ImageError(webp: .truncated("\(reader.count) bytes, it declares \(end)"))
    }
    try scan(reader, to: end, limits: limits)
  }

  private mutating func scan(_ reader: some ByteReader, to end: Int, limits: ImageLimits) throws(ImageError) {
    var (offset, chunks) = (12, 0)
    var (isExtended, hasImage) = (false, false)
    while end - offset >= 8 {
      let header = try reader.bytes(8, at: offset)
      guard header.count == 8, let length = header.number(at: 4, as: UInt32.self, isLittle: true).map(Int.init) else {
        throw ImageError(webp: .truncated("it ends after \(reader.count) bytes"))
      }
      let type = String(decoding: header[..<4], as: UTF8.self)
      guard length <= end - offset - 8 else {
        throw ImageError(webp: .corrupt("its chunk at byte \(offset) is longer than the file"))
      }
      chunks += 1
      guard chunks <= WebPContainer.largestChunkCount else {
        throw ImageError(webp: .corrupt("more than \(WebPContainer.largestChunkCount) chunks"))
      }
      switch type {
      case "VP8X" where offset == 12:
        isExtended = true
        try readExtended(try reader.bytes(min(length, 10), at: offset + 8), limits: limits)
      case "ANIM", "ANMF":
        throw WebPContainer.animated
      case "VP8 " where !hasImage, "VP8L" where !hasImage:
        hasImage = true
        if isExtended { break }
        try readSimple(try reader.bytes(min(length, 10), at: offset + 8), isLossless: type == "VP8L", limits: limits)
      case "EXIF" where isExtended:
        if let found = ImageOrientation(bytes: try reader.bytes(min(length, 1 << 20), at: offset + 8)) {
          orientation = found
        }
      default:
        break
      }
      // What follows the image of a simple file does not belong to it.
      if hasImage && !isExtended { return }
      offset += 8 + length + length % 2
    }
    guard hasImage else { throw ImageError(webp: .corrupt("it holds no image")) }
  }

  /// The VP8X chunk: flags, three bytes without a meaning, width - 1 and height - 1 in 24 bits.
  private mutating func readExtended(_ data: [UInt8], limits: ImageLimits) throws(ImageError) {
    guard data.count == 10 else { throw WebPContainer.damaged }
    guard data[0] & 0x02 == 0 else { throw WebPContainer.animated }
    hasAlpha = data[0] & 0x10 != 0
    func number(_ place: Int) -> Int { Int(data[place]) | Int(data[place + 1]) << 8 | Int(data[place + 2]) << 16 }
    try setSize(number(4) + 1, number(7) + 1, limits: limits)
  }

  /// The start of a VP8 frame (RFC 6386, section 9.1) or of a VP8L one (RFC 9649, section 3.4).
  private mutating func readSimple(_ data: [UInt8], isLossless: Bool, limits: ImageLimits) throws(ImageError) {
    if isLossless {
      guard let bits = data.number(at: 1, as: UInt32.self, isLittle: true).map(Int.init), data[0] == 0x2F else {
        throw WebPContainer.damaged
      }
      hasAlpha = bits >> 28 & 1 == 1
      try setSize((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, limits: limits)
    } else {
      guard let width = data.number(at: 6, as: UInt16.self, isLittle: true).map(Int.init),
        let height = data.number(at: 8, as: UInt16.self, isLittle: true).map(Int.init),
        data[0] & 1 == 0, data[3..<6].elementsEqual([0x9D, 0x01, 0x2A])
      else { throw WebPContainer.damaged }
      try setSize(width & 0x3FFF, height & 0x3FFF, limits: limits)
    }
  }

  private mutating func setSize(_ width: Int, _ height: Int, limits: ImageLimits) throws(ImageError) {
    if let refusal = limits.refusal(width: width, height: height) { throw ImageError(webp: refusal) }
    (self.width, self.height) = (width, height)
  }

  private static let damaged = ImageError(webp: .corrupt("its header is damaged"))
  private static let animated = ImageError(
    webp: .unsupported("an animated WebP, which is not read; save one of its frames as PNG"))
}
