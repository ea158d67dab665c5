import Files

/// Reading images of any known format as 8-bit gray. The first bytes of a file determine its format, not its name.
public enum ImageFile {
  /// Decodes a file in memory.
  ///
  /// - Parameter asStored: whether the image stays as it is stored, and is not turned upright.
  /// - Throws: `ImageError`, without a path.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits(), asStored: Bool = false
  ) throws(ImageError) -> GrayImage {
    switch ImageFormat.of(bytes) {
    case .png: return try PNG.decode(bytes, limits: limits, asStored: asStored)
    case .jpeg: return try JPEG.decode(bytes, limits: limits, asStored: asStored)
    case .tiff: return try TIFF.decode(bytes, limits: limits, asStored: asStored)
    case .webp: return try WebP.decode(bytes, limits: limits, asStored: asStored)
    case nil:
      if bytes.isEmpty { throw ImageError(.empty) }
      throw ImageError(.otherFormat(bytes.withUnsafeBytes { ImageFormat.guess($0) }))
    }
  }

  /// The format of a file in memory, by its first bytes; nil if it is not a known one.
  package static func format(of bytes: [UInt8]) -> ImageFormat? { ImageFormat.of(bytes) }

  /// The size of an image, from the parts of a file that tell it; the pixels may still be damaged.
  /// - Throws: `ImageError` with the path.
  public static func size(
    path: String, limits: ImageLimits = ImageLimits()
  ) throws(ImageError) -> ImageSize {
    do throws(ImageError) {
      let reader = try FileReader(path, limit: limits.fileBytes)
      let start = try reader.bytes(64, at: 0)
      switch ImageFormat.of(start) {
      case .png: return try PNG.size(reader, limits: limits)
      case .jpeg: return try JPEG.size(reader, limits: limits)
      case .tiff: return try TIFF.size(reader, limits: limits)
      case .webp: return try WebP.size(reader, limits: limits)
      case nil:
        if start.isEmpty { throw ImageError(.empty) }
        throw ImageError(.otherFormat(start.withUnsafeBytes { ImageFormat.guess($0) }))
      }
    } catch {
      throw error.at(path)
    }
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
}

/// The bytes of an image file.
/// - Throws: `ImageError`, without the path.
func readImageFile(_ path: String, limit: Int) throws(ImageError) -> [UInt8] {
  do throws(WholeFile.ReadError) {
    return try WholeFile.read(path, limit: limit)
  } catch {
    switch error {
    case .system(let error): throw ImageError(reading: error)
    case .tooLarge(let size?): throw ImageError(.tooLarge("\(size) bytes, at most \(limit)"))
    case .tooLarge(nil): throw ImageError(.tooLarge("more than \(limit) bytes"))
    }
  }
}
