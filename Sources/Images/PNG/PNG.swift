import CPNG

/// Reading PNG images as 8-bit gray through libpng.
///
/// Every color type, bit depth and interlacing is accepted. Colors become gray by (299 R + 587 G + 114 B + 500) / 1000
/// (ITU-R BT.601, as Pillow's `convert('L')`), 16-bit values are scaled to 8 bits, and transparency (alpha or tRNS)
/// is composited over white. The EXIF orientation is applied. Gamma and color profiles are ignored, as Pillow does.
public enum PNG {
  /// Decodes a PNG file in memory.
  /// - Throws: `ImageError`, without a path.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits(), asStored: Bool = false
  ) throws(ImageError) -> GrayImage {
    let result = bytes.withUnsafeBytes { buffer -> Result<GrayImage, ImageError> in
      Result { () throws(ImageError) in try decode(buffer, limits: limits, asStored: asStored) }
    }
    return try result.get()
  }

  /// Decodes a PNG file in memory.
  /// - Throws: `ImageError`, without a path.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits = ImageLimits(), asStored: Bool = false
  ) throws(ImageError) -> GrayImage {
    let container = try PNGContainer(bytes, limits: limits)
    let (header, channels) = (container.header, container.channels)
    let count = header.width * header.height
    var failure: String?
    let samples = [UInt8](unsafeUninitializedCapacity: count * channels.count) { buffer, initialized in
      failure = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { message in
        let result = akuru_png_decode(
          bytes.baseAddress, bytes.count, buffer.baseAddress, UInt32(header.width), UInt32(header.height),
          Int32(channels.count), message.baseAddress)
        return result == 0 ? nil : String(cString: message.baseAddress!)
      }
      initialized = failure == nil ? count * channels.count : 0
    }
    if let failure { throw ImageError(png: .corrupt(failure)) }
    let image = GrayImage(width: header.width, height: header.height, pixels: channels.gray(samples, count: count))
    return asStored ? image : container.orientation.upright(image)
  }

  /// Reads and decodes a file.
  /// - Throws: `ImageError` with the path.
  public static func read(path: String, limits: ImageLimits = ImageLimits()) throws(ImageError) -> GrayImage {
    do {
      return try decode(try readImageFile(path, limit: limits.fileBytes), limits: limits)
    } catch {
      throw error.at(path)
    }
  }

  /// The image's size; the pixels may still be damaged.
  static func size(_ reader: some ByteReader, limits: ImageLimits) throws(ImageError) -> ImageSize {
    let start = try reader.bytes(PNGContainer.headerBytes, at: 0)
    let result = start.withUnsafeBytes { buffer -> Result<PNGHeader, ImageError> in
      Result { () throws(ImageError) in try PNGHeader(buffer, limits: limits) }
    }
    let header = try result.get()
    return ImageSize(width: header.width, height: header.height, try PNGContainer.orientation(reader))
  }
}
