/// What the tags of a page say about its pixels, checked before memory is allocated for them.
struct TIFFPage {
  let directoryOffset: Int
  let width: Int
  let height: Int
  let bits: Int
  /// Samples of a pixel in the file.
  let samples: Int
  let isSeparate: Bool
  /// Width and height of a tile; nil for strips.
  let tile: (width: Int, height: Int)?
  let compression: TIFFCompression
  /// The channels of the decoded pixels.
  let channels: ImageChannels
  /// The sample of each channel.
  let sources: [Int]
  /// How many channels, from the first on, are stored with 0 as white.
  let inverted: Int
  let isYCbCr: Bool
  /// Red, green and blue of each entry, 8 bits each; nil for an image without a palette.
  let palette: [UInt8]?
  let orientation: ImageOrientation

  init<Reader: ByteReader>(_ directory: TIFFDirectory<Reader>, fileSize: Int, limits: ImageLimits) throws(ImageError) {
    directoryOffset = directory.offset
    (width, height) = try TIFFPage.size(directory, limits: limits)
    orientation = try TIFFPage.orientation(directory)
    samples = try directory.value(.samplesPerPixel) ?? 1
    guard (1...8).contains(samples) else {
      throw TIFFColors.unsupported("\(samples) samples a pixel")
    }
    bits = try TIFFPage.bits(directory)
    compression = try TIFFPage.compression(directory)
    let planar = try directory.value(.planarConfiguration) ?? 1
    isSeparate = samples > 1 && planar == 2
    let colors = try TIFFColors(directory, samples: samples, bits: bits, compression: compression)
    (channels, sources, inverted) = (colors.channels, colors.sources, colors.inverted)
    (isYCbCr, palette) = (colors.isYCbCr, colors.palette)
    if isYCbCr && isSeparate { throw TIFFColors.unsupported("YCbCr colors in planes") }
    tile = try TIFFPage.tile(directory, width: width, height: height)
    try checkData(directory, fileSize: fileSize)
  }

  /// The size before the image is turned.
  static func size<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>, limits: ImageLimits
  ) throws(ImageError) -> (width: Int, height: Int) {
    guard let width = try directory.value(.imageWidth), let height = try directory.value(.imageLength) else {
      throw ImageError(tiff: .corrupt("it does not declare its size"))
    }
    if let refusal = limits.refusal(width: width, height: height) { throw ImageError(tiff: refusal) }
    return (width, height)
  }

  /// A number without a meaning is ignored, as in EXIF.
  static func orientation<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>
  ) throws(ImageError) -> ImageOrientation {
    try directory.value(.orientation).flatMap(ImageOrientation.init(rawValue:)) ?? .upright
  }

  private static func bits<Reader: ByteReader>(_ directory: TIFFDirectory<Reader>) throws(ImageError) -> Int {
    let all = try directory.values(.bitsPerSample) ?? [1]
    guard let bits = all.first, [1, 2, 4, 8, 16].contains(bits), all.allSatisfy({ $0 == bits }) else {
      let list = all.prefix(8).map(String.init).joined(separator: ", ")
      throw ImageError(
        tiff: .unsupported("a TIFF with samples of \(list) bits, only 1, 2, 4, 8 and 16 are read; convert it to PNG"))
    }
    // Void data (4) is how some programs call unsigned numbers.
    guard try (directory.values(.sampleFormat) ?? [1]).allSatisfy({ $0 == 1 || $0 == 4 }) else {
      throw ImageError(tiff: .unsupported("a TIFF with signed or floating-point samples; convert it to PNG"))
    }
    return bits
  }

  private static func compression<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>
  ) throws(ImageError) -> TIFFCompression {
    let number = try directory.value(.compression) ?? 1
    guard let compression = TIFFCompression(rawValue: number) else {
      let name = number == 6 ? "old-style JPEG" : "method \(number)"
      throw ImageError(tiff: .unsupported("a TIFF compressed with \(name), which is not read; convert it to PNG"))
    }
    return compression
  }

  private static func tile<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>, width: Int, height: Int
  ) throws(ImageError) -> (width: Int, height: Int)? {
    guard let tileWidth = try directory.value(.tileWidth) else { return nil }
    guard let tileHeight = try directory.value(.tileLength), tileWidth > 0, tileHeight > 0 else {
      throw ImageError(tiff: .corrupt("its tiles have no size"))
    }
    // A tile may be larger than the image, but memory is reserved for a whole one.
    guard tileWidth <= max(4096, width + 15), tileHeight <= max(4096, height + 15),
      tileWidth * tileHeight <= max(1 << 22, (width + 15) * (height + 15))
    else {
      throw ImageError(tiff: .tooLarge("tiles of \(tileWidth) x \(tileHeight) for \(width) x \(height) pixels"))
    }
    return (tileWidth, tileHeight)
  }

  /// Checks that the strips or tiles are in the file, and can hold the image.
  private func checkData<Reader: ByteReader>(
    _ directory: TIFFDirectory<Reader>, fileSize: Int
  ) throws(ImageError) {
    let rows = tile == nil ? try directory.value(.rowsPerStrip) ?? height : 1
    guard rows > 0 else { throw ImageError(tiff: .corrupt("strips without rows")) }
    let across = tile.map { (width + $0.width - 1) / $0.width } ?? 1
    let down = tile.map { (height + $0.height - 1) / $0.height } ?? (height + min(rows, height) - 1) / min(rows, height)
    let pieces = across * down * (isSeparate ? samples : 1)
    let places = try directory.values(tile == nil ? .stripOffsets : .tileOffsets)
    let sizes = try directory.values(tile == nil ? .stripByteCounts : .tileByteCounts)
    let what = tile == nil ? "strips" : "tiles"
    guard let places, let sizes, places.count >= pieces, sizes.count >= pieces else {
      throw ImageError(tiff: .corrupt("the places of its \(pieces) \(what) are missing"))
    }
    var dataBytes = 0
    for (place, size) in zip(places, sizes).prefix(pieces) {
      guard size > 0 else { throw ImageError(tiff: .corrupt("some of its \(what) are empty")) }
      guard place <= fileSize, size <= fileSize - place else {
        throw ImageError(tiff: .truncated("it ends after \(fileSize) bytes, before the end of its \(what)"))
      }
      dataBytes += size
    }
    // A small file that declares a large image is refused without decoding.
    let rowBytes = (width * bits * (isSeparate ? 1 : samples) + 7) / 8
    let leastBytes = compression.leastBytes(rows: height * (isSeparate ? samples : 1), rowBytes: rowBytes)
    guard dataBytes >= leastBytes else {
      throw ImageError(tiff: .corrupt("\(dataBytes) bytes of data cannot hold \(width) x \(height) pixels"))
    }
  }
}

/// The methods of compression that are read. The raw value is the number in files.
enum TIFFCompression: Int {
  case none = 1
  case huffman = 2
  case group3 = 3
  case group4 = 4
  case lzw = 5
  case jpeg = 7
  case deflate = 8
  case packBits = 32_773
  case oldDeflate = 32_946

  var isFax: Bool { self == .huffman || self == .group3 || self == .group4 }

  /// A bound on the compressed bytes of valid data.
  func leastBytes(rows: Int, rowBytes: Int) -> Int {
    switch self {
    case .none: rows * rowBytes
    // A row has at least one bit.
    case .huffman, .group3, .group4: rows / 8
    // A code of 12 bits stands for at most 4096 bytes.
    case .lzw: rows * rowBytes / 2731
    // A block of 8 x 8 has at least a bit; colors may have a quarter of the blocks.
    case .jpeg: rows * rowBytes / 3 / 64 / 8
    // Deflate expands a byte to at most 1032.
    case .deflate, .oldDeflate: rows * rowBytes / 1032
    // Two bytes stand for at most 128.
    case .packBits: rows * rowBytes / 64
    }
  }
}
