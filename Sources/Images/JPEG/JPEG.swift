import CJPEG

/// Reading JPEG images as 8-bit gray through libjpeg-turbo.
///
/// Gray and color images are accepted, sequential or progressive, Huffman-coded, with 8 bits per sample. Colors become
/// gray as in ``PNG``. The EXIF orientation is applied. Color profiles are ignored, as Pillow does. Warnings of
/// libjpeg, for example about truncated data, are errors here. JPEG has no checksums, so a changed bit that leaves the
/// data well-formed cannot be detected.
public enum JPEG {
  /// The largest memory of libjpeg, in bytes, without the image: the coefficients of the largest progressive image.
  private static let workingMemory = 512 << 20

  /// Decodes a JPEG file in memory.
  /// - Throws: `ImageError`, without a path.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits(), asStored: Bool = false
  ) throws(ImageError) -> GrayImage {
    let result = bytes.withUnsafeBytes { buffer -> Result<GrayImage, ImageError> in
      Result { () throws(ImageError) in try decode(buffer, limits: limits, asStored: asStored) }
    }
    return try result.get()
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits, asStored: Bool
  ) throws(ImageError) -> GrayImage {
    let container = try JPEGContainer(bytes, limits: limits)
    let (width, height) = (container.frame.width, container.frame.height)
    var failure: String?
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, initialized in
      failure = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(JMSG_LENGTH_MAX)) { message in
        let result = akuru_jpeg_decode(
          bytes.baseAddress, bytes.count, buffer.baseAddress, UInt32(width), UInt32(height), workingMemory,
          message.baseAddress)
        return result == 0 ? nil : String(cString: message.baseAddress!)
      }
      initialized = failure == nil ? width * height : 0
    }
    if let failure { throw ImageError(jpeg: .corrupt(failure)) }
    let image = GrayImage(width: width, height: height, pixels: pixels)
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

  /// The image's size; the pixels may still be damaged. Reads on as far as the header goes.
  static func size(_ reader: some ByteReader, limits: ImageLimits) throws(ImageError) -> ImageSize {
    var count = 1 << 16
    while true {
      let start = try reader.bytes(count, at: 0)
      let result = start.withUnsafeBytes { buffer in
        Result { () throws(ImageError) in try JPEGContainer.header(buffer, limits: limits) }
      }
      do throws(ImageError) {
        let (frame, orientation) = try result.get()
        return ImageSize(width: frame.width, height: frame.height, orientation)
      } catch {
        guard case .truncated = error.reason, start.count < reader.count, start.count == count else { throw error }
        count *= 4
      }
    }
  }
}
