import CPNG
import Files

extension PNG {
  /// Encodes an 8-bit gray PNG file. Equal images give equal bytes (for one libpng and zlib).
  /// - Parameter fast: less compression in less time.
  /// - Throws: `ImageError` for a side beyond 1,000,000 or more than 2^30 pixels (libpng's bounds).
  public static func encode(_ image: GrayImage, fast: Bool = false) throws(ImageError) -> [UInt8] {
    guard image.width <= 1_000_000, image.height <= 1_000_000, image.pixels.count <= 1 << 30 else {
      throw ImageError(png: .notEncodable("\(image.width) x \(image.height) is too large"))
    }
    var state = png_image()
    state.version = UInt32(PNG_IMAGE_VERSION)
    state.width = UInt32(image.width)
    state.height = UInt32(image.height)
    state.format = UInt32(PNG_FORMAT_GRAY)
    if fast { state.flags |= UInt32(PNG_IMAGE_FLAG_FAST) }
    let result = withUnsafeMutablePointer(to: &state) { png -> Result<[UInt8], ImageError> in
      defer { png_image_free(png) }
      var size = akuru_png_size_limit(png)
      var written: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
        written = image.pixels.withUnsafeBufferPointer {
          png_image_write_to_memory(png, buffer.baseAddress, &size, 0, $0.baseAddress, 0, nil)
        }
        initialized = written != 0 ? size : 0
      }
      return written != 0 ? .success(bytes) : .failure(ImageError(png: .notEncodable(png.pointee.text)))
    }
    return try result.get()
  }

  /// Writes an 8-bit gray PNG file, replacing an old one. An incomplete file is removed.
  /// - Throws: `ImageError` with the path.
  public static func write(_ image: GrayImage, to path: String, fast: Bool = false) throws(ImageError) {
    let bytes: [UInt8]
    do throws(ImageError) { bytes = try encode(image, fast: fast) } catch { throw error.at(path) }
    do throws(FileError) {
      try WholeFile.write(bytes, to: path)
    } catch {
      throw ImageError(.unwritable(error.reason), path: path)
    }
  }
}

extension png_image {
  /// libpng's message, which is ASCII of at most 63 characters.
  fileprivate var text: String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
