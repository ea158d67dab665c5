/// The PNG file structure (PNG specification, third edition, section 5): a signature, then chunks of
/// length (4 bytes, big-endian), type (4 letters), data, CRC (4 bytes).
///
/// It is walked here, before libpng sees the file, so that limits are checked before memory is reserved, and a file that
/// ends early is named as such.
struct PNGContainer {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// Signature and IHDR chunk.
  static let headerBytes = 33

  let header: PNGHeader
  /// Whether there is a tRNS chunk: a transparent color, or alpha values for a palette.
  private(set) var hasTransparency = false

  /// Walks the chunks up to IEND; what follows IEND is ignored. Checksums are left to libpng.
  init(_ bytes: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
    guard bytes.count <= limits.fileBytes else {
      throw ImageError(png: .tooLarge("\(bytes.count) bytes, at most \(limits.fileBytes)"))
    }
    header = try PNGHeader(bytes, limits: limits)
    var dataBytes = 0
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
      offset += 12 + length
      if type == "IEND" { break }
    }
    // Deflate makes at most 1032 bytes of one: a small file that declares a large image is refused without decoding.
    guard (dataBytes + 1) * 1032 >= header.leastBytes else {
      throw ImageError(
        png: .corrupt("\(dataBytes) bytes of data cannot hold \(header.width) x \(header.height) pixels"))
    }
  }

  /// The channels that libpng gives for this file.
  var channels: PNGChannels {
    switch header.colorType {
    case 0: hasTransparency ? .grayAlpha : .gray
    case 4: .grayAlpha
    case 6: .rgba
    default: hasTransparency ? .rgba : .rgb
    }
  }
}

/// What the IHDR chunk says.
struct PNGHeader {
  let width: Int
  let height: Int
  let bitDepth: Int
  let colorType: Int

  /// Needs the first 33 bytes; more are not looked at.
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

  /// The least number of bytes that the decompressed rows have.
  var leastBytes: Int {
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1
    return width * height * channels * bitDepth / 8
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The four letters, or nil where they are none.
  fileprivate func chunkType(at offset: Int) -> String? {
    let letters = self[offset..<offset + 4]
    guard letters.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }) else { return nil }
    return String(decoding: letters, as: UTF8.self)
  }
}
