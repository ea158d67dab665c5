import CWebP

/// Reading WebP images as 8-bit gray through libwebp.
///
/// Lossy and lossless images are accepted, with or without alpha. Colors become gray as in ``PNG``, and alpha is composited
/// over white. The EXIF orientation is applied. Animations are refused. Color profiles are ignored, as Pillow does. WebP
/// has no checksums, so a changed bit that leaves the data well-formed cannot be detected.
public enum WebP {
  /// Decodes a WebP file in memory.
  /// - Throws: `ImageError`, without a path.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = ImageLimits(), asStored: Bool = false
  ) throws(ImageError) -> GrayImage {
    guard bytes.count <= limits.fileBytes else {
      throw ImageError(webp: .tooLarge("\(bytes.count) bytes, at most \(limits.fileBytes)"))
    }
    let result = bytes.withUnsafeBytes { buffer -> Result<WebPContainer, ImageError> in
      Result { () throws(ImageError) in try WebPContainer(MemoryReader(file: buffer), limits: limits) }
    }
    let container = try result.get()
    let (width, height) = (container.width, container.height)
    let channels: ImageChannels = container.hasAlpha ? .rgba : .rgb
    var status = VP8_STATUS_OK
    let samples = [UInt8](unsafeUninitializedCapacity: width * height * channels.count) { buffer, initialized in
      status = bytes.withUnsafeBufferPointer {
        akuru_webp_decode(
          $0.baseAddress, $0.count, buffer.baseAddress, Int32(width), Int32(height), Int32(channels.count))
      }
      initialized = status == VP8_STATUS_OK ? width * height * channels.count : 0
    }
    switch status {
    case VP8_STATUS_OK: break
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED:
      throw ImageError(webp: .truncated("its data ends before the image does"))
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw ImageError(webp: .unsupported("a WebP of a kind that is not read; convert it to PNG"))
    case VP8_STATUS_OUT_OF_MEMORY: throw ImageError(webp: .tooLarge("there is no memory to decode it"))
    default: throw ImageError(webp: .corrupt("its data cannot be decoded"))
    }
    let image = GrayImage(width: width, height: height, pixels: channels.gray(samples, count: width * height))
    return asStored ? image : container.orientation.upright(image)
  }

  /// The image's size; the pixels may still be damaged.
  static func size(_ reader: some ByteReader, limits: ImageLimits) throws(ImageError) -> ImageSize {
    let container = try WebPContainer(reader, limits: limits)
    return ImageSize(width: container.width, height: container.height, container.orientation)
  }
}
