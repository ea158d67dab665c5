import Files

/// Reading images of any known format as 8-bit gray. The first bytes of a file determine its format, not its name.
public enum ImageFile {
  /// Decodes a file in memory.
  /// - Throws: `ImageError`, without a path.
  public static func decode(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(ImageError) -> GrayImage {
    let format = bytes.withUnsafeBytes { ImageFormat.of($0) }
    switch format {
    case .png: return try PNG.decode(bytes, limits: limits)
    case .jpeg: return try JPEG.decode(bytes, limits: limits)
    case nil:
      if bytes.isEmpty { throw ImageError(.empty) }
      throw ImageError(.otherFormat(bytes.withUnsafeBytes { ImageFormat.guess($0) }))
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
    case .system(let error): throw ImageError(.unreadable(error.reason))
    case .tooLarge(let size?): throw ImageError(.tooLarge("\(size) bytes, at most \(limit)"))
    case .tooLarge(nil): throw ImageError(.tooLarge("more than \(limit) bytes"))
    }
  }
}

/// The first bytes of an image file.
/// - Throws: `ImageError`, without the path.
func readImageStart(_ path: String, count: Int) throws(ImageError) -> [UInt8] {
  do throws(FileError) {
    return try WholeFile.readStart(path, count: count)
  } catch {
    throw ImageError(.unreadable(error.reason))
  }
}
