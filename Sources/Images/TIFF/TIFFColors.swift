/// How the samples of a page become channels.
struct TIFFColors {
  private(set) var channels: ImageChannels
  /// The sample of each channel.
  private(set) var sources: [Int]
  /// How many channels, from the first on, are stored with 0 as white.
  private(set) var inverted = 0
  private(set) var isYCbCr = false
  private(set) var palette: [UInt8]?

  init<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>, samples: Int, bits: Int, compression: TIFFCompression
  ) throws(ImageError) {
    // A page without the tag: as libtiff takes it.
    let photometric =
      try directory.value(.photometric) ?? (compression.isFax ? 0 : samples >= 3 ? 2 : 1)
    let colorCount: Int
    switch photometric {
    case 0, 1:
      (channels, colorCount, inverted) = (.gray, 1, photometric == 0 ? 1 : 0)
    case 2:
      (channels, colorCount) = (.rgb, 3)
    case 3:
      (channels, colorCount) = (.rgb, 1)
      palette = try TIFFColors.palette(directory, bits: bits)
    case 5:
      (channels, colorCount, inverted) = (.cmyk, 4, 4)
    case 6 where compression == .jpeg:
      (channels, colorCount, isYCbCr) = (.rgb, 3, true)
    case 6:
      throw TIFFColors.unsupported("YCbCr colors that are not JPEG")
    default:
      throw TIFFColors.unsupported(photometric == 8 ? "CIE L*a*b* colors" : "colors of kind \(photometric)")
    }
    guard samples >= colorCount, !isYCbCr || samples == 3 && bits == 8, compression != .jpeg || bits == 8 else {
      throw ImageError(tiff: .corrupt("\(samples) samples of \(bits) bits do not make its colors"))
    }
    guard !compression.isFax || samples == 1 && bits == 1 else {
      throw ImageError(tiff: .corrupt("fax compression of \(samples) samples of \(bits) bits"))
    }
    sources = palette == nil ? Array(0..<colorCount) : [0, 0, 0]
    try addAlpha(try directory.values(.extraSamples), after: colorCount, samples: samples)
  }

  /// Adds the first alpha channel. The single extra sample of a file that does not say what it is counts as alpha.
  private mutating func addAlpha(_ kinds: [Int]?, after colorCount: Int, samples: Int) throws(ImageError) {
    guard samples > colorCount, palette == nil else { return }
    let kinds = kinds ?? (samples == colorCount + 1 ? [2] : [])
    guard let extra = kinds.prefix(samples - colorCount).firstIndex(where: { $0 == 1 || $0 == 2 }) else { return }
    let isMultiplied = kinds[extra] == 1
    switch channels {
    case .gray where isMultiplied && inverted > 0:
      return  // Ink that was multiplied by alpha is what remains of it on white.
    case .gray:
      channels = isMultiplied ? .grayMultiplied : .grayAlpha
    case .rgb:
      channels = isMultiplied ? .rgbMultiplied : .rgba
    default:
      throw TIFFColors.unsupported("transparent CMYK colors")
    }
    sources.append(colorCount + extra)
  }

  /// All red values are stored first, then all green, then all blue, in 16 bits.
  private static func palette<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>, bits: Int
  ) throws(ImageError) -> [UInt8] {
    guard bits <= 8 else { throw unsupported("a palette of more than 256 colors") }
    let count = 1 << bits
    guard let values = try directory.values(.colorMap), values.count == 3 * count, values.allSatisfy({ $0 < 1 << 16 })
    else { throw ImageError(tiff: .corrupt("its palette is missing or has another size")) }
    // Some programs store 8 bits.
    let isNarrow = values.allSatisfy { $0 < 256 }
    return (0..<3 * count).map {
      let value = values[$0 / 3 + $0 % 3 * count]
      return UInt8(truncatingIfNeeded: isNarrow ? value : (value * 255 + 32_895) >> 16)
    }
  }

  static func unsupported(_ what: String) -> ImageError {
    ImageError(tiff: .unsupported("a TIFF with \(what), which is not read; convert it to PNG"))
  }
}
