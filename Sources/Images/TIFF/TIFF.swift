import CTIFF

/// Reading TIFF images as 8-bit gray through libtiff.
///
/// Bilevel, gray, palette, RGB and CMYK images are accepted, with 1, 2, 4, 8 or 16 bits a sample, in strips or tiles, with
/// the samples of a pixel together or in planes; uncompressed, or with fax (Group 3 and 4), LZW, Deflate, PackBits or JPEG
/// compression. Colors become gray as in ``PNG``. The orientation is applied. Color profiles are ignored. What libtiff
/// repairs with a warning, for example a line of a fax that is missing, is an error here.
public enum TIFF {
  /// libtiff's handlers of errors are those of the process; they are set once.
  private static let handlers: Void = akuru_tiff_set_handlers()

  /// Decodes a page of a TIFF file in memory.
  ///
  /// - Parameter page: the number of its directory, from 0.
  /// - Throws: `ImageError`, without a path.
  public static func decode(
    _ bytes: [UInt8], page: Int = 0, limits: ImageLimits = ImageLimits(), asStored: Bool = false
  ) throws(ImageError) -> GrayImage {
    let result = bytes.withUnsafeBytes { buffer -> Result<GrayImage, ImageError> in
      Result { () throws(ImageError) in try decode(buffer, page: page, limits: limits, asStored: asStored) }
    }
    return try result.get()
  }

  /// The number of pages, at least 1. Small previews that some programs add count as well.
  /// - Throws: `ImageError`, without a path.
  public static func pageCount(_ bytes: [UInt8]) throws(ImageError) -> Int {
    let result = bytes.withUnsafeBytes { buffer -> Result<Int, ImageError> in
      Result { () throws(ImageError) in
        try TIFFStructure(MemoryReader(file: buffer)).directoryOffsets().count
      }
    }
    return try result.get()
  }

  /// The first page's size; the pixels may still be damaged.
  static func size(_ reader: some ByteReader, limits: ImageLimits) throws(ImageError) -> ImageSize {
    let directory = try TIFFStructure(reader).directory(ofPage: 0)
    let (width, height) = try TIFFPage.size(directory, limits: limits)
    return ImageSize(width: width, height: height, try TIFFPage.orientation(directory))
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, page: Int, limits: ImageLimits, asStored: Bool
  ) throws(ImageError) -> GrayImage {
    guard bytes.count <= limits.fileBytes else {
      throw ImageError(tiff: .tooLarge("\(bytes.count) bytes, at most \(limits.fileBytes)"))
    }
    let directory = try TIFFStructure(MemoryReader(file: bytes)).directory(ofPage: page)
    let page = try TIFFPage(directory, fileSize: bytes.count, limits: limits)
    _ = handlers
    let count = page.width * page.height
    var failure: String?
    let samples = [UInt8](unsafeUninitializedCapacity: count * page.channels.count) { buffer, initialized in
      failure = page.decode(bytes, into: buffer.baseAddress!)
      initialized = failure == nil ? count * page.channels.count : 0
    }
    if let failure { throw ImageError(tiff: .corrupt(failure)) }
    let image = GrayImage(width: page.width, height: page.height, pixels: page.channels.gray(samples, count: count))
    return asStored ? image : page.orientation.upright(image)
  }
}

extension TIFFPage {
  /// Decodes the page of the file `bytes`; returns the reason of a failure.
  fileprivate func decode(_ bytes: UnsafeRawBufferPointer, into pixels: UnsafeMutablePointer<UInt8>) -> String? {
    var layout = akuru_tiff_layout()
    layout.directory = UInt64(directoryOffset)
    (layout.width, layout.height) = (UInt32(width), UInt32(height))
    if let tile { (layout.tileWidth, layout.tileHeight) = (UInt32(tile.width), UInt32(tile.height)) }
    (layout.bits, layout.samples, layout.channels) = (UInt16(bits), UInt16(samples), UInt16(channels.count))
    let sources = (sources + [0, 0, 0]).map(UInt16.init)
    layout.source = (sources[0], sources[1], sources[2], sources[3])
    (layout.isSeparate, layout.inverted) = (isSeparate ? 1 : 0, UInt8(inverted))
    layout.isYCbCr = isYCbCr ? 1 : 0
    return (palette ?? [0]).withUnsafeBufferPointer { entries in
      layout.palette = palette == nil ? nil : entries.baseAddress
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
        let result = akuru_tiff_decode(bytes.baseAddress, bytes.count, &layout, pixels, message.baseAddress)
        return result == 0 ? nil : String(cString: message.baseAddress!)
      }
    }
  }
}
